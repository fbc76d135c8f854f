"""Phases, timelines, post-mortems and actions as people see them: typed, pressed, as files."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, ask, newest_file, text_of
from tests.support.workspace import Sim

Json = dict[str, Any]
pytestmark = pytest.mark.slow
_PHASES = [
    {
        "name": "First minutes",
        "until": "15m",
        "items": [
            {"text": "Take it on", "check": "incident", "holds": "acknowledged"},
            {"text": "Look at the services", "check": "health"},
            "Say what is wrong",
        ],
    },
    {"name": "Next day", "until": "1d", "items": ["Write down what was learned"]},
]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot whose stack has two phases for incidents."""
    folder = tmp_path_factory.mktemp("reviewing")
    with (
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        file = made.folder / "harbor.yaml"
        stack = json.loads(file.read_text())
        stack["incidents"] = {"incident": _PHASES}
        stack["office_hours"] = {"zone": "Europe/Paris"}
        file.write_text(json.dumps(stack))
        made.start()
        yield made


@pytest.fixture(scope="module")
def incident(bot: Bot) -> str:
    """One that ana has opened, in a thread of the stack's channel."""
    said = ask(bot.sim, "incident open the api answers with errors --stack harbor", channel=HARBOR)
    return next(word for word in said.split() if word.startswith("inc-"))


def in_thread(bot: Bot, incident: str) -> list[Json]:
    """What is said in the incident's thread, oldest first."""
    roots = [
        each
        for each in bot.sim.messages(channel=HARBOR)
        if (each.get("metadata") or {}).get("event_type") == "interlock.incident"
        and each["metadata"]["event_payload"]["incident"] == incident
    ]
    return bot.sim.messages(channel=HARBOR, thread_ts=roots[0]["ts"]) if roots else []


def said(bot: Bot, incident: str, *words: str) -> Json:
    """The message of the thread that says all of this."""

    def look() -> Json | None:
        fitting = [
            each
            for each in in_thread(bot, incident)
            if all(word in text_of(each) for word in words)
        ]
        return fitting[-1] if fitting else None

    found: Json = wait_until(look, f"a message that says {words}")
    return found


@pytest.mark.covers("R5", "S")
def test_phases_are_ticked_by_people_and_by_what_is_seen(bot: Bot, incident: str) -> None:
    """One message in the thread: a press ticks with name and time, a check says what it saw, and
    what the incident itself shows is ticked by itself."""
    listed = said(bot, incident, "First minutes", "Say what is wrong", "not yet")
    assert "Next day" in text_of(listed)
    act = {"channel": HARBOR, "ts": listed["ts"], "action_id": "phase_tick"}
    bot.sim.act("press", user="ben", value=f"{incident}:1.3", **act)
    ticked = said(bot, incident, "~Say what is wrong~ done by ben")
    assert ticked["ts"] == listed["ts"]
    refused = bot.sim.act("press", user="eve", value=f"{incident}:1.2", **act)
    assert "may not" in text_of(refused["response"])
    ask(bot.sim, f"incident role {incident} commander me", channel=HARBOR)
    assert said(bot, incident, "~Take it on~ done by interlock")["ts"] == listed["ts"]
    ask(bot.sim, f"phases {incident} untick 1.3", channel=HARBOR)
    wait_until(
        lambda: "~Say what is wrong~" not in text_of(said(bot, incident, "First minutes")),
        "the tick taken back",
    )
    assert "1.9" in ask(bot.sim, f"phases {incident} tick 1.9", channel=HARBOR)


@pytest.mark.covers("R6", "SN")
def test_the_timeline_is_a_picture_markdown_and_a_page(bot: Bot, incident: str) -> None:
    """The file arrives in the asker's direct messages, or for all where it was asked for."""
    for form, opening in (
        ("picture", b"\x89PNG"),
        ("markdown", b"# Timeline: inc-"),
        ("html", b"<!doctype html>"),
    ):
        ask(bot.sim, f"timeline {incident} --{form}", channel=HARBOR)
        file = newest_file(bot.sim, "ana")
        content = bot.sim.http.get(f"/sim/files/{file['id']}").content
        assert content.startswith(opening), content[:200]
    assert b'src="data:image/png;base64,' in content
    assert b"http://" not in content and b"https://" not in content
    assert "the api answers with errors" in ask(bot.sim, f"timeline {incident}", channel=HARBOR)
    bot.sim.command(f"timeline {incident} --markdown --here", channel=HARBOR)
    wait_until(
        lambda: any(
            file["name"] == f"{incident}-timeline.md"
            for each in bot.sim.messages(user="eve", channel=HARBOR)
            for file in each["files"]
        ),
        "a file for all",
    )


@pytest.mark.covers("R6", "SN")
def test_a_post_mortem_is_drafted_and_written(bot: Bot, incident: str) -> None:
    """What people add stands beside what was measured; actions have owners and days."""
    draft = ask(bot.sim, f"postmortem {incident}", channel=HARBOR)
    assert "not resolved yet" in draft and "not written yet" in draft
    bot.sim.command(f"incident role {incident} commander me", channel=HARBOR)
    again = ask(bot.sim, f"incident role {incident} commander me", channel=HARBOR)
    assert "commander of inc-1 already" in again
    ask(bot.sim, f"incident resolve {incident}", channel=HARBOR)
    wanted = said(bot, incident, "post-mortem is to be written")
    assert "<@U0ANA>" in text_of(wanted)
    typed = f'postmortem {incident} --cause "The pool was full" --began 16m'
    assert "The pool was full" in ask(bot.sim, typed, channel=HARBOR)
    typed = f'action add {incident} "Limit the pool" <@U0BEN> 3d'
    assert f"{incident}-1" in ask(bot.sim, typed, channel=HARBOR)
    assert "an owner" in ask(bot.sim, f"action add {incident} nothing", channel=HARBOR)
    assert "has passed" in ask(bot.sim, f"action add {incident} late @ben 2020-01-01")
    assert "Limit the pool" in ask(bot.sim, "action list")
    ask(bot.sim, f"postmortem {incident} --markdown", channel=HARBOR)
    file = newest_file(bot.sim, "ana")
    text = bot.sim.http.get(f"/sim/files/{file['id']}").text
    for part in ("The pool was full", "Limit the pool (ben, due", "Time to detect (TTD) | 15 min"):
        assert part in text, text
    assert "is done" in ask(bot.sim, f"action done {incident}-1", user="ben")
    assert "No action is open" in ask(bot.sim, "action list")


def test_stats_without_a_stack_say_how_people_respond(bot: Bot, incident: str) -> None:
    """Numbers and a picture of the last weeks, over all stacks that somebody may read."""
    told = ask(bot.sim, "stats", user="ben")
    assert "1 incident" in told and "acknowledged" in told
    file = newest_file(bot.sim, "ben")
    assert bot.sim.http.get(f"/sim/files/{file['id']}").content.startswith(b"\x89PNG")
    assert incident.startswith("inc-")
