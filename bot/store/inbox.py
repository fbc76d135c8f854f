"""What Slack and others delivered, kept before it is acknowledged, until it is dealt with."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables import inbox
from commands.ports import Clock
from playbooks.model.base import JsonObject, Model

_log = structlog.get_logger(__name__)
_MOST_AT_ONCE = 256
KINDS = ("command", "action", "mention", "view", "shortcut", "event")
"""What Slack delivers."""
ALERTS = "alerts"
"""What sources of alerts deliver."""


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
    stored: "Future[datetime | None]"


@dataclass(frozen=True)
class _Done:
    id: str
    problem: str


class Inbox:
    """Stores payloads once each, in groups: what arrives together shares one commit.

    `owner` names this process's life. What it puts it also deals with; what an earlier life put
    and did not finish is taken by `take`.
    """

    def __init__(
        self, database: Database, now: Clock, owner: str, kinds: Sequence[str] = KINDS
    ) -> None:
        """`kinds` are those that it takes."""
        self._kinds = kinds
        self._database = database
        self._now = now
        self._owner = owner
        self._queue: queue.SimpleQueue[_Put | _Done | None] = queue.SimpleQueue()
        self._late: list[_Done] = []
        self._writer = threading.Thread(target=self._write_groups, name="inbox", daemon=True)

    def start(self) -> None:
        self._writer.start()

    def stop(self) -> None:
        """Writes what was still handed over, then ends."""
        if self._writer.is_alive():
            self._queue.put(None)
            self._writer.join()

    async def put(self, payload_id: str, kind: str, payload: JsonObject) -> Received | None:
        """Returns once the payload is on disk. None: it was there already."""
        stored: Future[datetime | None] = Future()
        self._queue.put(_Put(payload_id, kind, payload, stored))
        at = await asyncio.wrap_future(stored)
        if at is None:
            return None
        return Received(id=payload_id, kind=kind, payload=payload, received_at=at, tries=1)

    def done(self, payload_id: str, problem: str = "") -> None:
        """Dealt with; `problem` says what went wrong, if something did. Returns at once: it is
        written with the next group, and after a crash before that the payload comes again."""
        self._queue.put(_Done(payload_id, problem))

    def take(self, limit: int = 50) -> Sequence[Received]:
        """The oldest payloads that an earlier life left, now taken by this one."""
        left = (
            inbox.c.done_at.is_(None)
            & (inbox.c.taken_by != self._owner)
            & inbox.c.kind.in_(self._kinds)
        )
        with self._database.read() as connection:
            if connection.execute(sa.select(inbox.c.id).where(left).limit(1)).first() is None:
                return ()
        query = sa.select(inbox).where(left).order_by(inbox.c.received_at, inbox.c.id).limit(limit)
        with self._database.write() as connection:
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            connection.execute(
                sa.update(inbox)
                .where(inbox.c.id.in_([row.id for row in rows]))
                .values(taken_by=self._owner, tries=inbox.c.tries + 1)
            )
        return [_received(row) for row in rows]

    def forget(self, before: datetime) -> None:
        """Deletes what was done before. Keep more than Slack's redelivery of one hour."""
        with self._database.write() as connection:
            connection.execute(sa.delete(inbox).where(inbox.c.done_at < before))

    def _write_groups(self) -> None:
        ended = False
        while not ended:
            group = [self._queue.get()]
            while len(group) < _MOST_AT_ONCE and not self._queue.empty():
                group.append(self._queue.get())
            ended = None in group
            puts = [each for each in group if isinstance(each, _Put)]
            dones = [each for each in group if isinstance(each, _Done)]
            if puts or dones:
                self._write(puts, dones)

    def _write(self, puts: Sequence[_Put], new_dones: Sequence[_Done]) -> None:
        """What was dealt with and cannot be noted now is noted with the next group."""
        now, dones = self._now(), [*self._late, *new_dones]
        try:
            with self._database.write() as connection:
                new = self._insert(connection, puts, now) if puts else set()
                for done in dones:
                    connection.execute(
                        sa.update(inbox)
                        .where(inbox.c.id == done.id)
                        .values(done_at=now, problem=done.problem)
                    )
        except sa.exc.SQLAlchemyError as error:
            _log.warning("inbox.not_written", puts=len(puts), dones=len(dones), why=str(error))
            self._late = dones
            for put in puts:
                put.stored.set_exception(error)
            return
        self._late = []
        for put in puts:
            put.stored.set_result(now if put.id in new else None)
            new.discard(put.id)

    def _insert(self, connection: sa.Connection, puts: Sequence[_Put], now: datetime) -> set[str]:
        distinct = {put.id: put for put in reversed(puts)}
        rows = [
            {
                "id": put.id,
                "kind": put.kind,
                "payload": put.payload,
                "received_at": now,
                "taken_by": self._owner,
                "tries": 1,
                "problem": "",
            }
            for put in distinct.values()
        ]
        statement = (
            upsert(connection, inbox).values(rows).on_conflict_do_nothing().returning(inbox.c.id)
        )
        return set(connection.execute(statement).scalars())


def keep(connection: sa.Connection, received: Received, owner: str) -> None:
    """Keeps what this house says to itself until it is dealt with, in the caller's transaction."""
    row = {**received.model_dump(mode="python"), "taken_by": owner, "problem": ""}
    connection.execute(upsert(connection, inbox).values(row).on_conflict_do_nothing())


def settle(connection: sa.Connection, ids: Sequence[str], now: datetime, problem: str = "") -> None:
    """Dealt with, in the caller's transaction; `problem` says what went wrong, if something did."""
    done = sa.update(inbox).where(inbox.c.id.in_(ids))
    connection.execute(done.values(done_at=now, problem=problem))


def _received(row: sa.Row[Any]) -> Received:
    return Received(
        id=row.id,
        kind=row.kind,
        payload=row.payload,
        received_at=row.received_at,
        tries=row.tries + 1,
    )
