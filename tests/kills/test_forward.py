"""kill -9 before, in and after every step of backups, restores and their undo."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.kills.conftest import to_the_end
from tests.support.kills import points
from tests.support.kills.drive import ask, endure
from tests.support.kills.truth import (
    before_restore,
    before_undo,
    check_live_is_whole,
    check_the_end,
)
from tests.support.kills.world import World

pytestmark = pytest.mark.slow
DATASTORES = ("postgres", "uploads")


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("place", points.PLACES)
def test_backup(harbor: World, people: ThreadPoolExecutor, place: str, which: int) -> None:
    """Killed once in every stage, the backup is published whole, and nothing else is."""
    harbor.bot.start("step:begin:before")
    asked = ask(harbor, people, "backup harbor all")
    assert asked.rest() == "killed"
    endure(asked, points.forward(asked.request.plan, place, which))
    assert asked.state == "succeeded"
    check_the_end(asked, None)


@pytest.mark.parametrize("place", points.PLACES)
@pytest.mark.parametrize("datastore", DATASTORES)
def test_restore(harbor: World, people: ThreadPoolExecutor, datastore: str, place: str) -> None:
    """Killed once in every stage, the restore succeeds; at every death the live data is whole."""
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = ask(harbor, people, f"restore harbor {datastore} latest")
    endure(
        asked,
        points.forward(asked.request.plan, place, which=DATASTORES.index(datastore)),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "succeeded"
    check_the_end(asked, content)


@pytest.mark.parametrize("place", points.PLACES)
@pytest.mark.parametrize("datastore", DATASTORES)
def test_undo(harbor: World, people: ThreadPoolExecutor, datastore: str, place: str) -> None:
    """Killed once in every stage, the undo brings the replaced data back."""
    before_restore(harbor, datastore)
    harbor.bot.start()
    restored = to_the_end(harbor, people, f"restore harbor {datastore} latest")
    content = before_undo(harbor, datastore, restored.id)
    asked = ask(harbor, people, f"restore harbor {datastore} --undo")
    endure(
        asked,
        points.forward(asked.request.plan, place),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "succeeded"
    check_the_end(asked, content)
