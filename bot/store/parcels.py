"""Files in Slack that are to be deleted after a time, as rows."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.tables import parcels
from playbooks.model.base import Model


class ParcelRow(Model):
    """`file` is Slack's id of it. `problem` is why it could not be deleted when it was due."""

    file: str
    stack: str
    name: str
    person: str
    made_at: datetime
    delete_at: datetime
    deleted_at: datetime | None = None
    problem: str = ""


def note(connection: sa.Connection, parcel: ParcelRow) -> None:
    connection.execute(sa.insert(parcels).values(**parcel.model_dump()))


def due(connection: sa.Connection, now: datetime) -> Sequence[ParcelRow]:
    """Those whose time is over and that are still there, the oldest first."""
    query = (
        sa.select(parcels)
        .where(parcels.c.deleted_at.is_(None), parcels.c.delete_at <= now)
        .order_by(parcels.c.delete_at)
    )
    return [ParcelRow.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def deleted(connection: sa.Connection, file: str, now: datetime) -> None:
    _set(connection, file, deleted_at=now, problem="")


def troubled(connection: sa.Connection, file: str, problem: str) -> None:
    _set(connection, file, problem=problem)


def _set(connection: sa.Connection, file: str, **values: object) -> None:
    connection.execute(sa.update(parcels).where(parcels.c.file == file).values(**values))
