"""Keeps copies of calendars, so that a rota outlives the place that it comes from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

from bot.rounds import rounds
from bot.store import oncall as rows
from bot.store.database import Database
from bot.store.oncall import CalendarCopy
from commands.ports import Clock
from playbooks.errors import InterlockError
from playbooks.ports import Secrets
from playbooks.respond.ical import BadCalendar, calendar_shifts
from playbooks.respond.rota import Rota

_log = structlog.get_logger(__name__)
_EVERY_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_LARGEST = 5 * 1024 * 1024


@dataclass(frozen=True)
class Calendars:
    """`look` reads each again; the newest copy that can be read is what counts."""

    database: Database
    rotas: Mapping[str, Rota]
    secrets: Secrets
    now: Clock
    redact: Callable[[str], str]

    async def run(self) -> None:
        """Once a minute, for ever."""
        await rounds("oncall.calendars", _EVERY_SECONDS, self.look)

    def look(self) -> None:
        for name, rota in self.rotas.items():
            if rota.by_calendar:
                self._copy(name, rota)

    def _copy(self, name: str, rota: Rota) -> None:
        with self.database.read() as connection:
            known = rows.calendar(connection, name)
        now = self.now()
        try:
            text = self._text(rota)
            calendar_shifts(text, (), rota.zone, now, now)
        except (OSError, UnicodeDecodeError, httpx.HTTPError, InterlockError) as error:
            problem = self.redact(_why(error))
            _log.warning("oncall.calendar_not_read", rota=name, why=problem)
            copy = known or CalendarCopy(rota=name, text="", read_at=now)
            copy = copy.model_copy(update={"problem": problem})
        else:
            copy = CalendarCopy(rota=name, text=text, read_at=now)
        with self.database.write() as connection:
            rows.put_calendar(connection, copy)

    def _text(self, rota: Rota) -> str:
        if rota.calendar is not None:
            return _small(rota.calendar)
        address = rota.calendar_url or ""
        if not address.startswith(("http://", "https://")):
            address = self.secrets.resolve(address).reveal().strip()
        answer = httpx.get(address, timeout=_ANSWER_SECONDS, follow_redirects=True)
        text = answer.raise_for_status().text
        if len(text) > _LARGEST:
            raise BadCalendar("The calendar is larger than 5 MiB.", "Export less of it.")
        return text


def _small(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        raise BadCalendar(f"{path} is larger than 5 MiB.", "Export less of it.")
    return path.read_text(encoding="utf-8")


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"its address answers {error.response.status_code}"
    if isinstance(error, httpx.HTTPError):
        return "its address does not answer"
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return str(error)
