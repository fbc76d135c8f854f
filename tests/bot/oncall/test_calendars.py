"""Rotas from calendars: by file and by address, and what counts when neither can be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.oncall.calendars import Calendars
from playbooks.respond.oncall import at
from tests.support.oncall_house import BEGIN, Moved, OncallHouse


def ical(person: str, begins: datetime, hours: int = 10) -> str:
    """A calendar of one event."""
    ends = begins + timedelta(hours=hours)
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//harbor//rota//EN",
            "BEGIN:VEVENT",
            f"UID:{person}",
            f"DTSTART:{begins:%Y%m%dT%H%M%SZ}",
            f"DTEND:{ends:%Y%m%dT%H%M%SZ}",
            f"SUMMARY:{person} is on call",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


@contextmanager
def serving(answers: dict[str, tuple[int, str]]) -> Iterator[str]:
    """A server whose paths answer as the mapping says at that time."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = answers.get(self.path, (404, ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def home_with(
    folder: Path, rota: dict[str, str], secret: str = ""
) -> tuple[OncallHouse, Calendars]:
    environment = {"ROTA_URL": secret} if secret else {}
    described = {"oncall": {"data": rota}}
    home = OncallHouse(f"sqlite:///{folder / 'c.db'}", described, environment, Moved())
    house = home.house
    calendars = Calendars(
        house.database, house.file.oncall, house.secrets, home.clock, house.redactor.redact
    )
    return home, calendars


def on_call(home: OncallHouse) -> str:
    state = home.house.context.oncall.now("data")
    shift = at(state.layers["primary"], state.now)
    return shift.person if shift else "-"


@pytest.mark.covers("R8", "NS", only="a rota from an iCal file, followed as it changes")
def test_a_file_is_followed(tmp_path: Path) -> None:
    """Each look takes what it says then; before the first one, nobody is guessed."""
    file = tmp_path / "rota.ics"
    file.write_text(ical("Ana", BEGIN))
    home, calendars = home_with(tmp_path, {"calendar": str(file)})
    assert on_call(home) == "-"
    assert home.house.context.oncall.now("data").problem == "it was not read yet"
    calendars.look()
    assert on_call(home) == "ana"
    file.write_text(ical("Ben", BEGIN))
    calendars.look()
    assert on_call(home) == "ben"
    assert home.house.context.oncall.now("data").problem == ""


def test_the_newest_copy_outlives_its_address(tmp_path: Path) -> None:
    """An address that breaks, and one whose answer is no calendar, change nobody's turn, also in
    another life; why is said, without the secret in it."""
    answers = {"/private-0123456789/rota.ics": (200, ical("Cleo", BEGIN))}
    with serving(answers) as base:
        address = f"{base}/private-0123456789/rota.ics"
        home, calendars = home_with(tmp_path, {"calendar_url": "env:ROTA_URL"}, address)
        calendars.look()
        assert on_call(home) == "cleo"
        answers["/private-0123456789/rota.ics"] = (503, "")
        calendars.look()
        assert on_call(home) == "cleo"
        assert home.house.context.oncall.now("data").problem == "its address answers 503"
        answers["/private-0123456789/rota.ics"] = (200, "<html>log in</html>")
        calendars.look()
        assert "cannot be read" in home.house.context.oncall.now("data").problem
    calendars.look()
    assert home.house.context.oncall.now("data").problem == "its address does not answer"
    home.open()
    assert on_call(home) == "cleo"


def test_a_change_by_command_counts_more_than_the_calendar(tmp_path: Path) -> None:
    """And gives way to it again when its time is over."""
    file = tmp_path / "rota.ics"
    file.write_text(ical("ana", BEGIN - timedelta(hours=1)))
    home, calendars = home_with(tmp_path, {"calendar": str(file)})
    calendars.look()
    oncall = home.house.context.oncall
    ben = home.house.context.access.actor("U0BEN")
    oncall.take("data", "primary", ben, BEGIN + timedelta(hours=2))
    assert on_call(home) == "ben"
    home.clock.move(hours=2)
    assert on_call(home) == "ana"
    state = oncall.now("data")
    assert state.now == datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert home.audited("oncall.") == ["oncall.taken"]
