"""Desired messages as rows: the newest version is due, in the order of lanes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.outbox import StoredOutbox, want
from notifiers.ports import Body, Desired, Lane
from tests.support import yard
from tests.support.postgres import Server

NOW = yard.now()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'outbox.db'}"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        name = f"outbox_{tmp_path.name.replace('-', '_')}".lower()
        with server.connect("template1") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        url = server.url(name)
    opened = Database(url)
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> StoredOutbox:
    return StoredOutbox(database, lambda: NOW)


def wanted(database: Database, key: str, version: int = 1, **more: object) -> None:
    desired = Desired.model_validate(
        {
            "key": key,
            "channel": "C1",
            "lane": Lane.UPDATE,
            "version": version,
            "body": Body(text=f"{key} v{version}"),
            **more,
        }
    )
    with database.write() as connection:
        want(connection, desired, NOW + timedelta(seconds=version))


def due(store: StoredOutbox) -> list[str]:
    return [delivery.desired.body.text for delivery in store.due(NOW, 10)]


def test_lanes_first_then_the_oldest(database: Database, store: StoredOutbox) -> None:
    """Approvals before updates before progress."""
    wanted(database, "a", lane=Lane.PROGRESS)
    wanted(database, "b", version=2)
    wanted(database, "c")
    wanted(database, "d", lane=Lane.APPROVAL)
    assert due(store) == ["d v1", "c v1", "b v2", "a v1"]


def test_only_the_newest_version_is_due(database: Database, store: StoredOutbox) -> None:
    """An older version never replaces a newer one; what was sent is due again once it changes."""
    wanted(database, "a", 3)
    wanted(database, "a", 2)
    assert due(store) == ["a v3"]
    store.sending("a", 3, NOW)
    assert store.due(NOW, 1)[0].attempts == 1
    store.sent("a", 3, "1.1", NOW)
    assert due(store) == []
    wanted(database, "a", 4)
    (delivery,) = store.due(NOW, 10)
    assert (delivery.ts, delivery.sent_version, delivery.attempts) == ("1.1", 3, 0)


def test_threads_wait_for_their_root(database: Database, store: StoredOutbox) -> None:
    """A reply is due once the message it belongs to has a timestamp."""
    wanted(database, "root")
    wanted(database, "reply", thread_of="root")
    assert due(store) == ["root v1"]
    store.sent("root", 1, "1.1", NOW)
    (delivery,) = store.due(NOW, 10)
    assert (delivery.desired.key, delivery.thread_ts) == ("reply", "1.1")


def test_later_is_later(database: Database, store: StoredOutbox) -> None:
    """What has to wait is not due before its time, and the time is known."""
    wanted(database, "a")
    assert store.next_retry() is None
    store.later("a", NOW + timedelta(seconds=9), "429")
    assert due(store) == [] and store.next_retry() == NOW + timedelta(seconds=9)
    assert [d.desired.key for d in store.due(NOW + timedelta(seconds=9), 1)] == ["a"]


def test_a_lost_copy_is_posted_again(database: Database, store: StoredOutbox) -> None:
    """Its timestamp is forgotten, so it is due as a new post."""
    wanted(database, "a")
    store.sent("a", 1, "1.1", NOW)
    store.lost("a", "message_not_found")
    (delivery,) = store.due(NOW, 1)
    assert (delivery.ts, delivery.sent_version) == (None, 0)


def test_a_refused_version_is_set_aside(database: Database, store: StoredOutbox) -> None:
    """Until there is another one."""
    wanted(database, "a")
    store.refused("a", 1, "invalid_blocks")
    assert due(store) == []
    wanted(database, "a", 2)
    assert due(store) == ["a v2"]
