"""The slowest statements of a PostgreSQL server, as pg_stat_statements counts them."""

import psycopg
from psycopg import sql

from playbooks.hosts.postgres.insight.session import Session, rows
from playbooks.hosts.postgres.insight.text import shown_query
from playbooks.model.insight import Insight, Table
from playbooks.spans import brief

_MOST = 20
_EXTENSION = """
    SELECT n.nspname AS schema FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""
_COLUMNS = """
    SELECT a.attname FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'pg_stat_statements' AND n.nspname = %s AND a.attnum > 0
"""
# Since PostgreSQL 13 planning is counted apart, and these have another name.
_SLOW = """
    SELECT calls, {total} / 1000 AS total, {mean} / 1000 AS mean, {longest} / 1000 AS longest,
           rows, query
    FROM {schema}.pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_catalog.pg_database
                  WHERE datname = pg_catalog.current_database())
    ORDER BY 2 DESC LIMIT {most}
"""
_NEW = {"total": "total_exec_time", "mean": "mean_exec_time", "longest": "max_exec_time"}
_OLD = {"total": "total_time", "mean": "mean_time", "longest": "max_time"}


def slow(session: Session) -> Insight:
    """The statements that took most time in all, in this database; how to have them counted where
    the extension is missing."""
    found = rows(session, _EXTENSION)
    if not found:
        return _missing(session.info.dbname)
    [schema] = [each.schema for each in found]
    columns = {each.attname for each in rows(session, _COLUMNS, schema)}
    names = _NEW if _NEW["total"] in columns else _OLD
    query = sql.SQL(_SLOW).format(
        schema=sql.Identifier(schema),
        most=sql.Literal(_MOST),
        **{name: sql.Identifier(column) for name, column in names.items()},
    )
    try:
        counted = list(session.execute(query))
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return _not_loaded()
    return Insight(
        headline=f"The {len(counted)} statements of {session.info.dbname} that took most time",
        tables=(
            Table(
                columns=("Total", "Calls", "Mean", "Longest", "Rows", "Statement"),
                rows=tuple(
                    (
                        brief(each.total),
                        f"{each.calls:,}",
                        brief(each.mean),
                        brief(each.longest),
                        f"{each.rows:,}",
                        shown_query(each.query),
                    )
                    for each in counted
                ),
                right=(0, 1, 2, 3, 4),
                none="Nothing was counted yet.",
            ),
        ),
        notes=("Counted by pg_stat_statements since its last reset.",),
    )


def _missing(database: str) -> Insight:
    return Insight(
        headline=f"Slow statements of {database} are not counted: pg_stat_statements is missing",
        notes=(
            "To get it: `/ops setting STACK STORE shared_preload_libraries` with "
            "pg_stat_statements added to what is there, which restarts the server; then, as a "
            "superuser in that "
            "database, CREATE EXTENSION pg_stat_statements.",
        ),
    )


def _not_loaded() -> Insight:
    return Insight(
        headline="Slow statements are not counted: the server was started without the library of "
        "pg_stat_statements",
        notes=(
            "Add pg_stat_statements to shared_preload_libraries (`/ops setting STACK STORE "
            "shared_preload_libraries`), which restarts the server.",
        ),
    )
