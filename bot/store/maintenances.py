"""Maintenance that lasts and windows that are planned, as rows."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import maintenances, windows
from playbooks.model.window import UnderMaintenance, Window


def of(connection: sa.Connection, stack: str) -> UnderMaintenance | None:
    query = sa.select(maintenances).where(maintenances.c.stack == stack)
    row = connection.execute(query).mappings().one_or_none()
    return UnderMaintenance.model_validate(dict(row)) if row else None


def all_of_them(connection: sa.Connection) -> Sequence[UnderMaintenance]:
    rows = connection.execute(sa.select(maintenances).order_by(maintenances.c.until)).mappings()
    return [UnderMaintenance.model_validate(dict(row)) for row in rows]


def remember(connection: sa.Connection, state: UnderMaintenance) -> None:
    """How it stands from now on."""
    values = state.model_dump()
    insert = upsert(connection, maintenances).values(**values)
    connection.execute(
        insert.on_conflict_do_update(index_elements=[maintenances.c.stack], set_=values)
    )


def forget(connection: sa.Connection, stack: str) -> None:
    connection.execute(sa.delete(maintenances).where(maintenances.c.stack == stack))


def plan(connection: sa.Connection, window: Window) -> None:
    """Notes the window. One of that id stays as it is."""
    insert = upsert(connection, windows).values(**window.model_dump())
    connection.execute(insert.on_conflict_do_nothing())


def planned(connection: sa.Connection, stack: str | None = None) -> Sequence[Window]:
    """Windows that are still to come, the next one first."""
    query = sa.select(windows).where(windows.c.state == "planned").order_by(windows.c.starts)
    if stack is not None:
        query = query.where(windows.c.stack == stack)
    rows = connection.execute(query).mappings()
    return [Window.model_validate(dict(row)) for row in rows]


def settle(connection: sa.Connection, window: str, state: str, why: str = "") -> bool:
    """What became of a planned window. False when that was known before."""
    done = connection.execute(
        sa.update(windows)
        .where(windows.c.id == window, windows.c.state == "planned")
        .values(state=state, why=why)
    )
    return bool(done.rowcount)
