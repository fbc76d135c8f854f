"""Desired messages and their copies in Slack, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.dialect import upsert
from bot.store.tables import outbox
from commands.ports import Clock
from notifiers.ports import Body, Delivery, Desired, Lane

# What Slack's ids of people begin with.
_PEOPLE = frozenset({"U", "W"})


def want(connection: sa.Connection, desired: Desired, now: datetime) -> None:
    """In the caller's transaction: from now on the message should say this.

    An older or equal version than the one that is wanted already changes nothing.
    """
    values = {
        "wanted_at": now,
        "channel": desired.channel,
        "lane": int(desired.lane),
        "version": desired.version,
        "body": desired.body.model_dump(mode="json"),
        "thread_of": desired.thread_of,
    }
    newest = upsert(connection, outbox).values(
        key=desired.key, sent_version=0, refused_version=0, attempts=0, problem="", **values
    )
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[outbox.c.key],
            set_={name: newest.excluded[name] for name in ("version", "body")}
            | {
                "lane": _most_urgent(newest.excluded.lane),
                "wanted_at": _waiting_since(newest.excluded.wanted_at),
            },
            where=outbox.c.version < newest.excluded.version,
        )
    )


def is_wanted(connection: sa.Connection, key: str) -> bool:
    """Whether anything was ever to be said under this key."""
    query = sa.select(outbox.c.key).where(outbox.c.key == key)
    return connection.execute(query).first() is not None


def directly_said(connection: sa.Connection, opening: str) -> Sequence[Desired]:
    """What is to be said to people directly under keys that begin so."""
    query = sa.select(outbox).where(outbox.c.key.startswith(opening, autoescape=True))
    return [
        Desired(
            key=row.key,
            channel=row.channel,
            lane=Lane(row.lane),
            version=row.version,
            body=Body.model_validate(row.body),
            thread_of=row.thread_of,
        )
        for row in connection.execute(query)
        if row.channel[:1] in _PEOPLE
    ]


def root_of(connection: sa.Connection, key: str) -> str:
    """The key of the message in whose thread the one with this key is; its own where it is in none:
    Slack knows no threads in threads."""
    query = sa.select(outbox.c.thread_of).where(outbox.c.key == key)
    root: str | None = connection.execute(query).scalar_one_or_none()
    return root or key


@dataclass(frozen=True)
class Copy:
    """What is known of a message in Slack: its `ts` once it was posted, and the last problem."""

    ts: str | None
    problem: str


def copy_of(connection: sa.Connection, key: str) -> Copy | None:
    query = sa.select(outbox.c.ts, outbox.c.problem).where(outbox.c.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else Copy(row.ts, row.problem)


def _waiting_since(now: Any) -> sa.ColumnElement[Any]:
    """A message that already waits keeps its place; one that was sent queues anew."""
    return sa.case((outbox.c.version > outbox.c.sent_version, outbox.c.wanted_at), else_=now)


def _most_urgent(lane: Any) -> sa.ColumnElement[Any]:
    """Progress does not slow down an approval that was not shown yet."""
    unsent = outbox.c.version > outbox.c.sent_version
    return sa.case((unsent & (outbox.c.lane < lane), outbox.c.lane), else_=lane)


_UNSENT = (outbox.c.version > outbox.c.sent_version) & (outbox.c.version > outbox.c.refused_version)


class StoredOutbox:
    """notifiers.ports.OutboxStore over the database."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        root = outbox.alias("root")
        query = (
            sa.select(outbox, root.c.ts.label("root_ts"))
            .outerjoin(root, root.c.key == outbox.c.thread_of)
            .where(
                _UNSENT,
                outbox.c.retry_at.is_(None) | (outbox.c.retry_at <= now),
                outbox.c.thread_of.is_(None) | root.c.ts.is_not(None),
            )
            .order_by(outbox.c.lane, outbox.c.wanted_at, outbox.c.key)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [_delivery(row) for row in connection.execute(query).all()]

    def next_retry(self) -> datetime | None:
        query = sa.select(sa.func.min(outbox.c.retry_at, type_=outbox.c.retry_at.type)).where(
            _UNSENT, outbox.c.retry_at.is_not(None)
        )
        with self._database.read() as connection:
            moment: datetime | None = connection.execute(query).scalar_one()
            return moment

    def sending(self, key: str, version: int, now: datetime) -> None:  # noqa: ARG002
        self._set(key, sending_since=now, attempts=outbox.c.attempts + 1)

    def sent(self, key: str, version: int, ts: str, now: datetime) -> None:  # noqa: ARG002
        self._set(
            key,
            ts=ts,
            sent_version=version,
            sending_since=None,
            attempts=0,
            retry_at=None,
            problem="",
        )

    def later(self, key: str, until: datetime, why: str) -> None:
        self._set(key, retry_at=until, problem=why)

    def lost(self, key: str, why: str) -> None:
        self._set(key, ts=None, sent_version=0, sending_since=None, retry_at=None, problem=why)

    def refused(self, key: str, version: int, why: str) -> None:
        self._set(key, refused_version=version, sending_since=None, problem=why)

    def _set(self, key: str, **values: Any) -> None:
        with self._database.write() as connection:
            connection.execute(sa.update(outbox).where(outbox.c.key == key).values(**values))


def _delivery(row: Any) -> Delivery:
    return Delivery(
        desired=Desired(
            key=row.key,
            channel=row.channel,
            lane=Lane(row.lane),
            version=row.version,
            body=Body.model_validate(row.body),
            thread_of=row.thread_of,
        ),
        ts=row.ts,
        thread_ts=row.root_ts,
        sent_version=row.sent_version,
        sending_since=row.sending_since,
        attempts=row.attempts,
    )
