"""Schedules, their fires and the breaches of objectives, as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from bot.store.database import locked
from bot.store.dialect import upsert
from bot.store.tables import breaches, fires, schedules
from playbooks.model.base import Model

FireState = Literal["begun", "asked", "skipped", "failed", "said"]


class ScheduleRow(Model):
    """What is remembered of a schedule: fires until `seen_until` are dealt with."""

    stack: str
    name: str
    seen_until: datetime
    paused_at: datetime | None = None
    paused_by: str = ""
    reason: str = ""


class FireRow(Model):
    """One fire. `begun` is to be asked for, `asked` made `request`; `why` explains the others."""

    id: str
    stack: str
    name: str
    key: str
    at: datetime
    begun_at: datetime
    state: FireState
    request: str | None = None
    why: str = ""


def get(connection: sa.Connection, stack: str, name: str, now: datetime) -> ScheduleRow:
    """The schedule's row, which nobody else changes until this transaction ends. One that was
    never seen begins now: nothing of before is made up for."""
    fresh = {"stack": stack, "name": name, "seen_until": now, "paused_by": "", "reason": ""}
    insert = upsert(connection, schedules).values(**fresh).on_conflict_do_nothing()
    connection.execute(insert)
    query = sa.select(schedules).where(schedules.c.stack == stack, schedules.c.name == name)
    return ScheduleRow.model_validate(dict(connection.execute(locked(query)).mappings().one()))


def peek(connection: sa.Connection, stack: str, name: str) -> ScheduleRow | None:
    """The schedule's row, if it was ever seen."""
    query = sa.select(schedules).where(schedules.c.stack == stack, schedules.c.name == name)
    found = connection.execute(query).mappings().one_or_none()
    return ScheduleRow.model_validate(dict(found)) if found else None


def see(connection: sa.Connection, stack: str, name: str, until: datetime) -> None:
    """Every fire until then is dealt with."""
    _change(connection, stack, name, {"seen_until": until})


def pause(
    connection: sa.Connection, stack: str, name: str, *, at: datetime, by: str, reason: str
) -> None:
    _change(connection, stack, name, {"paused_at": at, "paused_by": by, "reason": reason})


def resume(connection: sa.Connection, stack: str, name: str) -> None:
    _change(connection, stack, name, {"paused_at": None, "paused_by": "", "reason": ""})


def note(connection: sa.Connection, fire: FireRow) -> None:
    """Notes the fire. One that is noted already stays as it is."""
    insert = upsert(connection, fires).values(**fire.model_dump())
    connection.execute(insert.on_conflict_do_nothing())


def begun(connection: sa.Connection) -> Sequence[FireRow]:
    """Fires that are still to be asked for, oldest first."""
    return _rows(connection, sa.select(fires).where(fires.c.state == "begun").order_by(fires.c.at))


def settle(
    connection: sa.Connection,
    fire: str,
    state: FireState,
    *,
    request: str | None = None,
    why: str = "",
) -> bool:
    """How a begun fire came out. False when it was settled before."""
    done = connection.execute(
        sa.update(fires)
        .where(fires.c.id == fire, fires.c.state == "begun")
        .values(state=state, request=request, why=why)
    )
    return bool(done.rowcount)


def explain(connection: sa.Connection, fire: str, why: str) -> None:
    """Why a begun fire has to wait."""
    connection.execute(sa.update(fires).where(fires.c.id == fire).values(why=why))


def newest(connection: sa.Connection, stack: str, name: str, limit: int = 1) -> Sequence[FireRow]:
    """The newest fires of a schedule, newest first."""
    query = (
        sa.select(fires)
        .where(fires.c.stack == stack, fires.c.name == name)
        .order_by(fires.c.at.desc())
        .limit(limit)
    )
    return _rows(connection, query)


def since(connection: sa.Connection, stack: str, moment: datetime) -> Sequence[FireRow]:
    """The stack's fires later than that, oldest first."""
    query = sa.select(fires).where(fires.c.stack == stack, fires.c.at > moment)
    return _rows(connection, query.order_by(fires.c.at))


def open_breach(
    connection: sa.Connection, stack: str, datastore: str, since: datetime
) -> datetime | None:
    """Notes that the objective is not met. None when that was known already."""
    insert = (
        upsert(connection, breaches)
        .values(stack=stack, datastore=datastore, since=since)
        .on_conflict_do_nothing()
        .returning(breaches.c.since)
    )
    found: datetime | None = connection.execute(insert).scalar_one_or_none()
    return found


def close_breach(connection: sa.Connection, stack: str, datastore: str) -> datetime | None:
    """It is over. Since when it was, or None when there was none."""
    delete = (
        sa.delete(breaches)
        .where(breaches.c.stack == stack, breaches.c.datastore == datastore)
        .returning(breaches.c.since)
    )
    found: datetime | None = connection.execute(delete).scalar_one_or_none()
    return found


def open_breaches(connection: sa.Connection, stack: str) -> dict[str, datetime]:
    """What is not met, and since when."""
    query = sa.select(breaches.c.datastore, breaches.c.since).where(breaches.c.stack == stack)
    return {row.datastore: row.since for row in connection.execute(query)}


def _change(connection: sa.Connection, stack: str, name: str, values: dict[str, object]) -> None:
    connection.execute(
        sa.update(schedules)
        .where(schedules.c.stack == stack, schedules.c.name == name)
        .values(**values)
    )


def _rows(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> Sequence[FireRow]:
    found = connection.execute(query).mappings().all()
    return [FireRow.model_validate(dict(row)) for row in found]
