"""How well systems are protected, and what helps first in an emergency."""

from typing import Any

import pytest

from playbooks.model.stack_file import load_stack
from tests.stacks.rows.test_life import LEAF, docker
from tests.support.bot import wait_until
from tests.support.systems import System, on
from tests.support.talk import card_in, cards, payload, press, text_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
# A store of each that is copied while all goes on.
STORE = {"spice-harvester": "uploads", "arc": "redis"}


def carried_out(system: System, text: str) -> dict[str, Any]:
    """The card of what ana asked for in the end; ben approves it where policy asks for that."""
    request = system.asks(text)
    [card] = [each for each in cards(system.bot.sim) if payload(each)["request"] == request]
    if payload(card)["state"] == "pending":
        press(system.bot.sim, card, "approve", "ben")
    return system.end_of(request)


@on("SC")
@pytest.mark.covers("B12", "SC", only="the age of its own backups")
def test_objectives_count_from_the_newest_backup(system: System) -> None:
    """Every store and every scenario of the guide is there, with the backup made just now."""
    store = STORE[system.name]
    ended = carried_out(system, f"backup {system.name} {store}")
    stack = load_stack(system.project.stack_file)
    said = system.says(f"rpo {system.name}")
    assert all(f"{system.name}/{name}" in said for name in stack.datastores), said
    assert f"-{payload(ended)['run']}" in said.split(f"{system.name}/{store}", 1)[1], said
    for name in stack.objectives.scenarios:
        assert name in said


@on("N")
@pytest.mark.covers("B10", "N", only="assess and restart, on its own containers")
def test_the_first_rungs_help_a_service_that_was_killed(system: System) -> None:
    """All is well at first; a killed service is found, its restart proposed, approved, and well."""
    service = LEAF[system.name]
    assert "services of neurocore are well" in text_of(carried_out(system, "emergency neurocore"))
    docker("kill", system.project.container(service).id)
    assessed = carried_out(system, "emergency neurocore")
    assert f"{service}: " in text_of(assessed)
    press(system.bot.sim, assessed, "next", "ana")
    restart = card_in(system.bot.sim, "pending")
    assert payload(restart)["operation"] == "restart"
    for voter in ("ben", "cleo"):
        press(system.bot.sim, card_in(system.bot.sim, "pending"), "approve", voter)
        if not any(payload(each)["state"] == "pending" for each in cards(system.bot.sim)):
            break
    card_in(system.bot.sim, "succeeded", payload(restart)["request"], 120)
    wait_until(
        lambda: system.project.container(service).status == "running", f"{service} runs again", 30
    )
