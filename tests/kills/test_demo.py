"""kill -9 of the whole demo in the middle of a restore: supervisor, workspace, bot, database and
services at once."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.demo import RunningDemo, until

pytestmark = pytest.mark.slow
ENDED = {"succeeded", "undone", "cancelled", "failed", "void"}


@pytest.fixture
def demo(free_port: int) -> Iterator[RunningDemo]:
    """Not in pytest's own folder, which it closes to other users: PostgreSQL of a root runs as
    one."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-demo-"))
    running = RunningDemo(folder / "state", free_port, ("--no-rates",))
    running.start()
    yield running
    if running.process and running.process.poll() is None:
        running.end()
    for pid in running.alive().values():
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


def test_everything_is_killed_in_a_restore(demo: RunningDemo) -> None:
    """The same folder comes back, and the run ends by itself, or asks and takes an answer: the
    live database is whole, and the services are up."""
    demo.command("backup harbor postgres")
    ends(demo, "backup", {"succeeded"})
    with psycopg.connect(demo.description["postgres_uri"], autocommit=True) as connection:
        connection.execute("DELETE FROM bookings")
    demo.command("restore harbor postgres latest")
    for who in ("ben", "cleo"):
        press(demo, ends(demo, "restore", {"pending"}), "approve", who)
    ends(demo, "restore", {"running"})
    demo.kill()
    for pid in demo.alive().values():
        os.kill(pid, signal.SIGKILL)
    until("all are gone", lambda: not demo.alive())
    demo.start()
    while state(card := ends(demo, "restore", ENDED | {"uncertain"})) == "uncertain":
        press(demo, card, "retry", "ana")
        until("the answer is taken", lambda: state(newest(demo, "restore")) != "uncertain")
    with psycopg.connect(demo.description["postgres_uri"]) as connection:
        found = connection.execute("SELECT count(*) FROM bookings").fetchone()
    assert found == ((42_000,) if state(card) == "succeeded" else (0,))
    for name in ("api_url", "web_url"):
        assert httpx.get(f"{demo.description[name]}/health", timeout=10).status_code == 200
    restores = [each for each in cards(demo) if payload(each)["operation"] == "restore"]
    assert len(restores) == 1


def cards(demo: RunningDemo) -> list[dict[str, Any]]:
    return [
        message
        for message in demo.messages()
        if (message.get("metadata") or {}).get("event_type") == "interlock.run"
    ]


def payload(card: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = card["metadata"]["event_payload"]
    return found


def state(card: dict[str, Any]) -> str:
    return str(payload(card)["state"])


def newest(demo: RunningDemo, operation: str) -> dict[str, Any]:
    return [card for card in cards(demo) if payload(card)["operation"] == operation][-1]


def ends(demo: RunningDemo, operation: str, states: set[str]) -> dict[str, Any]:
    """The newest card of the operation once it shows one of the states."""

    def look() -> dict[str, Any] | None:
        mine = [card for card in cards(demo) if payload(card)["operation"] == operation]
        return mine[-1] if mine and state(mine[-1]) in states else None

    card: dict[str, Any] = until(f"the {operation} is {' or '.join(sorted(states))}", look)
    return card


def press(demo: RunningDemo, card: dict[str, Any], action: str, who: str) -> None:
    pressed = {"user": who, "channel": "ops-harbor", "ts": card["ts"], "action_id": action}
    answer = httpx.post(f"{demo.url}/sim/press", json=pressed, timeout=30)
    assert answer.status_code == 200, answer.text
