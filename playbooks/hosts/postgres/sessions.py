"""Sessions of the server: which there are, and how those of an earlier attempt are ended."""

import time

from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import Connection

_PAUSE = 0.05
_APPLICATION_NAME_BYTES = 63

_END_MARKED = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE starts_with(application_name, %s) AND application_name <> %s
      AND pid <> pg_backend_pid()
"""
_END_INSIDE = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'
"""
_END_CLIENTS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND backend_start <= %s
"""
_NOW = "SELECT pg_catalog.clock_timestamp()"
_INSIDE = """
    SELECT coalesce(nullif(application_name, ''), 'unnamed (' || coalesce(usename, '?') || ')'),
           count(*)
    FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    GROUP BY 1 ORDER BY 2 DESC, 1
"""


def step_mark(tag: str) -> str:
    """What the tags of all attempts of one step open with, as the server keeps them."""
    return f"{tag.rpartition('-')[0]}-"[:_APPLICATION_NAME_BYTES]


def end_earlier_attempts(connection: Connection, tag: str, seconds: float = 15.0) -> None:
    """Ends every session that an earlier attempt of the step left behind, and waits for it.

    Raises DatastoreError when they are still there after `seconds`.
    """
    _until_none(connection, _END_MARKED, (step_mark(tag), tag[:_APPLICATION_NAME_BYTES]), seconds)


def end_work_of_run(connection: Connection, run_tag: str, seconds: float = 15.0) -> None:
    """Ends every session of a run but the one that asks, and waits for it.

    Only for steps that have their stage to themselves. Raises DatastoreError as above.
    """
    _until_none(connection, _END_MARKED, (run_tag, ""), seconds)


def end_sessions_in(connection: Connection, database: str, seconds: float = 15.0) -> None:
    """Ends every session in `database` and waits until they are gone.

    Raises DatastoreError when they are still there after `seconds`.
    """
    _until_none(connection, _END_INSIDE, (database,), seconds)


def end_clients(connection: Connection, seconds: float = 15.0) -> int:
    """Ends every session that a client of the server has now, in whatever database, and waits until
    they are gone; those that begin meanwhile are others. How many there were.

    Raises DatastoreError when they are still there after `seconds`.
    """
    [now] = connection.execute(_NOW).fetchone() or (None,)
    row = connection.execute(_END_CLIENTS, (now,)).fetchone()
    _until_none(connection, _END_CLIENTS, (now,), seconds)
    return int(row[0]) if row else 0


def sessions_in(connection: Connection, database: str) -> dict[str, int]:
    """Sessions of clients in `database`, counted by application."""
    return {str(name): int(count) for name, count in connection.execute(_INSIDE, (database,))}


def _until_none(
    connection: Connection, query: str, arguments: tuple[object, ...], seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    while (row := connection.execute(query, arguments).fetchone()) and row[0]:
        if time.monotonic() > deadline:
            raise DatastoreError(
                f"{row[0]} sessions did not end within {seconds:g} s of being told to.",
                "See pg_stat_activity for what holds them.",
            )
        time.sleep(_PAUSE)
