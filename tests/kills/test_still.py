"""kill -9 in a backup for which services are down: they are up again in every ending."""

import pytest

from playbooks.repository.catalogue import survey
from playbooks.repository.of_stack import repository_of
from tests.kills.conftest import Harbors
from tests.support.kills.cases import killed_at
from tests.support.kills.drive import Asked, Person, endure
from tests.support.kills.truth import check_the_end
from tests.support.kills.world import World
from tests.support.work import KnownSecrets

pytestmark = pytest.mark.slow


def consistency_of(asked: Asked) -> list[str]:
    """What the backups of the run say of themselves."""
    stack = asked.world.stack
    listed = survey(repository_of(stack, KnownSecrets()), stack.name).backups
    return [each.consistency for each in listed if each.run == asked.id]


def goes_on(harbor: World) -> None:
    harbor.bot.start()
    asked = Person(harbor).asks("backup harbor still")
    keys = ("stop.web:effect", "dump.uploads:effect", "start.api:before", "publish:effect")
    endure(asked, [f"step:{key}" for key in keys], begin=asked.approve)
    assert asked.state == "succeeded", asked.run
    check_the_end(asked, None)
    [said] = consistency_of(asked)
    assert said.startswith("consistent: api and web were stopped from")


def cancelled(harbor: World) -> None:
    """The bot dies when both are down, and with it a cancellation that nobody has seen."""
    harbor.bot.start()
    asked = Person(harbor).asks("backup harbor still")
    killed_at(asked, "step:stop.api:effect")
    asked.cancel_unseen()
    endure(asked, ["undo:begin:effect", "owed:up.api:before", "owed:up.web:effect"])
    assert asked.state == "cancelled", asked.run
    check_the_end(asked, None)
    assert consistency_of(asked) == []


def test_killed_while_services_are_down(harbors: Harbors) -> None:
    """The backup is made once and whole, or nothing of it is left; either way all is up."""
    harbors.both(goes_on, cancelled)
