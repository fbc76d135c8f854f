"""The command lines of PostgreSQL's own tools. Nothing here runs them."""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import make_conninfo

from playbooks.errors import HostError
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.model.datastores import PostgresAccess, PostgresStore

# Where the server is for tools that run beside it, in its container.
_INSIDE = "127.0.0.1"
LOCK_WAIT_MILLISECONDS = 60_000
_STATISTICS_SINCE = 18
_MAJOR = re.compile(r"PostgreSQL\) (\d+)")
# The side database is worth nothing until it is verified, so its own log need not be waited for.
RESTORE_SETTINGS = (
    "-c synchronous_commit=off -c statement_timeout=0 -c lock_timeout=0 "
    "-c idle_in_transaction_session_timeout=0"
)


def tool(store: PostgresAccess, name: str) -> str:
    """Where `pg_dump` and its like are. Raises HostError with what to do."""
    if isinstance(store, ContainedStore):
        return name
    path = store.tools / name if store.tools else None
    found = str(path) if path and path.is_file() else None if path else shutil.which(name)
    if found is None:
        raise HostError(
            f"{name} is not {'in ' + str(store.tools) if store.tools else 'on PATH'}.",
            "Install PostgreSQL's client tools, or name their folder as `tools` of the datastore.",
        )
    return found


def plain_dump_argv(store: PostgresStore, *more: str) -> tuple[str, ...]:
    """Writes a dump of the store's database to stdout: custom format, not compressed."""
    return (
        tool(store, "pg_dump"),
        *_where(store),
        "--format=custom",
        "--compress=0",
        *more,
        *_database(store.database),
    )


def dump_argv(store: PostgresStore, snapshot: str, *, statistics: bool = False) -> tuple[str, ...]:
    """The same of a snapshot that another session holds, while others are at work; with what the
    planner knows of the tables, where tool and server can carry it (`carries_statistics`)."""
    limit = f"--lock-wait-timeout={LOCK_WAIT_MILLISECONDS}"
    more = ("--statistics",) if statistics else ()
    return plain_dump_argv(store, f"--snapshot={snapshot}", limit, *more)


def carries_statistics(version: str, server_major: int) -> bool:
    """Whether a dump by the tool that says `version` of itself can bring statistics along."""
    said = _MAJOR.search(version)
    return said is not None and min(int(said[1]), server_major) >= _STATISTICS_SINCE


def globals_argv(store: PostgresStore, passwords: bool) -> tuple[str, ...]:
    """Writes roles and tablespaces of the whole server to stdout as SQL."""
    return (
        tool(store, "pg_dumpall"),
        *_where(store),
        "--globals-only",
        *(() if passwords else ("--no-role-passwords",)),
        *_database(store.database),
    )


def restore_argv(store: PostgresStore, side: str, dump: Path, jobs: int) -> tuple[str, ...]:
    """Loads the file `dump` into the empty database `side`; the first error ends it."""
    return (
        tool(store, "pg_restore"),
        *_where(store),
        "--exit-on-error",
        f"--jobs={jobs}",
        *_database(side),
        str(dump),
    )


def read_all_argv(store: PostgresAccess, dump: Path) -> tuple[str, ...]:
    """Reads the whole of `dump` without a database; a cut file is an error."""
    return (tool(store, "pg_restore"), "--file=/dev/null", str(dump))


def script_argv(store: PostgresStore, script: Path) -> tuple[str, ...]:
    """Runs the SQL file `script` in the maintenance database, past what fails."""
    return (
        tool(store, "psql"),
        *_where(store),
        "--no-psqlrc",
        "--quiet",
        *_database(store.maintenance_database),
        f"--file={script}",
    )


def version_argv(store: PostgresAccess) -> tuple[str, ...]:
    return (tool(store, "pg_dump"), "--version")


def tool_environment(
    password: str | None, tag: str, settings: str = "", inherited: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The tools' environment: nothing of ours but the password and who they work for."""
    own = {name: value for name, value in inherited.items() if not name.startswith("PG")}
    given = {"PGAPPNAME": tag[:63], "PGCONNECT_TIMEOUT": "10", "PGOPTIONS": settings}
    secret = {"PGPASSWORD": password} if password is not None else {}
    return {**own, "LC_ALL": "C", **given, **secret}


def _where(store: PostgresStore) -> tuple[str, ...]:
    inside = isinstance(store, ContainedStore)
    return (
        f"--host={_INSIDE if inside else store.host}",
        f"--port={store.inside_port if isinstance(store, ContainedStore) else store.port}",
        f"--username={store.user}",
        "--no-password",
    )


def _database(name: str) -> tuple[str, ...]:
    """As a connection string: a plain name with `=` in it would be taken for one."""
    return ("--dbname", make_conninfo(dbname=name))
