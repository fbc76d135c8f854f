"""Exact numbers of rows, within a time budget."""

import time
from collections.abc import Callable
from threading import Lock

import psycopg
from psycopg import sql

from playbooks.datastores.postgres_model import Activity, Counted, Written
from playbooks.hosts.postgres.connection import Connection, connected
from playbooks.hosts.postgres.several import hands, with_each
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Secrets

_LOCK_WAIT = "2s"
_DAY = 86_400.0

_TABLES = """
    SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.deptype = 'e'
                      AND x.classid = 'pg_class'::regclass AND x.objid = c.oid)
    ORDER BY c.relpages, 3
"""
_WRITTEN = """
    SELECT format('%I.%I', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del
    FROM pg_stat_user_tables
"""
_RESET = "SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()"


class Budget:
    """Seconds from now on, of which another thread may take the rest away."""

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds

    def milliseconds(self) -> int:
        """What is left, 0 and below when it is spent."""
        return int((self._deadline - time.monotonic()) * 1000)

    def end(self) -> None:
        self._deadline = 0.0


Watch = Callable[[int, int], None]


def count_rows(connection: Connection, budget: Budget, watch: Watch | None = None) -> Counted:
    """Counts every table, the small ones first, within the budget.

    `watch` hears how many tables are counted, and of how many; what it raises goes through.
    Inside an open transaction all counts are of its snapshot. Tables that time, locks or rights
    keep from being counted are named in `not_counted`.
    """
    rows: dict[str, int] = {}
    not_counted: list[str] = []
    with connection.transaction():
        tables = connection.execute(_TABLES).fetchall()
        for place, (schema, table, name) in enumerate(tables):
            if watch:
                watch(place, len(tables))
            count = _count(connection, sql.Identifier(schema, table), budget)
            if count is None:
                not_counted.append(name)
            else:
                rows[name] = count
    return Counted(rows=rows, not_counted=tuple(not_counted))


def count_all(
    store: PostgresStore, secrets: Secrets, tag: str, database: str, watch: Watch
) -> Counted:
    """Counts every table of a database that nobody else writes to, `store.jobs` at a time, the
    large ones first. `watch` and `not_counted` as above. Raises DatastoreError.
    """
    with connected(store, secrets, tag, database) as session:
        tables, at_once = session.execute(_TABLES).fetchall()[::-1], hands(session, store)
    budget, one_at_a_time = Budget(_DAY), Lock()
    counts: dict[str, int | None] = {}

    def one(inside: Connection, table: tuple[str, str, str]) -> None:
        schema, relation, name = table
        with one_at_a_time:
            watch(len(counts), len(tables))
        with inside.transaction():
            counts[name] = _count(inside, sql.Identifier(schema, relation), budget)

    with_each(store, secrets, tag, database, tables, at_once=at_once, do=one)
    return Counted(
        rows={name: count for name, count in counts.items() if count is not None},
        not_counted=tuple(name for name, count in counts.items() if count is None),
    )


def _count(connection: Connection, table: sql.Identifier, budget: Budget) -> int | None:
    milliseconds = budget.milliseconds()
    if milliseconds <= 0:
        return None
    limits = (
        "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"
    )
    try:
        with connection.transaction():
            connection.execute(limits, (str(milliseconds), _LOCK_WAIT))
            row = connection.execute(
                sql.SQL("SELECT count(*) FROM ONLY {}").format(table)
            ).fetchone()
    except (
        psycopg.errors.QueryCanceled,
        psycopg.errors.LockNotAvailable,
        psycopg.errors.InsufficientPrivilege,
        psycopg.errors.UndefinedTable,
    ):
        return None
    return int(row[0]) if row else None


def read_written(connection: Connection) -> Written:
    """The server's counters of writes. They lag by about a second."""
    tables = {
        str(name): Activity(inserted=inserted, updated=updated, deleted=deleted)
        for name, inserted, updated, deleted in connection.execute(_WRITTEN)
    }
    row = connection.execute(_RESET).fetchone()
    return Written(tables=tables, reset_at=row[0] if row else None)
