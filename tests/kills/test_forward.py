"""kill -9 before, in and after every step of backups, restores and their undo."""

from functools import partial

import pytest

from tests.kills.conftest import Harbors
from tests.support.kills import points
from tests.support.kills.drive import Person, endure
from tests.support.kills.truth import before_restore, check_live_is_whole, check_the_end
from tests.support.kills.world import World

pytestmark = pytest.mark.slow
DATASTORES = ("postgres", "uploads")
OUTSIDE = tuple(place for place in points.PLACES if place != "in")


@pytest.mark.parametrize("place", points.PLACES)
def test_backup(harbors: Harbors, place: str) -> None:
    """Killed once in every stage, the backup is published whole, and nothing else is."""
    harbors.both(*(partial(backup, place, which) for which in (0, 1)))


@pytest.mark.parametrize("place", points.PLACES)
def test_restore(harbors: Harbors, place: str) -> None:
    """Killed once in every stage, the restore succeeds; at every death the live data is whole."""
    harbors.both(*(partial(restore, place, datastore) for datastore in DATASTORES))


@pytest.mark.parametrize("place", OUTSIDE)
def test_undo(harbors: Harbors, place: str) -> None:
    """Killed once in every stage, the undo brings the replaced data back."""
    harbors.both(*(partial(undo, place, datastore) for datastore in DATASTORES))


def backup(place: str, which: int, harbor: World) -> None:
    harbor.bot.start("step:begin:before")
    asked = Person(harbor).asks("backup harbor all")
    assert asked.rest() == "killed"
    endure(asked, points.forward(asked.request.plan, place, which))
    assert asked.state == "succeeded"
    check_the_end(asked, None)


def restore(place: str, datastore: str, harbor: World) -> None:
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = Person(harbor).asks(f"restore harbor {datastore} latest")
    endure(
        asked,
        points.forward(asked.request.plan, place, which=DATASTORES.index(datastore)),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "succeeded"
    check_the_end(asked, content)


def undo(place: str, datastore: str, harbor: World) -> None:
    content = before_restore(harbor, datastore).taken_back
    harbor.bot.start()
    restored = Person(harbor).asks(f"restore harbor {datastore} latest")
    restored.approve()
    assert restored.go_on() == "ended"
    asked = Person(harbor).asks(f"restore harbor {datastore} --undo")
    endure(
        asked,
        points.forward(asked.request.plan, place),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "succeeded"
    check_the_end(asked, content)
