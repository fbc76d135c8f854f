"""Indexes, made and made anew while everybody works on; what a failure leaves is dropped."""

from contextlib import AbstractContextManager
from typing import Literal

from psycopg import sql

from playbooks.actions.upkeep.vacuum import DatabaseArgs
from playbooks.byhand import upkeep as by_hand
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import Connection, connected, postgres_store
from playbooks.hosts.postgres.long import Long, carry_out
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work
from playbooks.registry import Action

# Who builds concurrently waits for transactions that are older, and keeps nobody waiting.
_PATIENT = ("SET lock_timeout = 0",)
_A_MINUTE = "SET statement_timeout = '60s'"
_BROKEN = """
    SELECT i.relname FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = %s AND t.relname = %s AND NOT x.indisvalid AND i.relkind = 'i'
      AND i.relname ~ '_cc(new|old)[0-9]*$'
"""
_VALID = """
    SELECT x.indisvalid FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
    WHERE n.nspname = %s AND i.relname = %s
"""


class ReindexArgs(DatabaseArgs):
    """An index, or all indexes of a table, by exact names; `table` is whose they are."""

    schema_name: str
    name: str
    table: str
    kind: Literal["table", "index"]


class IndexArgs(DatabaseArgs):
    """A new index called `name` of these columns."""

    schema_name: str
    table: str
    columns: tuple[str, ...]
    name: str


class DropArgs(DatabaseArgs):
    """An index by its exact names."""

    schema_name: str
    name: str


class AgainArgs(DropArgs):
    """An index that was there, with the statement that PostgreSQL itself gave for it."""

    definition: str


def reindex(work: Work, args: ReindexArgs) -> JsonObject:
    """Output {dropped: [names]}: what earlier failures left invalid goes first. What its own
    failure leaves is for `sweep`."""
    store = postgres_store(work.stack, args.datastore, args.database)
    dropped = _swept(store, work, args)
    kind = sql.SQL("TABLE" if args.kind == "table" else "INDEX")
    statement = sql.SQL("REINDEX {} CONCURRENTLY {}").format(
        kind, sql.Identifier(args.schema_name, args.name)
    )
    carry_out(store, work, Long((statement,), "index", _PATIENT))
    return {"dropped": dropped}


def sweep(work: Work, args: ReindexArgs) -> JsonObject:
    """Undo of a rebuild: output {dropped: [names]}. The index itself was never without use."""
    store = postgres_store(work.stack, args.datastore, args.database)
    return {"dropped": _swept(store, work, args)}


def create(work: Work, args: IndexArgs) -> JsonObject:
    """Output {}. A valid index of that name is taken as made; an invalid one, which a failure left,
    is dropped first."""
    store = postgres_store(work.stack, args.datastore, args.database)
    if _standing(store, work, args.schema_name, args.name):
        return {}
    _dropped(store, work, args.schema_name, args.name)
    statement = sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} ({})").format(
        sql.Identifier(args.name),
        sql.Identifier(args.schema_name, args.table),
        sql.SQL(", ").join(map(sql.Identifier, args.columns)),
    )
    carry_out(store, work, Long((statement,), "index", _PATIENT))
    return {}


def create_again(work: Work, args: AgainArgs) -> JsonObject:
    """Undo of a drop: the index as it was. Output {}."""
    store = postgres_store(work.stack, args.datastore, args.database)
    if _standing(store, work, args.schema_name, args.name):
        return {}
    _dropped(store, work, args.schema_name, args.name)
    opening, rest = args.definition.split(" INDEX ", 1)
    if opening not in {"CREATE", "CREATE UNIQUE"}:
        raise DatastoreError(f"{args.name} cannot be made again from {args.definition!r}.")
    # What PostgreSQL wrote itself (pg_get_indexdef) goes back to it as it is.
    statement = sql.SQL(f"{opening} INDEX CONCURRENTLY {rest}")
    carry_out(store, work, Long((statement,), "index", _PATIENT))
    return {}


def drop(work: Work, args: DropArgs) -> JsonObject:
    """Output {}. One that is not there is gone."""
    store = postgres_store(work.stack, args.datastore, args.database)
    _dropped(store, work, args.schema_name, args.name)
    return {}


def _swept(store: PostgresStore, work: Work, args: ReindexArgs) -> list[str]:
    with _session(store, work) as connection:
        found = connection.execute(_BROKEN, (args.schema_name, args.table)).fetchall()
        for (name,) in found:
            _drop(connection, args.schema_name, name)
    return [str(name) for (name,) in found]


def _standing(store: PostgresStore, work: Work, schema: str, name: str) -> bool:
    """Whether there is a valid index of that name."""
    with _session(store, work) as connection:
        row = connection.execute(_VALID, (schema, name)).fetchone()
    return bool(row and row[0])


def _dropped(store: PostgresStore, work: Work, schema: str, name: str) -> None:
    with _session(store, work) as connection:
        _drop(connection, schema, name)


def _drop(connection: Connection, schema: str, name: str) -> None:
    """Waits for transactions that are older than it, and for a minute at most."""
    for each in (*_PATIENT, _A_MINUTE):
        connection.execute(each.encode())
    connection.execute(
        sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(schema, name))
    )


def _session(store: PostgresStore, work: Work) -> AbstractContextManager[Connection]:
    return connected(store, work.secrets, f"{work.run_tag}look")


INDEX_ACTIONS = (
    Action("upkeep.reindex", ReindexArgs, reindex, by_hand.reindex),
    Action("upkeep.sweep", ReindexArgs, sweep, by_hand.sweep),
    Action("upkeep.create_index", IndexArgs, create, by_hand.create_index),
    Action("upkeep.create_again", AgainArgs, create_again, by_hand.create_again),
    Action("upkeep.drop_index", DropArgs, drop, by_hand.drop_index),
)
