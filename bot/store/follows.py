"""Logs that are followed, as rows."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.tables import follows, outbox
from playbooks.model.followed import Follow


def begin(connection: sa.Connection, follow: Follow) -> None:
    connection.execute(sa.insert(follows).values(**follow.model_dump()))


def get(connection: sa.Connection, id_: str) -> Follow | None:
    row = connection.execute(sa.select(follows).where(follows.c.id == id_)).mappings()
    found = row.one_or_none()
    return Follow.model_validate(dict(found)) if found else None


def going_on(connection: sa.Connection) -> Sequence[Follow]:
    """The oldest first."""
    query = sa.select(follows).where(follows.c.ended_at.is_(None)).order_by(follows.c.began_at)
    return [Follow.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def end(connection: sa.Connection, id_: str, now: datetime, stopped_by: str = "") -> Follow | None:
    """The follow with a new version, when it went on until now."""
    done = connection.execute(
        sa.update(follows)
        .where(follows.c.id == id_, follows.c.ended_at.is_(None))
        .values(ended_at=now, stopped_by=stopped_by, version=follows.c.version + 1)
    )
    return get(connection, id_) if done.rowcount else None


def forget(connection: sa.Connection, before: datetime) -> None:
    """Those that ended long ago."""
    connection.execute(sa.delete(follows).where(follows.c.ended_at < before))


def is_said(connection: sa.Connection, key: str) -> bool:
    """Whether Slack has the newest version of a message."""
    query = sa.select(outbox.c.sent_version >= outbox.c.version).where(outbox.c.key == key)
    return bool(connection.execute(query).scalar_one_or_none())
