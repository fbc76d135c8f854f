"""A routine in Slack: begun at its hour, ticked by people, shown in place, told of."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.routines.clock import REPORT
from bot.routines.kept import mark_of
from bot.store import routines, schedules
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.workspace.testing import running_workspace
from playbooks.model.stack_file import load_stack
from playbooks.respond.routine import begun, missed
from playbooks.rhythm import Fire
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, ask, ephemeral_to, text_of
from tests.support.workspace import Sim

ITEMS = [
    {"text": "Check the health of all services", "check": "health"},
    {"text": "See that nothing fires", "check": "alerts"},
    {"text": "Look at disk space", "check": "disk", "percent": 0, "ask": True},
    "Look at active <sessions>",
]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """One that an earlier life left at eight, and that is there again seconds after nine."""
    folder = tmp_path_factory.mktemp("routines")
    with (
        running_workspace(folder / "workspace", rates=False, answer_seconds=30) as workspace,
        httpx.Client(base_url=workspace.url, timeout=40, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        file = made.folder / "harbor.yaml"
        stack = json.loads(file.read_text())
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        eight = tomorrow.replace(hour=8, minute=0, second=0)
        stack["routines"] = {"morning": {"every": "daily", "at": "09:00", "items": ITEMS}}
        stack["routine_report"] = {"day": f"{eight:%A}".lower(), "at": "08:30"}
        file.write_text(json.dumps(stack))
        _earlier_life(made, eight)
        made.ahead = (eight + timedelta(hours=1) - datetime.now(UTC)).total_seconds()
        made.start()
        yield made


def _earlier_life(bot: Bot, seen: datetime) -> None:
    """The database of a bot that looked for what is due until then; a day before it was away."""
    stack, before = load_stack(bot.folder / "harbor.yaml"), seen - timedelta(days=1)
    away = missed(begun(stack, "morning", Fire(f"{before:%Y-%m-%d}", before), before))
    with contextlib.closing(Database(f"sqlite:///{bot.folder / 'interlock.db'}")) as database:
        migrate(database)
        with database.write() as connection:
            schedules.get(connection, "harbor", mark_of("morning"), seen)
            schedules.get(connection, "harbor", REPORT, seen)
            routines.add(connection, away)


def card(sim: Sim, words: str) -> dict[str, Any]:
    """The newest card of the routine, once it says so."""

    def look() -> dict[str, Any] | None:
        found = [
            message
            for message in sim.messages(channel=HARBOR)
            if (message.get("metadata") or {}).get("event_type") == "interlock.routine"
        ]
        return found[-1] if found and words in text_of(found[-1]) else None

    shown: dict[str, Any] = wait_until(look, f"a card that says {words!r}")
    return shown


def press(sim: Sim, shown: dict[str, Any], action: str, number: int, user: str) -> dict[str, Any]:
    value = f"{shown['metadata']['event_payload']['round']}#{number}"
    place = {"user": user, "channel": HARBOR, "ts": shown["ts"]}
    return sim.act("press", **place, action_id=action, value=value)


@pytest.mark.covers("R9", "NSAC", only="at its hour, ticked by people, shown in place")
def test_a_list_at_its_hour_in_slack(bot: Bot) -> None:
    """One card at nine; red where services are down; ticked by whom and when, in place; who may
    not ask may not tick; all done when the last one is."""
    sim = bot.sim
    shown = card(sim, "*RED* Check the health of all services")
    said = text_of(shown)
    assert said.startswith("prod/harbor morning: 1 of 4 done, 1 red")
    assert "*GREEN* See that nothing fires\nnothing fires" in said
    assert "somebody has to look as well" in said
    assert "*OPEN* Look at active &lt;sessions&gt;" in said
    press(sim, shown, "routine_tick", 3, "eve")
    wait_until(
        lambda: [t for t in ephemeral_to(sim, "eve") if "You may not ask" in t], "eve is refused"
    )
    press(sim, shown, "routine_tick", 3, "ana")
    ticked = card(sim, "by <@U0ANA>")
    assert ticked["ts"] == shown["ts"]
    press(sim, ticked, "routine_untick", 3, "ben")
    card(sim, "*OPEN* Look at active")
    for number, user in ((0, "ana"), (2, "ben"), (3, "ben")):
        press(sim, shown, "routine_tick", number, user)
    assert text_of(card(sim, "all done")).count("by <@U0BEN>") == 2


def test_the_week_is_told_with_a_picture(bot: Bot) -> None:
    """On its day: a table in the channel, and the picture in its thread, which is a real one."""

    def look() -> dict[str, Any] | None:
        told = [m for m in bot.sim.messages(channel=HARBOR) if "routines of the week" in m["text"]]
        return told[0] if told else None

    report: dict[str, Any] = wait_until(look, "the report of the week")
    assert "0 % of 4 items done, 4 missed" in report["text"]
    assert any(block["type"] == "table" for block in report["blocks"])

    def drawn() -> list[dict[str, Any]]:
        thread = bot.sim.messages(channel=HARBOR, thread_ts=report["ts"])
        return [file for message in thread for file in message["files"]]

    [file] = wait_until(drawn, "its picture")
    content = bot.sim.http.get(f"/sim/files/{file['id']}").content
    assert content.startswith(b"\x89PNG")


def test_what_is_typed(bot: Bot) -> None:
    """Lists how they stand; a round by hand; the report of the week with its picture."""
    sim = bot.sim
    assert "morning · daily at 09:00 UTC · 4 items" in ask(sim, "routines")
    assert "next in" in ask(sim, "routine harbor")
    assert "Check the health of all services" in ask(sim, "routine harbor morning")
    assert "morning of harbor has begun" in ask(sim, "routine harbor morning run")
    card(sim, "begun by ana")
    report = ask(sim, "routines harbor report")
    assert "prod/harbor: routines of the week" in report
    refused = ask(sim, "routine harbor mornin run", user="eve")
    assert "You may not ask" in refused
    assert "no routine" in ask(sim, "routine harbor evening")
