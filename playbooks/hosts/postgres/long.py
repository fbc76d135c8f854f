"""Statements that take long: carried out in one session, watched from another, and cancellable."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import Composable

from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import Connection, connected, first_line
from playbooks.hosts.postgres.sessions import end_earlier_attempts
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work

_LOOK_SECONDS = 0.25
_PROGRESS = {
    "vacuum": """
        SELECT heap_blks_scanned, heap_blks_total FROM pg_catalog.pg_stat_progress_vacuum
        WHERE pid = %s
    """,
    "cluster": """
        SELECT heap_blks_scanned, heap_blks_total FROM pg_catalog.pg_stat_progress_cluster
        WHERE pid = %s
    """,
    "index": """
        SELECT CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END,
               CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END
        FROM pg_catalog.pg_stat_progress_create_index WHERE pid = %s
    """,
}


@dataclass(frozen=True)
class Long:
    """Statements, one after the other. `kind` is `vacuum`, `cluster` or `index`: where the server
    tells how far it is. `settings` are our own, for the session. With `each` (`tables`) they are
    counted instead, and one whose table is gone needs nothing any more."""

    statements: Sequence[Composable]
    kind: str
    settings: Sequence[str] = ()
    each: str = ""


def carry_out(store: PostgresStore, work: Work, long: Long) -> None:
    """A run that is cancelled cancels the statement, and waits until the server has given it up.
    Sessions of an earlier attempt are ended first. Raises DatastoreError."""
    with (
        connected(store, work.secrets, work.tag) as running,
        connected(store, work.secrets, f"{work.run_tag}watch") as watching,
        ThreadPoolExecutor(1) as pool,
    ):
        end_earlier_attempts(running, work.tag)
        for setting in long.settings:
            running.execute(setting.encode())
        for position, statement in enumerate(long.statements):
            if long.each:
                work.progress(position, len(long.statements), long.each)
            told = _counting(watching, running.info.backend_pid, work, long)
            done = pool.submit(lambda it=statement: running.execute(it))  # type: ignore[misc]
            try:
                _follow(done, told, missing_ok=bool(long.each))
            finally:
                if not done.done():
                    running.cancel_safe()


def _counting(watching: Connection, pid: int, work: Work, long: Long) -> Callable[[], None]:
    """What is done at every look: progress is told, a cancelled run is heard."""

    def look() -> None:
        row = watching.execute(_PROGRESS[long.kind].encode(), (pid,)).fetchone()
        if row is not None and row[1] and not long.each:
            work.progress(int(row[0]), int(row[1]), "blocks")
        work.check_stop()

    return look


def _follow(done: Future[Any], look: Callable[[], None], *, missing_ok: bool) -> None:
    while True:
        try:
            done.result(timeout=_LOOK_SECONDS)
            return
        except NotYet:
            look()
        except psycopg.errors.UndefinedTable:
            if not missing_ok:
                raise
            return
        except psycopg.Error as error:
            raise DatastoreError(f"PostgreSQL refused: {first_line(error)}.") from error
