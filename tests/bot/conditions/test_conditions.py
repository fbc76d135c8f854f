"""Interlock's own conditions by wire: measured on a real stack, seen as cards in the channel."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, ask, card_in, press, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

_THRESHOLDS = {
    "down": {"measure": "down", "severity": "critical", "services": ["api"]},
    "slow": {"measure": "p95_seconds", "limit": 5, "services": ["api"]},
    "crowded": {"measure": "disk_free_percent", "limit": 100},
    "memory": {"measure": "memory_used_percent", "limit": 100},
    "pool": {"measure": "pool_exhausted"},
    "late": {"measure": "backup_late", "severity": "critical"},
}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot whose stack has thresholds, looked at every second. None of its services runs."""
    folder = tmp_path_factory.mktemp("conditions")
    with (
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        changed(made.folder / "interlock.yaml", conditions={"every": "1s"})
        described = changed(
            made.folder / "harbor.yaml",
            thresholds=_THRESHOLDS,
            watch={"after": 1},
            objectives={"rpo": "1h"},
        )
        for service in described["services"].values():
            service["health"]["interval"] = "1s"
        (made.folder / "harbor.yaml").write_text(json.dumps(described))
        made.start()
        yield made


def changed(file: Path, **more: Any) -> dict[str, Any]:
    """The file with more in it, as it stands now."""
    described: dict[str, Any] = json.loads(file.read_text()) | more
    file.write_text(json.dumps(described))
    return described


@contextmanager
def serving(bot: Bot, service: str) -> Iterator[None]:
    """The service answers while the block lasts."""
    described = json.loads((bot.folder / "harbor.yaml").read_text())["services"][service]
    argv = [sys.executable, *described["process"]["argv"][1:]]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def card(bot: Bot, rule: str, state: str, seconds: float = 20) -> dict[str, Any]:
    """The newest card of the rule, once it is in that state."""

    def look() -> dict[str, Any] | None:
        newest = cards(bot, rule)[-1:]
        return next((c for c in newest if _payload(c)["state"] == state), None)

    found: dict[str, Any] = wait_until(look, f"a card of {rule} that is {state}", seconds)
    return found


def cards(bot: Bot, rule: str) -> list[dict[str, Any]]:
    return [
        each
        for each in bot.sim.messages(channel=HARBOR)
        if (each.get("metadata") or {}).get("event_type") == "interlock.alert"
        and f"harbor: {rule}," in text_of(each)
    ]


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = message["metadata"]["event_payload"]
    return payload


@pytest.mark.covers("R1", "RNSAC", only="down, on processes of this host")
def test_what_is_down_fires_and_resolves_on_one_card(bot: Bot) -> None:
    """A service that does not answer is a critical card with what its probe said; it resolves on
    the same card once the service answers."""
    posted = card(bot, "down", "firing")
    assert "CRITICAL" in text_of(posted) and "api is down" in text_of(posted)
    assert "cannot be reached" in text_of(posted)
    with serving(bot, "api"):
        resolved = card(bot, "down", "resolved")
        assert resolved["ts"] == posted["ts"]
    again = card(bot, "down", "firing")
    assert again["ts"] == posted["ts"], "the same trouble stays on its card"


@pytest.mark.covers("R1", "RNSAC", only="disk")
def test_a_disk_below_its_limit_fires(bot: Bot) -> None:
    """Every file system below the limit is in the card, with its share."""
    posted = card(bot, "crowded", "firing")
    assert "% free" in text_of(posted) and "mount=/" in text_of(posted)


def test_what_is_measured_and_what_cannot_be_is_shown(bot: Bot) -> None:
    """`/ops alerts STACK` has each threshold with its value, or why there is none."""
    card(bot, "crowded", "firing")
    wait_until(lambda: "p95" in ask(bot.sim, "alerts harbor").split("slow")[-1], "probes")
    said = ask(bot.sim, "alerts harbor")
    assert "memory used percent above 100" in said and "(by the host" in said
    assert "only PostgreSQL tells how many connections it has left" in said
    assert "harbor pool: only PostgreSQL" in ask(bot.sim, "alerts")


@pytest.mark.covers("R1", "RNSAC", only="a backup that is late")
def test_a_backup_that_is_late_is_an_alert_and_nothing_else(bot: Bot) -> None:
    """No good backup within the objective: one card instead of the usual message; a backup
    resolves it at the next look."""
    bot.stop()
    bot.ahead = 2 * 3600
    bot.start()
    posted = card(bot, "late", "firing", 30)
    assert "uploads has no good backup within the objective" in text_of(posted)
    ask(bot.sim, "backup harbor uploads")
    card_in(bot.sim, "succeeded")
    bot.stop()
    bot.start()
    card(bot, "late", "resolved", 30)
    said = [text_of(message) for message in bot.sim.messages(channel=HARBOR)]
    assert not [each for each in said if "RPO missed" in each or "RPO met" in each]


def test_killed_and_started_again_nothing_is_said_twice(bot: Bot) -> None:
    """What fires goes on to fire on its card; a card of before is not posted anew, and
    acknowledging holds."""
    posted = card(bot, "crowded", "firing")
    press(bot.sim, posted, "ack", "ana")
    card(bot, "crowded", "acknowledged")
    before = len(cards(bot, "crowded")), len(cards(bot, "down"))
    bot.kill()
    bot.start()
    wait_until(lambda: "crowded" in ask(bot.sim, "alerts harbor"), "the first look")
    wait_until(lambda: "% free" in ask(bot.sim, "alerts harbor"), "what is measured")
    assert card(bot, "crowded", "acknowledged")
    assert (len(cards(bot, "crowded")), len(cards(bot, "down"))) == before
