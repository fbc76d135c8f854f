"""The inbox: stored before the ack, once each, and fast while others write."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from tests.support import yard
from tests.support.postgres import fresh_database as server_database


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'inbox.db'}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        with server_database(server) as name:
            database = Database(server.url(name))
            migrate(database)
            yield database
            database.close()
        return
    database = Database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[Inbox]:
    inbox = Inbox(database, yard.now, owner="life-1")
    inbox.start()
    yield inbox
    inbox.stop()


async def test_each_payload_is_new_once(inbox: Inbox) -> None:
    """Redelivered means not new, also within one group."""
    first = await asyncio.gather(*(inbox.put("T1", "command", {"n": n}) for n in range(5)))
    assert [received is not None for received in first].count(True) == 1
    assert await inbox.put("T1", "command", {}) is None
    assert await inbox.put("T2", "command", {}) is not None


async def test_what_was_not_finished_is_taken_again_by_the_next_life(
    inbox: Inbox, database: Database
) -> None:
    """A kill between ack and commit loses nothing; what is done stays done."""
    for name in ("T1", "T2", "T3"):
        await inbox.put(name, "command", {"text": name})
    inbox.done("T2")
    assert list(inbox.take()) == []
    await asyncio.to_thread(inbox.stop)
    next_life = Inbox(database, yard.now, owner="life-2")
    again = next_life.take(limit=1)
    assert [(taken.id, taken.tries, taken.payload) for taken in again] == [
        ("T1", 2, {"text": "T1"})
    ]
    assert [taken.id for taken in next_life.take()] == ["T3"]
    assert list(next_life.take()) == []


async def test_stopping_stores_what_was_put(database: Database) -> None:
    """Nothing that was put is dropped at the end."""
    inbox = Inbox(database, yard.now, owner="life-1")
    inbox.start()
    puts = [asyncio.ensure_future(inbox.put(f"T{n}", "command", {})) for n in range(20)]
    await asyncio.sleep(0)
    await asyncio.to_thread(inbox.stop)
    assert None not in await asyncio.gather(*puts)


async def test_a_broken_database_is_told(tmp_path: Path) -> None:
    """When storing fails, the one who puts learns of it and does not acknowledge."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    inbox = Inbox(database, yard.now, owner="life-1")
    inbox.start()
    with pytest.raises(Exception, match="no such table"):
        await inbox.put("T1", "command", {})
    inbox.stop()
    database.close()


async def test_sixty_four_at_once_share_two_commits(inbox: Inbox, database: Database) -> None:
    """What arrives while another writes waits together, and is stored together."""
    commits: list[str] = []
    sa.event.listen(database.engine, "commit", lambda _: commits.append("commit"))
    with database.write() as connection:
        hold(connection)
        puts = [asyncio.ensure_future(inbox.put(f"T{n}", "command", {})) for n in range(64)]
        await asyncio.sleep(0)
        assert not any(put.done() for put in puts)
    assert None not in await asyncio.gather(*puts)
    assert len(commits) <= 1 + 2


def hold(connection: sa.Connection) -> None:
    """Keeps every other transaction from writing into the inbox."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE inbox IN EXCLUSIVE MODE"))
