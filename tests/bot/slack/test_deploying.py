"""Deploys by wire: a bot that is killed in the middle, files that change, locks and checklists."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, interlock_yaml
from tests.support.systems import Operated
from tests.support.talk import ask, card_in, payload, press, text_of
from tests.support.versions import BETTER, GOOD, Fleet, fleet
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

_CHECKLIST = ["The users were told", "The backup is there"]


@dataclass(frozen=True)
class Ships(Operated):
    """A fleet of two services, and the bot that operates it."""

    bot: Bot
    fleet: Fleet

    @property
    def name(self) -> str:
        return self.fleet.stack.name


@pytest.fixture(scope="module")
def ships(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ships]:
    """At the good version."""
    folder = tmp_path_factory.mktemp("ships")
    with (
        fleet(folder, 2) as made,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=60, trust_env=False) as http,
    ):
        described = json.loads(made.project.stack_file.read_text())
        described["deploy"]["checklist"] = _CHECKLIST
        made.project.stack_file.write_text(json.dumps(described))
        policy = interlock_yaml(made.project.stack_file.name)
        (folder / "interlock.yaml").write_text(json.dumps(policy))
        made.put(GOOD)
        bot = Bot(folder, Sim(workspace, http))
        bot.start()
        try:
            yield Ships(bot, made)
        finally:
            bot.end()


def test_a_bot_that_is_killed_in_mid_deploy_goes_on(ships: Ships) -> None:
    """The next one takes the deploy up where it stood, and every service runs the version."""
    ships.bot.kill()
    ships.bot.start(failpoint="step:t1.health.s1:before")
    request = ships.asks(f"deploy {ships.name} {BETTER}", "ben")
    ships.bot.died(60)
    assert not ships.fleet.runs(BETTER)
    ships.bot.start()
    ended = ships.end_of(request)
    assert payload(ended)["state"] == "succeeded", text_of(ended)
    assert ships.fleet.runs(BETTER)
    ships.does(f"rollback {ships.name}", "ben", "cleo")
    assert ships.fleet.runs(GOOD)


def test_a_compose_file_that_changes_after_the_approval_voids_it(ships: Ships) -> None:
    """Nothing is done; what changed is told, and it is asked for anew."""
    file = ships.fleet.project.folder / "compose.yaml"
    text = file.read_text()
    request = ships.asks(f"deploy {ships.name} {BETTER}")
    file.write_text(json.dumps(json.loads(text) | {"x-note": "changed"}))
    press(ships.bot.sim, card_in(ships.bot.sim, "pending", request), "approve", "ben")
    ended = ships.end_of(request)
    assert payload(ended)["state"] == "void", text_of(ended)
    assert "compose.yaml" in text_of(ended)
    file.write_text(text)
    assert ships.fleet.runs(GOOD)
    anew = payload(card_in(ships.bot.sim, "pending"))
    assert anew["supersedes"] == request
    ask(ships.bot.sim, f"cancel {anew['request']}")


def test_the_checklist_is_confirmed_with_the_approval(ships: Ships) -> None:
    """The card shows it, the button asks for it, and the audit has it."""
    request = ships.asks(f"deploy {ships.name} {BETTER}")
    card = card_in(ships.bot.sim, "pending", request)
    assert all(item in text_of(card) for item in _CHECKLIST)
    buttons = [e for block in card["blocks"] for e in block.get("elements", ())]
    [approve] = [each for each in buttons if each.get("action_id") == "approve"]
    assert "You confirm" in approve["confirm"]["text"]["text"]
    press(ships.bot.sim, card, "deny", "ben")
    assert payload(ships.end_of(request))["state"] == "denied"


def test_a_lock_holds_what_was_asked_for_before(ships: Ships) -> None:
    """A deploy that was approved and one that is asked for are both kept off."""
    sim, name = ships.bot.sim, ships.name
    request = ships.asks(f"deploy {name} {BETTER}")
    sim.command(f'deploy lock {name} "counting containers"', user="ben", channel="ops")
    refused = ask(sim, f"deploy {name} {BETTER}")
    assert "locked by ben" in refused and "counting containers" in refused
    press(sim, card_in(sim, "pending", request), "approve", "cleo")
    ended = ships.end_of(request)
    assert payload(ended)["state"] == "void" and "counting containers" in text_of(ended)
    assert "counting containers" in ask(sim, f"deploy unlock {name}")
    assert ships.fleet.runs(GOOD)
