"""Ending queries and sessions of a PostgreSQL server."""

import time
from datetime import datetime
from typing import Any

from playbooks.byhand import upkeep as by_hand
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import Connection, connected, postgres_store
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action

_SECONDS = 15.0
_PAUSE = 0.1
# The process has to be the very one that was approved: the system gives its number again.
_CANCEL = """
    SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE pid = %(pid)s AND backend_start = %(started)s AND query_start = %(query_started)s
      AND state = 'active'
"""
_TERMINATE = """
    SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE pid = %(pid)s AND backend_start = %(started)s
"""


class EndArgs(Model):
    """A process, when it began, and when its query did."""

    datastore: str
    pid: int
    started: datetime
    query_started: datetime | None = None


def cancel(work: Work, args: EndArgs) -> JsonObject:
    """Output {}. Ends the query, not the session; waits until it has ended. One that ended by
    itself, or is another by now, is left alone."""
    _until_gone(work, args, _CANCEL, "does not end its query")
    return {}


def terminate(work: Work, args: EndArgs) -> JsonObject:
    """Output {}. Ends the session and waits until it is gone. Another of the same number is left
    alone."""
    _until_gone(work, args, _TERMINATE, "does not end")
    return {}


def _until_gone(work: Work, args: EndArgs, query: str, what: str) -> None:
    store = postgres_store(work.stack, args.datastore)
    values = args.model_dump(include={"pid", "started", "query_started"})
    deadline = time.monotonic() + _SECONDS
    with connected(store, work.secrets, work.tag) as connection:
        while _told(connection, query, values):
            if time.monotonic() > deadline:
                raise DatastoreError(
                    f"Session {args.pid} {what} within {_SECONDS:g} s of being told to.",
                    "It may be in the kernel, waiting for a disk or a network.",
                )
            work.check_stop()
            time.sleep(_PAUSE)


def _told(connection: Connection, query: str, values: dict[str, Any]) -> bool:
    """Whether it was still there to be told."""
    row = connection.execute(query.encode(), values).fetchone()
    if row is not None and not row[0]:
        raise DatastoreError("PostgreSQL could not signal the session.")
    return row is not None


SESSION_ACTIONS = (
    Action("upkeep.cancel", EndArgs, cancel, by_hand.cancel),
    Action("upkeep.terminate", EndArgs, terminate, by_hand.terminate),
)
