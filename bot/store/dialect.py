"""The few statements that SQLite and PostgreSQL share, but SQLAlchemy writes per dialect."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def upsert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def next_value(connection: sa.Connection, counters: sa.Table, name: str) -> int:
    """The counter's next value, 1 first; concurrent transactions get different ones."""
    statement = (
        upsert(connection, counters)
        .values(name=name, value=1)
        .on_conflict_do_update(
            index_elements=[counters.c.name], set_={"value": counters.c.value + 1}
        )
        .returning(counters.c.value)
    )
    return int(connection.execute(statement).scalar_one())
