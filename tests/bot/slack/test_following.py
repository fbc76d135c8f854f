from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, ask, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
Json = dict[str, Any]


def _root(bot: Bot, opening: str = "Follow") -> Json | None:
    """The newest message that a followed log's thread hangs on."""
    seen = bot.sim.messages(channel=HARBOR)
    found = [m for m in seen if text_of(m).startswith(opening) and not m.get("ephemeral")]
    return found[-1] if found else None


def _thread(bot: Bot, root: Json) -> list[Json]:
    """The messages of the thread, oldest first."""
    seen = bot.sim.messages(channel=HARBOR)
    return [m for m in seen if m.get("thread_ts") == root["ts"] and m["ts"] != root["ts"]]


def _log(bot: Bot) -> Path:
    folder = bot.folder / "services"
    folder.mkdir(exist_ok=True)
    return folder / "api.log"


def _follow(bot: Bot, options: str = "") -> Json:
    """Follows harbor's api; the message of it, once new lines are looked for."""
    before = _root(bot)
    ask(bot.sim, f"logs harbor api --follow 10m {options}", channel=HARBOR)

    def new() -> Json | None:
        found = _root(bot, "Following")
        return found if found and (before is None or found["ts"] != before["ts"]) else None

    root: Json = wait_until(new, "the message of a followed log")
    return root


def _seen(bot: Bot, root: Json, text: str) -> None:
    """Writes the text again and again until it has come into the thread."""

    def come() -> bool:
        with _log(bot).open("a") as file:
            file.write(f"{text}\n")
        return any(text in text_of(message) for message in _thread(bot, root))

    wait_until(come, f"{text} in the thread", 30)


def test_new_lines_come_into_the_thread(shared: Bot) -> None:
    """Lines of the level that was asked for come; the button ends it, and the message says so."""
    root = _follow(shared, "--level error")
    with _log(shared).open("a") as file:
        file.write("INFO quiet\n")
    _seen(shared, root, "ERROR loud")
    assert not any("quiet" in text_of(message) for message in _thread(shared, root))
    shared.sim.act("press", user="eve", channel=HARBOR, ts=root["ts"], action_id="stop_follow")
    ended = wait_until(lambda: _root(shared, "Followed"), "its end")
    assert ended["ts"] == root["ts"] and "Stopped by eve" in text_of(ended)
    assert not any(block["type"] == "actions" for block in ended["blocks"])


def test_a_flood_comes_at_a_sane_pace(shared: Bot) -> None:
    """Of a hundred thousand lines the newest come, in few messages, and the rest is counted."""
    root = _follow(shared)
    _seen(shared, root, "the first line")
    posts = len(shared.sim.calls("chat.postMessage"))
    with _log(shared).open("a") as file:
        file.writelines(f"line {number} of a flood\n" for number in range(100_000))
    wait_until(
        lambda: any("line 99999 of" in text_of(m) for m in _thread(shared, root)), "its end", 30
    )
    assert len(shared.sim.calls("chat.postMessage")) - posts <= 3
    assert any("older lines left out" in text_of(m) for m in _thread(shared, root))
    follow = text_of(root).split("/ops cancel ")[1].split("`")[0]
    assert "is not followed any more" in ask(shared.sim, f"cancel {follow}")
    wait_until(lambda: _root(shared, "Followed"), "its end")


def test_a_restart_says_that_it_ended(shared: Bot) -> None:
    """A killed bot's successor says of what was followed that it ended, and how to go on."""
    root = _follow(shared)
    shared.kill()
    shared.start()

    def over() -> Json | None:
        seen = shared.sim.messages(channel=HARBOR)
        found = [each for each in seen if each["ts"] == root["ts"]]
        return found[0] if found and "Followed" in text_of(found[0]) else None

    ended = wait_until(over, "the end", 30)
    assert "Interlock was started anew" in text_of(ended)
    assert "/ops logs harbor api --follow 10m" in text_of(ended)


def test_slack_never_has_to_slow_it_down(tmp_path: Path) -> None:
    """With Slack's own limits in force, a log that never ends is followed without one refusal."""
    with (
        running_workspace(state=tmp_path / "workspace", rates=True) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60) as http,
        bot_beside(Sim(workspace, http), tmp_path / "bot") as bot,
    ):
        bot.start()
        root = _follow(bot)

        def enough() -> bool:
            with _log(bot).open("a") as file:
                file.writelines(f"line {number} of many\n" for number in range(50))
            return len(_thread(bot, root)) >= 4

        wait_until(enough, "four messages in the thread", 90)
        calls = [*bot.sim.calls("chat.postMessage"), *bot.sim.calls("chat.update")]
        assert {call["status"] for call in calls} == {200}


def test_what_cannot_be_followed_is_refused(shared: Bot) -> None:
    """Too long a time, a broken pattern and an unknown id are told apart."""
    assert "at most 30 minutes" in ask(shared.sim, "logs harbor api --follow 2h")
    assert "is no regular expression" in ask(shared.sim, 'logs harbor api --follow 1m --grep "("')
    assert "Nothing is followed as log-aaaaaa" in ask(shared.sim, "cancel log-aaaaaa")
