"""Everything a restore has to bring back, as values that can be compared."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_RELATIONS = """
    SELECT c.relname, c.relkind::text, pg_get_userbyid(c.relowner), c.relacl::text,
           obj_description(c.oid, 'pg_class')
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
_DEFINITIONS = """
    SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'
    UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1
"""
_DATABASE = """
    SELECT d.datacl::text, pg_get_userbyid(d.datdba), d.datallowconn, d.datcollate,
           (SELECT array_agg(setting ORDER BY setting)::text
            FROM pg_db_role_setting s, unnest(s.setconfig) AS setting
            WHERE s.setdatabase = d.oid AND s.setrole = 0)
    FROM pg_database d WHERE d.datname = current_database()
"""
_SEQUENCES = """
    SELECT sequencename, last_value, increment_by FROM pg_sequences
    WHERE schemaname = 'public' ORDER BY 1
"""


def database(uri: str) -> dict[str, Any]:
    """Rows by table (a hash each), schema, owners, privileges, sequences and settings."""
    with psycopg.connect(uri) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
        found: dict[str, Any] = {
            f"rows of {name}": _content(connection, str(name)) for (name,) in tables
        }
        for part, question in {
            "relations": _RELATIONS,
            "columns": _COLUMNS,
            "constraints": _CONSTRAINTS,
            "definitions": _DEFINITIONS,
            "database": _DATABASE,
            "sequences": _SEQUENCES,
        }.items():
            found[part] = connection.execute(question.encode()).fetchall()
        return found


def oid(uri: str, name: str) -> int | None:
    """The OID of a database of that server; None when there is none of that name."""
    with psycopg.connect(uri) as connection:
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = %s", [name])
        found = row.fetchone()
        return int(found[0]) if found else None


def folder(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything under `root` by relative path: kind, mode, owners, time, content."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content: Any = None
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(path)  # noqa: PTH115
        elif stat.S_ISREG(status.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        owners = (status.st_uid, status.st_gid)
        found[str(path.relative_to(root))] = (
            status.st_mode,
            owners,
            None if stat.S_ISDIR(status.st_mode) else status.st_mtime_ns,
            content,
        )
    return found


def _content(connection: psycopg.Connection[Any], table: str) -> tuple[int, str]:
    question = sql.SQL(
        "SELECT count(*), coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '')"
        " FROM {} AS t"
    ).format(sql.Identifier(table))
    row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])
