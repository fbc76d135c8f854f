"""kill -9 while a run goes back: a failed or cancelled restore leaves everything as it was."""

from functools import partial

import pytest
from psycopg import sql

from playbooks.datastores.postgres_names import kept_name
from tests.kills.conftest import Harbors
from tests.support.kills import points
from tests.support.kills.drive import Asked, Person, endure
from tests.support.kills.truth import before_restore, check_live_is_whole, check_the_end
from tests.support.kills.world import World

pytestmark = pytest.mark.slow
OUTSIDE = tuple(place for place in points.PLACES if place != "in")


@pytest.mark.parametrize("place", OUTSIDE)
def test_failed(harbors: Harbors, place: str) -> None:
    """The exchange fails; killed in every undo and in all that is owed, the run ends undone."""
    harbors.both(partial(fails, place), partial(folder_fails, place))


@pytest.mark.parametrize("place", OUTSIDE)
def test_cancelled_after_the_exchange(harbors: Harbors, place: str) -> None:
    """The bot dies right after the exchange, and with it a cancellation that nobody has seen:
    the exchange is taken back, killed in every undo."""
    harbors.both(
        partial(cancelled, place, "postgres", "swap"),
        partial(cancelled, place, "uploads", "exchange"),
    )


@pytest.mark.parametrize("place", OUTSIDE)
def test_cancelled_on_the_way(harbors: Harbors, place: str) -> None:
    """The same while a backup and a copy beside the live data are made."""
    harbors.both(
        partial(cancelled, place, "postgres", "load"),
        partial(cancelled, place, "uploads", "dump.uploads"),
    )


def fails(place: str, harbor: World) -> None:
    """Somebody else's database bears the name under which the live one was to be kept."""
    content = before_restore(harbor, "postgres")
    harbor.bot.start()
    asked = Person(harbor).asks("restore harbor postgres latest")
    obstacle = sql.Identifier(kept_name(harbor.database, asked.id))
    with harbor.server.connect("template1") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(obstacle))
    endure(
        asked,
        points.back(asked.request.plan, place, since="swap"),
        begin=asked.approve,
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    harbor.server.drop(kept_name(harbor.database, asked.id))
    assert asked.state == "undone", asked.run
    check_the_end(asked, content)


def folder_fails(place: str, harbor: World) -> None:
    """Somebody else's folder is where the backup was to be unpacked."""
    content = before_restore(harbor, "uploads")
    harbor.bot.start()
    asked = Person(harbor).asks("restore harbor uploads latest")
    obstacle = harbor.uploads.with_name(f".{harbor.uploads.name}.interlock-{asked.id}")
    obstacle.mkdir()
    (obstacle / "somebody else's").touch()
    endure(asked, points.back(asked.request.plan, place, since="extract"), begin=asked.approve)
    assert [path.name for path in obstacle.iterdir()] == ["somebody else's"]
    (obstacle / "somebody else's").unlink()
    obstacle.rmdir()
    assert asked.state == "undone", asked.run
    check_the_end(asked, content)


def cancelled(place: str, datastore: str, step: str, harbor: World) -> None:
    content = before_restore(harbor, datastore)
    harbor.bot.start()
    asked = Person(harbor).asks(f"restore harbor {datastore} latest")
    killed_at(asked, f"step:{step}:effect")
    asked.cancel_unseen()
    endure(
        asked,
        points.back(asked.request.plan, place, since=step),
        meanwhile=lambda: check_live_is_whole(harbor, content),
    )
    assert asked.state == "cancelled", asked.run
    check_the_end(asked, content)


def killed_at(asked: Asked, point: str) -> None:
    asked.world.bot.kill()
    asked.world.bot.start(point)
    asked.approve()
    assert asked.rest() == "killed"
