"""Real Prometheus, real Alertmanager, the bot, the workspace: from a rule to a card and back."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.docker import require_docker
from tests.support.ports import held_ports
from tests.support.prometheus import RULE, TOKEN, Watch, watching
from tests.support.talk import HARBOR, ask, press, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Bot, Watch]]:
    """The bot knows where Alertmanager is, and Alertmanager where the bot is."""
    require_docker()
    with (
        pytest.MonkeyPatch.context() as environment,
        held_ports(3) as (port, *others),
        running_workspace(tmp_path / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), tmp_path / "home", port=port) as made,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        settings = made.folder / "interlock.yaml"
        described = json.loads(settings.read_text())
        described["alerts"] = {
            "sources": {
                "alertmanager": {
                    "kind": "alertmanager",
                    "bearer": "env:ALERT_TOKEN",
                    "api": f"http://127.0.0.1:{others[1]}",
                }
            }
        }
        settings.write_text(json.dumps(described))
        stack = made.folder / "harbor.yaml"
        telemetry = {"prometheus": f"http://127.0.0.1:{others[0]}"}
        stack.write_text(json.dumps({**json.loads(stack.read_text()), "telemetry": telemetry}))
        made.start()
        with watching(tmp_path / "watch", made.address, (others[0], others[1])) as watch:
            yield made, watch


def card(bot: Bot, state: str) -> dict[str, Any]:
    """The one card of the rule, once it is in that state."""

    def look() -> dict[str, Any] | None:
        found = [
            each
            for each in bot.sim.messages(channel=HARBOR)
            if (each.get("metadata") or {}).get("event_type") == "interlock.alert"
        ]
        assert len(found) <= 1, [text_of(each) for each in found]
        fits = found and found[0]["metadata"]["event_payload"]["state"] == state
        return found[0] if fits else None

    made: dict[str, Any] = wait_until(look, f"the card that is {state}", 60)
    return made


@pytest.mark.covers("R1", "RNSAC", only="what Alertmanager sends, on a stack of the tests")
@pytest.mark.covers(
    "R2", "RNSAC", only="grouped, acknowledged, silenced and in a storm, on a stack of the tests"
)
def test_from_a_rule_to_a_card_and_back(house: tuple[Bot, Watch]) -> None:
    """It fires with the measured value; silenced in Slack it is silenced in Alertmanager, through
    restarts of both; the end of the silence is one there, too; what ended meanwhile is resolved."""
    bot, watch = house
    watch.rules(firing=True)
    fired = card(bot, "firing")
    assert "97" in text_of(fired) and "Berths are full" in text_of(fired)
    wait_until(lambda: pictures(bot, fired), "a graph in the card's thread", 60)
    press(bot.sim, fired, "silence", "ben")
    [silence] = wait_until(watch.silences, "the silence in Alertmanager", 30)
    matched = {each["name"]: each["value"] for each in silence["matchers"]}
    assert matched == {"alertname": RULE, "stack": "harbor"}
    assert silence["createdBy"] == "ben"
    bot.kill()
    watch.rules(firing=False)
    bot.start()
    press(bot.sim, card(bot, "silenced"), "unsilence", "ben")
    wait_until(lambda: not watch.silences(), "the end of the silence in Alertmanager", 30)
    assert card(bot, "resolved")["ts"] == fired["ts"]
    watch.restart_alertmanager()
    watch.rules(firing=True)
    assert card(bot, "firing")["ts"] == fired["ts"], "the same trouble stays on its card"


def test_alertmanager_away_is_said_on_the_card(house: tuple[Bot, Watch]) -> None:
    """Silenced here all the same; the card says that it could not be told, until it is."""
    bot, watch = house
    watch.rules(firing=True)
    fired = card(bot, "firing")
    subprocess.run(["docker", "stop", "-t", "2", watch.names[1]], check=True, capture_output=True)
    press(bot.sim, fired, "silence", "ben")
    wait_until(lambda: "could not be told" in text_of(card(bot, "silenced")), "the trouble", 30)
    subprocess.run(["docker", "start", watch.names[1]], check=True, capture_output=True)
    watch.wait()
    wait_until(watch.silences, "the silence in Alertmanager", 60)
    wait_until(lambda: "could not be told" not in text_of(card(bot, "silenced")), "its end", 30)


_KINDS = ("Gone", "Lasting", "Paging", "Recorded", "Several")


def test_nothing_is_lost_or_said_twice_while_all_of_them_restart(house: tuple[Bot, Watch]) -> None:
    """Rules of several kinds fire while Slack is away; the bot is killed and Alertmanager restarted
    before Slack comes back: one card each, with all instances, and the same cards in the end."""
    bot, watch = house
    bot.sim.act("faults", method="chat.postMessage", kind="500", seconds=600)
    watch.every_kind(firing=True)
    wait_until(lambda: "Lasting" in stored(bot), "all of them in the database", 30)
    bot.kill()
    watch.restart_alertmanager()
    bot.start()
    bot.sim.act("faults", kind="none")
    fired = wait_until(lambda: by_rule(bot, "firing"), "a card for each", 90)
    assert "3 firing of 3 seen" in text_of(fired["Several"])
    assert "CRITICAL" in text_of(fired["Paging"]) and "INFO" in text_of(fired["Gone"])
    bot.kill()
    watch.every_kind(firing=False)
    watch.restart_alertmanager()
    bot.start()
    ended = wait_until(lambda: by_rule(bot, "resolved"), "the end of each", 90)
    assert {rule: card["ts"] for rule, card in ended.items()} == {
        rule: card["ts"] for rule, card in fired.items()
    }


def stored(bot: Bot) -> str:
    """What is known of alerts, whatever Slack says."""
    return ask(bot.sim, "alerts harbor")


def by_rule(bot: Bot, state: str) -> dict[str, dict[str, Any]] | None:
    """One card for each rule once all are in that state; never two for one."""
    found: dict[str, dict[str, Any]] = {}
    for each in bot.sim.messages(channel=HARBOR):
        payload = (each.get("metadata") or {}).get("event_payload", {})
        rule = next((name for name in _KINDS if f"harbor: {name}," in text_of(each)), None)
        if rule is not None and "alert" in payload:
            assert rule not in found, f"{rule} has two cards"
            found[rule] = each
    states = [each["metadata"]["event_payload"]["state"] for each in found.values()]
    return found if len(found) == len(_KINDS) and set(states) == {state} else None


def pictures(bot: Bot, card: dict[str, Any]) -> list[dict[str, Any]]:
    """The files in the thread of a card."""
    thread = bot.sim.messages(channel=HARBOR, thread_ts=card["ts"])
    return [file for each in thread for file in each.get("files") or ()]
