"""Upkeep of a PostgreSQL by hand. Names are psql's variables, so that they are only ever names."""

from collections.abc import Mapping

from psycopg.sql import SQL, Composable

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import Part
from playbooks.byhand.tools import as_reached, database, password, psql
from playbooks.datastores.postgres_stores import described_store
from playbooks.model.base import JsonObject

_BROKEN = (
    "SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname) "
    "FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid "
    "JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
    "WHERE n.nspname = :'schema' AND t.relname = :'table' AND NOT x.indisvalid "
    "AND i.relname ~ '_cc(new|old)[0-9]*$' \\gexec"
)


def vacuum_table(known: Known, args: JsonObject) -> Lines:
    options = "FULL, ANALYZE" if args.get("full") else "ANALYZE"
    return _said(known, args, _table(args), f'VACUUM ({options}) :"schema".:"table"')


def vacuum_database(known: Known, args: JsonObject) -> Lines:
    return _said(known, args, {}, "VACUUM (ANALYZE, SKIP_LOCKED)")


def reindex(known: Known, args: JsonObject) -> Lines:
    names = {**_table(args), "name": (str(args["name"]),)}
    kind = "TABLE" if args["kind"] == "table" else "INDEX"
    return _said(known, args, names, _BROKEN, f'REINDEX {kind} CONCURRENTLY :"schema".:"name"')


def sweep(known: Known, args: JsonObject) -> Lines:
    return _said(known, args, _table(args), _BROKEN)


def create_index(known: Known, args: JsonObject) -> Lines:
    columns = {f"column{at}": (str(each),) for at, each in enumerate(args["columns"])}
    listed = ", ".join(f':"{name}"' for name in columns)
    making = f'CREATE INDEX CONCURRENTLY :"name" ON :"schema".:"table" ({listed})'
    names = {**_table(args), "name": (str(args["name"]),), **columns}
    return _said(known, args, names, making)


def create_again(known: Known, args: JsonObject) -> Lines:
    return _said(known, args, {}, str(args["definition"]))


def drop_index(known: Known, args: JsonObject) -> Lines:
    names: dict[str, tuple[Part, ...]] = {
        "schema": (str(args["schema_name"]),),
        "name": (str(args["name"]),),
    }
    return _said(known, args, names, 'DROP INDEX CONCURRENTLY IF EXISTS :"schema".:"name"')


def set_(known: Known, args: JsonObject) -> Lines:
    value = args["value"]
    names: dict[str, tuple[Part, ...]] = {"name": (str(args["name"]),)}
    setting = "ALTER SYSTEM RESET :name"
    if value is not None:
        names["value"], setting = (str(value),), "ALTER SYSTEM SET :name = :'value'"
    return _said(known, args, names, setting, "SELECT pg_reload_conf()")


def in_force(known: Known, args: JsonObject) -> Lines:
    asking = "SELECT name, setting, pending_restart FROM pg_settings WHERE name = :'name'"
    return _said(known, args, {"name": (str(args["name"]),)}, asking)


def cancel(known: Known, args: JsonObject) -> Lines:
    return _ended(known, args, "pg_cancel_backend", " AND query_start = :'query'")


def terminate(known: Known, args: JsonObject) -> Lines:
    return _ended(known, args, "pg_terminate_backend", "")


def end_clients(known: Known, args: JsonObject) -> Lines:
    asking = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return _said(known, args, {}, asking)


def _ended(known: Known, args: JsonObject, function: str, more: str) -> Lines:
    names: dict[str, tuple[Part, ...]] = {
        "pid": (str(args["pid"]),),
        "started": (str(args["started"]),),
    }
    if more:
        names["query"] = (str(args["query_started"]),)
    asking = (
        f"SELECT {function}(pid) FROM pg_stat_activity "
        f"WHERE pid = :'pid' AND backend_start = :'started'{more}"
    )
    return _said(known, args, names, asking)


def _table(args: JsonObject) -> dict[str, tuple[Part, ...]]:
    return {"schema": (str(args["schema_name"]),), "table": (str(args["table"]),)}


def _said(
    known: Known, args: JsonObject, names: Mapping[str, tuple[Part, ...]], *statements: str
) -> Lines:
    described = described_store(
        known.stack, str(args["datastore"]), str(args.get("database") or "")
    )
    store = as_reached(known.stack, described)
    texts: list[Composable] = [SQL(each) for each in statements]
    return (*password(store), *psql(store, database(store.database), names, texts))
