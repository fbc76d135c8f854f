"""What logs show of attacks, by wire: written by services, seen as cards in the channel."""

import json
from collections.abc import Iterator

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.bot.conditions.test_conditions import card, cards, changed
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import ask, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

_FAILED = (
    "2026-11-22T12:00:00Z WARNING login failed for <!channel> from 203.0.113.7 password=hunter2-x"
)
_SECURITY = {
    "use": ["app", "nginx"],
    "patterns": {"wild": "(a|aa)+$"},
    "counts": {"failed-login": {"at_least": 5, "severity": "critical"}},
    "large_response_bytes": 1_000_000,
    "services": ["api"],
}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot that looks through the log of a service every second."""
    folder = tmp_path_factory.mktemp("security")
    with (
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        changed(made.folder / "interlock.yaml", conditions={"logs_every": "1s"})
        changed(made.folder / "harbor.yaml", security=_SECURITY)
        (made.folder / "services").mkdir(exist_ok=True)
        (made.folder / "services" / "api.log").write_text(f"{_FAILED}\n" * 50)
        made.start()
        watched = "security-failed-login, failed-login, 5 or more in 10m: all is well"
        wait_until(lambda: watched in ask(made.sim, "alerts harbor"), "the first look")
        yield made


def write(bot: Bot, *lines: str) -> None:
    """What the service writes."""
    with (bot.folder / "services" / "api.log").open("a") as log:
        log.writelines(f"{line}\n" for line in lines)


@pytest.mark.covers("R10", "RNSAC", only="failed logins, in the log of a service")
def test_failed_logins_are_an_alert_with_examples_without_secrets(bot: Bot) -> None:
    """What was there before is left alone; from the fifth line on it is a card that names the
    source, with an example in which no secret is and nobody is called."""
    write(bot, *[_FAILED] * 4)
    wait_until(lambda: "4 lines of failed-login" in ask(bot.sim, "alerts harbor"), "the count")
    assert not cards(bot, "security-failed-login")
    write(bot, _FAILED)
    posted = card(bot, "security-failed-login", "firing")
    said = text_of(posted)
    assert "CRITICAL" in said and "203.0.113.7 (5)" in said and "in the logs of api" in said
    assert "hunter2" not in json.dumps(posted) and "<!channel>" not in said


def test_what_was_counted_survives_a_kill(bot: Bot) -> None:
    """Three before and two after: the fifth answer that is too large fires, though a life ended in
    between, and a line that came meanwhile counts."""
    large = '198.51.100.9 - - [22/Nov/2026:12:00:00 +0000] "GET /dump HTTP/1.1" 200 5000000 "-" "-"'
    write(bot, *[large] * 8)
    seen = "8 answers that are large"
    wait_until(lambda: seen in ask(bot.sim, "alerts harbor"), "the count")
    bot.kill()
    write(bot, large, large)
    bot.start()
    assert "10 answers that are large" in text_of(card(bot, "security-large-response", "firing"))
    assert len(cards(bot, "security-failed-login")) == 1


def test_a_pattern_that_runs_wild_is_said_and_holds_up_no_other(bot: Bot) -> None:
    """It is given up with its reason, and injections in the same lines are found all the same."""
    injection = "GET /items?id=1%27%20OR%20%271%27=%271 from 192.0.2.66"
    write(bot, "a" * 60 + "!", *[injection] * 3)
    assert "192.0.2.66 (3)" in text_of(card(bot, "security-sql-injection", "firing"))
    assert "takes too long to match" in ask(bot.sim, "alerts harbor")
