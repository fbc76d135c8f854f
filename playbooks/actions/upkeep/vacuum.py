"""VACUUM of one table, or of all tables of a database one after the other."""

from psycopg import sql

from playbooks.byhand import upkeep as by_hand
from playbooks.hosts.postgres.connection import connected, postgres_store
from playbooks.hosts.postgres.long import Long, carry_out
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action

# Only for VACUUM FULL: who waits for an exclusive lock keeps everybody else waiting, too.
_SHORT_WAIT = "SET lock_timeout = '10s'"
_NO_HURRY = "SET lock_timeout = 0"
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
    ORDER BY c.relpages DESC, 1, 2
"""


class DatabaseArgs(Model):
    """All of a database of the datastore."""

    datastore: str
    database: str


class TableArgs(DatabaseArgs):
    """One table by its exact names; `full` writes it anew, and nobody may use it meanwhile."""

    schema_name: str
    table: str
    full: bool = False


def vacuum_table(work: Work, args: TableArgs) -> JsonObject:
    """Output {}. VACUUM and ANALYZE; a run that is cancelled leaves the table as it is."""
    store = postgres_store(work.stack, args.datastore, args.database)
    options = sql.SQL("FULL, ANALYZE" if args.full else "ANALYZE")
    statement = _vacuum(options, args.schema_name, args.table)
    kind, setting = ("cluster", _SHORT_WAIT) if args.full else ("vacuum", _NO_HURRY)
    carry_out(store, work, Long((statement,), kind, (setting,)))
    return {}


def vacuum_database(work: Work, args: DatabaseArgs) -> JsonObject:
    """Output {tables: how many}. One table after the other; what somebody else has locked, and what
    the role may not vacuum, is left out by the server."""
    store = postgres_store(work.stack, args.datastore, args.database)
    with connected(store, work.secrets, f"{work.run_tag}look") as connection:
        tables = connection.execute(_TABLES).fetchall()
    options = sql.SQL("ANALYZE, SKIP_LOCKED")
    statements = tuple(_vacuum(options, schema, table) for schema, table in tables)
    carry_out(store, work, Long(statements, "vacuum", (_NO_HURRY,), each="tables"))
    return {"tables": len(tables)}


def _vacuum(options: sql.SQL, schema: str, table: str) -> sql.Composed:
    return sql.SQL("VACUUM ({}) {}").format(options, sql.Identifier(schema, table))


VACUUM_ACTIONS = (
    Action("upkeep.vacuum_table", TableArgs, vacuum_table, by_hand.vacuum_table),
    Action("upkeep.vacuum_database", DatabaseArgs, vacuum_database, by_hand.vacuum_database),
)
