"""A message that is kept fresh: edited in place, ended in time, and not too many at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.bell import Bell
from bot.engine.board import Board
from bot.ledger import Ledger
from bot.live import LiveMessages
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import outbox
from notifiers.ports import Body
from playbooks.errors import Refused
from playbooks.gate.policy import Policy


class Moving:
    """A clock that goes a minute on with every look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


def live(folder: Path) -> tuple[LiveMessages, Database]:
    database = Database(f"sqlite:///{folder / 'live.db'}")
    migrate(database)
    ledger = Ledger(
        database=database,
        policy=Policy(),
        stacks={},
        board=Board(),
        now=Moving(),
        channel_of=lambda stack: stack.channel,
    )
    return LiveMessages(ledger, Bell()), database


def fresh(until: datetime | None) -> Body:
    return Body(text="refreshed" if until else "over")


def wanted(database: Database) -> list[tuple[int, str]]:
    with database.read() as connection:
        rows = connection.execute(sa.select(outbox.c.version, outbox.c.body)).all()
    return [(version, body["text"]) for version, body in rows]


async def test_one_message_is_edited_until_its_time_is_over(tmp_path: Path) -> None:
    """The same key with newer versions; the last one says that it is over."""
    messages, database = live(tmp_path)
    messages.show("C1", timedelta(minutes=3), fresh)
    task = asyncio.create_task(messages.run())
    try:
        async with asyncio.timeout(30):
            while [text for _, text in wanted(database)] != ["over"]:
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    [(version, _)] = wanted(database)
    assert version >= 2
    database.close()


def test_too_many_are_refused(tmp_path: Path) -> None:
    """Slack's edits are for everybody."""
    messages, database = live(tmp_path)
    for _ in range(6):
        messages.show("C1", timedelta(minutes=3), fresh)
    with pytest.raises(Refused, match="6 messages"):
        messages.show("C1", timedelta(minutes=3), fresh)
    database.close()
