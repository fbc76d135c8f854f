"""Schedules by wire: a bot whose clock nears the hour, and what people see and may do."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, ask, card_in, cards, payload, text_of
from tests.support.workspace import Sim

pytestmark = pytest.mark.slow
_BACKUP = {
    "sets": {"all": ["uploads"]},
    "schedules": {
        "nightly": {"set": "all", "at": "02:00"},
        "archive": {"on": "monthly last", "at": "04:00", "zone": "Europe/Paris"},
    },
}


@pytest.fixture(scope="module")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot that saw its schedules an hour before, and wakes two seconds before the nightly."""
    folder = tmp_path_factory.mktemp("scheduled")
    with (
        running_workspace(state=folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=20) as http,
        bot_beside(Sim(workspace, http), folder / "bot") as bot,
    ):
        file = bot.folder / "harbor.yaml"
        stack = json.loads(file.read_text())
        stack["backup"] |= _BACKUP
        stack["objectives"] = {"rpo": "1d2h"}
        file.write_text(json.dumps(stack, indent=1))
        bot.ahead = _until_two(timedelta(hours=1))
        bot.start()
        wait_until(lambda: _seen(bot.folder), "the schedules are seen")
        bot.stop()
        bot.ahead = _until_two(timedelta(seconds=2))
        bot.start()
        yield bot


def _until_two(before: timedelta) -> float:
    """Seconds from now to that long before 02:00 of tomorrow, UTC."""
    now = datetime.now(UTC)
    two = datetime.combine(now.date() + timedelta(days=1), time(2), UTC)
    return (two - before - now).total_seconds()


def _seen(folder: Path) -> bool:
    with sqlite3.connect(folder / "interlock.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM schedules").fetchone()
    return int(count) >= 2


@pytest.mark.covers("B3", "RNSAC", only="on a small stack of the tests")
def test_the_nightly_backup_makes_itself(scheduled: Bot) -> None:
    """At 02:00 one card appears without anybody, asked by the schedule, and succeeds; `schedule`
    shows how it ended and what comes next."""
    card = card_in(scheduled.sim, "succeeded")
    assert "BACKUP prod/harbor uploads" in card["text"]
    assert "schedule nightly" in text_of(card)
    request = payload(card)["request"]
    said = ask(scheduled.sim, "schedule harbor", user="eve")
    assert "2 schedules on harbor" in said
    assert f"succeeded ({request})" in said
    assert "never yet" in said
    assert "02:00 UTC" in said
    scheduled.kill()
    scheduled.start()
    assert f"succeeded ({request})" in ask(scheduled.sim, "schedule")
    seen = cards(scheduled.sim)
    assert [payload(each)["request"] for each in seen] == [request], [*map(text_of, seen)]


@pytest.mark.covers("B12", "SC", only="ages and times of a small stack of the tests")
def test_objectives_are_shown_with_a_picture(scheduled: Bot) -> None:
    """`rpo` names the newest backup and what is met; who asked gets a picture, privately."""
    card_in(scheduled.sim, "succeeded")
    said = ask(scheduled.sim, "rpo harbor", user="eve")
    assert "no objective is missed" in said
    assert "harbor/uploads" in said

    def picture() -> list[bytes]:
        messages = scheduled.sim.messages(user="eve", channel="@eve")
        files = [file for message in messages for file in message.get("files") or []]
        return [
            scheduled.sim.http.get(f"/sim/files/{file['id']}").content
            for file in files
            if file["name"] == "objectives.png"
        ]

    found = wait_until(picture, "the picture")
    assert found[0].startswith(b"\x89PNG")


def test_who_may_pause_and_resume(scheduled: Bot) -> None:
    """An operator may not pause, an approver may; it is said in the channel and audited; an
    operator may resume."""
    sim = scheduled.sim
    assert "approve" in ask(sim, "schedule pause harbor nightly", user="ana")
    assert "is paused" in ask(sim, "schedule pause harbor nightly new disks", user="ben")
    assert "paused by ben" in ask(sim, "schedule harbor")
    assert "paused already" in ask(sim, "schedule pause harbor nightly", user="ben")

    def told() -> bool:
        texts = [message["text"] for message in sim.messages(channel=HARBOR)]
        return any("nightly of harbor is paused by" in text and "disks" in text for text in texts)

    wait_until(told, "the channel is told")
    assert "schedule.paused" in ask(sim, "audit harbor", user="dora")
    assert "goes on, next" in ask(sim, "schedule resume harbor nightly", user="ana")
    assert "not paused" in ask(sim, "schedule resume harbor nightly", user="ana")


def test_run_now_and_mistakes(scheduled: Bot) -> None:
    """`schedule run` asks for the same backup as a person; who may not is refused; wrong names
    come with the nearest."""
    sim, before = scheduled.sim, len(cards(scheduled.sim))
    assert "ask for operations" in ask(sim, "schedule run harbor archive", user="eve")
    assert "On its way" in ask(sim, "schedule run harbor archive")
    wait_until(lambda: len(cards(sim)) == before + 1, "another card")
    assert "Did you mean `nightly`?" in ask(sim, "schedule run harbor nighly")
    assert "NAME is missing" in ask(sim, "schedule pause harbor")
    assert "Europe/Paris" in ask(sim, "schedule harbor")
