"""Copies that earlier restores set aside, and what they say about themselves."""

from dataclasses import dataclass

from psycopg import sql
from pydantic import ValidationError

from playbooks.datastores.postgres_model import KeptCopy, KeptMark
from playbooks.datastores.postgres_names import is_side_of, run_that_kept
from playbooks.hosts.postgres import statements
from playbooks.hosts.postgres.connection import Connection

_DATABASES = """
    SELECT d.datname, d.oid::bigint, pg_get_userbyid(d.datdba),
           CASE WHEN has_database_privilege(d.oid, 'CONNECT')
                THEN pg_database_size(d.oid) ELSE 0 END,
           shobj_description(d.oid, 'pg_database')
    FROM pg_database d ORDER BY d.oid DESC
"""
_OWN = "SELECT datname, datallowconn FROM pg_database WHERE NOT datistemplate ORDER BY 1"


def kept_copies(connection: Connection, database: str) -> tuple[KeptCopy, ...]:
    """The kept copies of `database`, newest first, seen from any database."""
    copies = []
    for name, oid, owner, size, comment in connection.execute(_DATABASES):
        run = run_that_kept(database, name)
        if run:
            mark = _mark(comment)
            copies.append(
                KeptCopy(database=name, oid=oid, run=run, size_bytes=size, owner=owner, mark=mark)
            )
    return tuple(sorted(copies, key=_age, reverse=True))


def kept_by_runs(connection: Connection) -> tuple[KeptCopy, ...]:
    """The kept copies of all databases of the server that say so themselves, newest first."""
    copies = []
    for name, oid, owner, size, comment in connection.execute(_DATABASES):
        mark = _mark(comment)
        if mark is not None and run_that_kept(mark.database, name) == mark.run:
            copies.append(
                KeptCopy(
                    database=name, oid=oid, run=mark.run, size_bytes=size, owner=owner, mark=mark
                )
            )
    return tuple(sorted(copies, key=_age, reverse=True))


@dataclass(frozen=True)
class OwnDatabases:
    """The server's databases without templates and kept copies. `closed` let nobody in, `beside`
    are called like what a restore loads into."""

    open: tuple[str, ...]
    closed: tuple[str, ...]
    beside: tuple[str, ...]


def own_databases(connection: Connection) -> OwnDatabases:
    kept = {copy.database for copy in kept_by_runs(connection)}
    found = {
        str(name): bool(is_open) for name, is_open in connection.execute(_OWN) if name not in kept
    }
    beside = tuple(name for name in found if any(is_side_of(other, name) for other in found))
    return OwnDatabases(
        open=tuple(name for name, is_open in found.items() if is_open and name not in beside),
        closed=tuple(name for name, is_open in found.items() if not is_open),
        beside=beside,
    )


def comment_of(connection: Connection, database: str) -> str | None:
    """The comment of `database`, seen from any database."""
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        (database,),
    ).fetchone()
    return row[0] if row else None


def mark_of(connection: Connection, database: str) -> KeptMark | None:
    """What `database` says about itself, if it was set aside by a run."""
    return _mark(comment_of(connection, database))


def set_comment(connection: Connection, database: str, comment: str | None) -> None:
    """Sets or, with None, removes the comment of `database`."""
    connection.execute(statements.set_comment(sql.Identifier(database), comment))


def _mark(comment: str | None) -> KeptMark | None:
    try:
        return KeptMark.model_validate_json(comment) if comment else None
    except ValidationError:
        return None


def _age(copy: KeptCopy) -> tuple[bool, str, int]:
    return (copy.mark is not None, copy.mark.at.isoformat() if copy.mark else "", copy.oid)
