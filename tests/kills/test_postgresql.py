"""A sample of all that where PostgreSQL is what the bot remembers with."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tests.kills.conftest import Harbors, raise_up
from tests.support.kills.cases import around, cancelled, fails, heard_once, restore, undo
from tests.support.kills.world import world
from tests.support.postgres import Server, fresh_database

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def harbors(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbors]:
    """Two worlds whose bots remember in databases of their own."""
    with ExitStack() as stack:
        made = []
        for name in ("east", "west"):
            memory = stack.enter_context(fresh_database(postgres_server))
            folder = tmp_path_factory.mktemp(f"{name}-postgresql")
            url = postgres_server.url(memory)
            made.append(stack.enter_context(world(postgres_server, folder, url)))
        found = Harbors((made[0], made[1]))
        found.both(raise_up, raise_up)
        yield found


def test_forward(harbors: Harbors) -> None:
    """Killed once in every stage of a restore, and of an undo."""
    harbors.both(partial(restore, "effect", "postgres"), partial(undo, "after", "uploads"))


def test_back(harbors: Harbors) -> None:
    """Killed in every undo and in all that is owed."""
    harbors.both(partial(fails, "effect"), partial(cancelled, "before", "uploads", "exchange"))


def test_around(harbors: Harbors) -> None:
    """Killed between ack and commit, and around the run."""
    harbors.both(
        partial(heard_once, ("inbox:acked", "vote:before-commit", "vote:after-commit")),
        partial(around, "backup harbor all"),
    )
