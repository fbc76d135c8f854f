"""What upkeep reads of a PostgreSQL server: tables, indexes, settings, sessions."""

from typing import Any

import psycopg

from playbooks.datastores.upkeep_model import RelationFact, SessionFact, SettingFact
from playbooks.errors import BadArgument, DatastoreError, UnknownName
from playbooks.hosts.postgres.insight.session import Session, one, rows
from playbooks.hosts.postgres.insight.text import shown_query

_RELATION = """
    SELECT c.oid::bigint AS oid, n.nspname AS schema_name, c.relname AS name,
           c.relkind::text AS kind,
           CASE WHEN c.relkind IN ('i', 'I') THEN pg_catalog.pg_relation_size(c.oid)
                ELSE pg_catalog.pg_total_relation_size(c.oid) END AS bytes,
           greatest(c.reltuples, 0)::bigint AS rows, coalesce(x.indisvalid, true) AS valid,
           coalesce(x.indrelid, c.oid)::bigint AS table_oid,
           coalesce(t.relname, c.relname) AS table,
           CASE WHEN x.indexrelid IS NULL THEN '' ELSE pg_catalog.pg_get_indexdef(c.oid) END
               AS definition,
           EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conindid = c.oid) AS constraint,
           n.nspname IN ('pg_catalog', 'information_schema') OR n.nspname LIKE 'pg\\_toast%%'
               AS catalog,
           coalesce((SELECT n_dead_tup FROM pg_catalog.pg_stat_all_tables WHERE relid = c.oid), 0)
               AS dead
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
    LEFT JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
    WHERE c.relkind IN ('r', 'p', 'm', 'i', 'I')
      AND (c.relname = %s AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           OR n.nspname || '.' || c.relname = %s)
    ORDER BY 2, 3
"""
# What REINDEX CONCURRENTLY leaves has these endings; what CREATE INDEX CONCURRENTLY leaves has the
# name that was asked for.
_BROKEN = """
    SELECT i.relname AS name FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = %s::oid AND NOT x.indisvalid AND i.relkind = 'i'
      AND i.relname ~ '_cc(new|old)[0-9]*$' ORDER BY 1
"""
_COLUMNS = """
    SELECT attname AS name FROM pg_catalog.pg_attribute
    WHERE attrelid = %s::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_TIMESCALE = "SELECT to_regclass('_timescaledb_catalog.hypertable') IS NOT NULL AS there"
_HYPERTABLE = """
    SELECT EXISTS (SELECT FROM _timescaledb_catalog.hypertable
                   WHERE schema_name = %s AND table_name = %s) AS found
"""
_SETTING = """
    SELECT name, pg_catalog.current_setting(name) AS value, coalesce(unit, '') AS unit, context,
           vartype AS kind, coalesce(enumvals, '{}') AS choices, coalesce(min_val, '') AS least,
           coalesce(max_val, '') AS most, source,
           pg_catalog.current_setting('data_directory') AS directory
    FROM pg_catalog.pg_settings WHERE lower(name) = lower(%s)
"""
_FORMER = """
    SELECT setting FROM pg_catalog.pg_file_settings
    WHERE name = %s AND sourcefile LIKE '%%/postgresql.auto.conf' ORDER BY seqno DESC LIMIT 1
"""
_SESSION = """
    SELECT pid, backend_start AS started, query_start AS query_started, backend_type AS kind,
           coalesce(usename, '') AS user, application_name AS application,
           coalesce(host(client_addr), 'local') AS client, coalesce(datname, '') AS database,
           coalesce(state, '') AS state, query,
           coalesce(extract(epoch FROM now() - query_start), 0)::float AS seconds,
           coalesce(extract(epoch FROM now() - xact_start), 0)::float AS transaction_seconds
    FROM pg_catalog.pg_stat_activity WHERE pid = %s AND pid <> pg_catalog.pg_backend_pid()
"""


def relation(session: Session, name: str) -> RelationFact:
    """The table or index that is called `NAME` or `SCHEMA.NAME`. Raises UnknownName, and
    BadArgument where several have that name."""
    found = rows(session, _RELATION, name, name)
    if not found:
        raise UnknownName(
            f"{session.info.dbname} has no table or index {name!r}.",
            "Names are exact; write SCHEMA.NAME, and --database where a server has several.",
        )
    if len(found) > 1:
        known = ", ".join(f"{each.schema_name}.{each.name}" for each in found)
        raise BadArgument(f"{name!r} is the name of several: {known}.", "Name the schema, too.")
    [seen] = found
    return RelationFact(
        oid=seen.oid,
        schema_name=seen.schema_name,
        name=seen.name,
        table=seen.table,
        kind="index" if seen.kind in {"i", "I"} else "table",
        bytes=seen.bytes,
        rows=seen.rows,
        dead=seen.dead,
        valid=seen.valid,
        columns=tuple(each.name for each in rows(session, _COLUMNS, seen.table_oid)),
        broken=tuple(each.name for each in rows(session, _BROKEN, seen.table_oid)),
        definition=seen.definition,
        constraint=seen.constraint,
        catalog=seen.catalog,
        hypertable=_is_hypertable(session, seen.schema_name, seen.table),
    )


def _is_hypertable(session: Session, schema: str, table: str) -> bool:
    if not one(session, _TIMESCALE).there:
        return False
    return bool(one(session, _HYPERTABLE, schema, table).found)


def setting(session: Session, name: str) -> SettingFact:
    """Raises UnknownName, and DatastoreError where the role may not see what ALTER SYSTEM said."""
    found = rows(session, _SETTING, name)
    if not found:
        raise UnknownName(f"PostgreSQL has no setting {name!r}.", "See `SHOW ALL`.")
    [seen] = found
    try:
        former = rows(session, _FORMER, seen.name)
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatastoreError(
            f"{session.info.user} may not change settings of the server.",
            "It takes a superuser as `user` of the datastore.",
        ) from error
    fields: dict[str, Any] = seen._asdict()
    return SettingFact(**fields, former=former[0].setting if former else None)


def session_of(session: Session, pid: int) -> SessionFact:
    """Raises UnknownName when the server has no such process, or it is the one that asks."""
    found = rows(session, _SESSION, pid)
    if not found:
        raise UnknownName(
            f"The server has no session {pid}.", "It may have ended: `/ops db … active` shows all."
        )
    fields: dict[str, Any] = found[0]._asdict()
    return SessionFact(**{**fields, "query": shown_query(fields["query"], 300)})


def total_bytes(session: Session) -> int:
    """How large the session's database is."""
    row = one(session, "SELECT pg_catalog.pg_database_size(pg_catalog.current_database()) AS bytes")
    return int(row.bytes)


def databases(session: Session) -> tuple[str, ...]:
    """The databases of the server that can be connected to and are no templates."""
    query = "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate"
    return tuple(sorted(each.datname for each in rows(session, query)))
