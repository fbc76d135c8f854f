"""A variable that is set for a time goes back by itself, also when the bot was dead meanwhile."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.bot import wait_until
from tests.support.systems import System
from tests.support.talk import cards, payload
from tests.support.tiny import app, operated_tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
HALF_AN_HOUR = 1860.0


def environment(system: System) -> list[str]:
    said = subprocess.run(
        ["docker", "inspect", system.project.container("api").id], capture_output=True, check=True
    )
    found: list[str] = json.loads(said.stdout)[0]["Config"]["Env"]
    return found


def test_it_goes_back_in_another_life_of_the_bot_once_and_unasked(tmp_path: Path) -> None:
    """Killed after it was set, started after the time is over: set back, with no other approval;
    what was set again by somebody else meanwhile stays."""
    with operated_tiny(tmp_path, {"api": app("api")}) as system:
        system.does("start tiny", "ben")
        system.does("set tiny api LOG_LEVEL=debug --for 30m", "ben")
        system.does("set tiny api MODE=slow --for 30m", "ben")
        system.does("set tiny api MODE=fast", "ben")
        assert {"LOG_LEVEL=debug", "MODE=fast"} <= set(environment(system))
        system.bot.kill()
        system.bot.ahead = HALF_AN_HOUR
        system.bot.start()
        wait_until(lambda: _states(system, "set-back") == ["succeeded"], "going back", 60)
        left = environment(system)
        assert "MODE=fast" in left
        assert not [each for each in left if each.startswith("LOG_LEVEL=")]


def _states(system: System, operation: str) -> list[str]:
    found = [payload(card) for card in cards(system.bot.sim)]
    return [str(each["state"]) for each in found if each["operation"] == operation]
