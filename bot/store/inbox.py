"""What Slack delivered, kept before it is acknowledged, until it is dealt with."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables import inbox
from commands.ports import Clock
from playbooks.model.base import JsonObject, Model

_MOST_AT_ONCE = 256


class Received(Model):
    """One payload. `id` is Slack's own (envelope, trigger or event id)."""

    id: str
    kind: str
    payload: JsonObject
    received_at: datetime
    tries: int


@dataclass(frozen=True)
class _Put:
    id: str
    kind: str
    payload: JsonObject
    stored: "Future[bool]"


class Inbox:
    """Stores payloads once each, in groups: those that arrive together share one commit.

    `owner` names this process's life; what an earlier life took and did not finish is taken again.
    """

    def __init__(self, database: Database, now: Clock, owner: str) -> None:
        self._database = database
        self._now = now
        self._owner = owner
        self._queue: queue.SimpleQueue[_Put | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_groups, name="inbox", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def stop(self) -> None:
        """Stores what was still put, then ends."""
        if self._writer.is_alive():
            self._queue.put(None)
            self._writer.join()

    async def put(self, payload_id: str, kind: str, payload: JsonObject) -> bool:
        """Returns once the payload is on disk. False: it was there already."""
        stored: Future[bool] = Future()
        self._queue.put(_Put(payload_id, kind, payload, stored))
        return await asyncio.wrap_future(stored)

    def take(self, limit: int = 50) -> Sequence[Received]:
        """The oldest payloads that nobody in this life has taken, now taken."""
        free = inbox.c.taken_by.is_(None) | (inbox.c.taken_by != self._owner)
        return self._take(free, limit)

    def take_one(self, payload_id: str) -> Received | None:
        """This payload, unless it is done or was taken in this life."""
        free = inbox.c.taken_by.is_(None) | (inbox.c.taken_by != self._owner)
        taken = self._take((inbox.c.id == payload_id) & free, 1)
        return taken[0] if taken else None

    def done(self, payload_id: str, problem: str = "") -> None:
        """Dealt with; `problem` says what went wrong, if something did."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(inbox)
                .where(inbox.c.id == payload_id)
                .values(done_at=self._now(), problem=problem)
            )

    def forget(self, before: datetime) -> None:
        """Deletes what was done before. Keep more than Slack's redelivery of one hour."""
        with self._database.write() as connection:
            connection.execute(sa.delete(inbox).where(inbox.c.done_at < before))

    def _take(self, free: sa.ColumnElement[bool], limit: int) -> Sequence[Received]:
        query = (
            sa.select(inbox)
            .where(inbox.c.done_at.is_(None), free)
            .order_by(inbox.c.received_at, inbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as connection:
            rows = connection.execute(query).all()
            connection.execute(
                sa.update(inbox)
                .where(inbox.c.id.in_([row.id for row in rows]))
                .values(taken_by=self._owner, tries=inbox.c.tries + 1)
            )
        return [
            Received(
                id=row.id,
                kind=row.kind,
                payload=row.payload,
                received_at=row.received_at,
                tries=row.tries + 1,
            )
            for row in rows
        ]

    def _write_groups(self) -> None:
        ended = False
        while not ended:
            group = [self._queue.get()]
            while len(group) < _MOST_AT_ONCE and not self._queue.empty():
                group.append(self._queue.get())
            ended = None in group
            puts = [put for put in group if put is not None]
            if puts:
                self._store(puts)

    def _store(self, puts: Sequence[_Put]) -> None:
        try:
            new = self._insert(puts)
        except sa.exc.SQLAlchemyError as error:
            for put in puts:
                put.stored.set_exception(error)
            return
        for put in puts:
            put.stored.set_result(put.id in new)
            new.discard(put.id)

    def _insert(self, puts: Sequence[_Put]) -> set[str]:
        now = self._now()
        distinct = {put.id: put for put in reversed(puts)}
        rows = [
            {
                "id": put.id,
                "kind": put.kind,
                "payload": put.payload,
                "received_at": now,
                "tries": 0,
                "problem": "",
            }
            for put in distinct.values()
        ]
        with self._database.write() as connection:
            statement = (
                upsert(connection, inbox)
                .values(rows)
                .on_conflict_do_nothing()
                .returning(inbox.c.id)
            )
            return set(connection.execute(statement).scalars())
