"""kill -9 in a recovery of a whole stack: it goes on or everything is as it was, and no service is
left down."""

from functools import partial

import pytest
from psycopg import sql

from playbooks.datastores.postgres_names import kept_name
from tests.kills.conftest import Harbors
from tests.support.kills import points
from tests.support.kills.cases import DATASTORES, killed_at
from tests.support.kills.drive import Asked, Person, endure
from tests.support.kills.truth import (
    Content,
    before_restore,
    check_live_is_whole,
    check_the_end,
)
from tests.support.kills.world import World

pytestmark = pytest.mark.slow


def damaged(harbor: World) -> list[Content]:
    return [before_restore(harbor, datastore) for datastore in DATASTORES]


def whole(harbor: World, contents: list[Content]) -> None:
    for content in contents:
        check_live_is_whole(harbor, content)


def check_all(asked: Asked, contents: list[Content]) -> None:
    for content in contents:
        check_the_end(asked, content)


def recover(keys: tuple[str, ...], harbor: World) -> None:
    contents = damaged(harbor)
    harbor.bot.start()
    asked = Person(harbor).asks("recover harbor")
    endure(
        asked,
        [f"step:{key}" for key in keys],
        begin=asked.approve,
        meanwhile=lambda: whole(harbor, contents),
    )
    assert asked.state == "succeeded", asked.run
    check_all(asked, contents)


def one_cannot_be_exchanged(harbor: World) -> None:
    """Somebody else's database bears the name under which the live one was to be kept, so the
    folder, which was exchanged at the same time, is exchanged back."""
    contents = damaged(harbor)
    harbor.bot.start()
    asked = Person(harbor).asks("recover harbor")
    obstacle = sql.Identifier(kept_name(harbor.database, asked.id))
    with harbor.server.connect("template1") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(obstacle))
    places = points.back(asked.request.plan, "effect", since="uploads.exchange")
    endure(asked, places[:4], begin=asked.approve, meanwhile=lambda: whole(harbor, contents))
    harbor.server.drop(kept_name(harbor.database, asked.id))
    assert asked.state == "undone", asked.run
    check_all(asked, contents)


def cancelled(harbor: World) -> None:
    """The bot dies while everything is down, and with it a cancellation that nobody has seen."""
    contents = damaged(harbor)
    harbor.bot.start()
    asked = Person(harbor).asks("recover harbor")
    killed_at(asked, "step:stop.api:effect")
    asked.cancel_unseen()
    endure(asked, ["owed:up.api:before", "owed:up.web:effect"])
    assert asked.state == "cancelled", asked.run
    check_all(asked, contents)


def test_killed_on_the_way(harbors: Harbors) -> None:
    """While services stop, in the safety backup, while data are brought, exchanged and fetched
    away, and while services start: in the end both datastores are the backup's, all is up."""
    harbors.both(
        partial(
            recover,
            ("stop.web:effect", "dump.postgres:in", "postgres.load:in", "postgres.swap:effect"),
        ),
        partial(
            recover,
            (
                "begin:after",
                "uploads.extract:effect",
                "uploads.exchange:effect",
                "start.api:effect",
            ),
        ),
    )


def test_one_that_fails_takes_the_others_back(harbors: Harbors) -> None:
    """The datastores are no one transaction: what was exchanged is exchanged back, killed in the
    undos; and a recovery that is cancelled while all is down leaves nothing down."""
    harbors.both(one_cannot_be_exchanged, cancelled)
