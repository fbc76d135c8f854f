"""The exchange itself: any number of databases change their names in one transaction, or none.

Which is which is told by the OIDs noted before, never by a name alone.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import psycopg

from playbooks.datastores.postgres_model import KeptMark, Written
from playbooks.errors import DatastoreError, OutcomeUnknown
from playbooks.hosts.postgres import databases
from playbooks.hosts.postgres.connection import Connection
from playbooks.hosts.postgres.description import database_oid
from playbooks.hosts.postgres.kept import comment_of, mark_of, set_comment
from playbooks.hosts.postgres.sessions import end_sessions_in
from playbooks.hosts.postgres.timescale import set_asleep
from playbooks.model.base import Model

_SECONDS = 20.0
_PAUSE = 0.1

Seen = Literal["before", "after", "neither"]


class Noted(Model):
    """What was seen of one database just before the exchange. `live` and `incoming` are OIDs;
    `live` is None when there was no such database. `written` and `mark` are of the incoming one.
    A database that is `timescale` has background jobs, which must not run in a kept copy.
    """

    database: str
    live: int | None
    incoming: int
    written: Written | None = None
    mark: KeptMark | None = None
    live_timescale: bool = False
    incoming_timescale: bool = False


class Trio(Model):
    """The three names that one database's exchange is about."""

    live: str
    incoming: str
    kept: str

    @property
    def names(self) -> tuple[str, str, str]:
        return (self.live, self.incoming, self.kept)


class Exchange(Model):
    """One database's part. `mark` is what its kept copy will say about itself, but the comment."""

    trio: Trio
    noted: Noted
    mark: KeptMark


def look(admin: Connection, trio: Trio, noted: Noted) -> Seen:
    """Where the databases that were noted are now."""
    there = {name: database_oid(admin, name) for name in trio.names}
    before = {trio.live: noted.live, trio.incoming: noted.incoming, trio.kept: None}
    after = {trio.live: noted.incoming, trio.incoming: None, trio.kept: noted.live}
    if there == before:
        return "before"
    return "after" if there == after else "neither"


def exchange(admin: Connection, exchanges: Sequence[Exchange]) -> None:
    """Makes all incoming databases live and keeps what was live. Sessions in them are ended.

    When it fails, everything is as it was, connections too. Raises DatastoreError,
    OutcomeUnknown.
    """
    live = [each.trio.live for each in exchanges if each.noted.live is not None]
    with _closed(admin, live):
        _until_free(admin, [e.trio for e in exchanges], lambda: _forward(admin, exchanges))


def exchange_back(admin: Connection, exchanges: Sequence[tuple[Trio, Noted]]) -> None:
    """The opposite of `exchange`, with the same care."""
    with _closed(admin, [trio.live for trio, _ in exchanges]):
        _until_free(admin, [trio for trio, _ in exchanges], lambda: _back(admin, exchanges))


def reopen(admin: Connection, name: str) -> bool:
    """Lets connections in again. Whether it was closed."""
    row = admin.execute("SELECT datallowconn FROM pg_database WHERE datname = %s", (name,))
    found = row.fetchone()
    if found is None or found[0]:
        return False
    databases.allow_connections(admin, name, allowed=True)
    return True


def _forward(admin: Connection, exchanges: Sequence[Exchange]) -> None:
    with admin.transaction():
        for each in exchanges:
            _forward_one(admin, each.trio, each.noted, each.mark)


def _forward_one(admin: Connection, trio: Trio, noted: Noted, mark: KeptMark) -> None:
    if noted.live is not None:
        comment = comment_of(admin, trio.live)
        databases.rename(admin, trio.live, trio.kept)
        databases.allow_connections(admin, trio.kept, allowed=True)
        said = mark.model_copy(update={"comment": comment, "sleeps": noted.live_timescale})
        set_comment(admin, trio.kept, said.model_dump_json())
        if noted.live_timescale:
            set_asleep(admin, trio.kept, asleep=True)
    databases.rename(admin, trio.incoming, trio.live)
    databases.allow_connections(admin, trio.live, allowed=True)
    if noted.mark is not None:
        set_comment(admin, trio.live, noted.mark.comment)
    if noted.incoming_timescale:
        set_asleep(admin, trio.live, asleep=False)


def _back(admin: Connection, exchanges: Sequence[tuple[Trio, Noted]]) -> None:
    with admin.transaction():
        for trio, noted in exchanges:
            _back_one(admin, trio, noted)


def _back_one(admin: Connection, trio: Trio, noted: Noted) -> None:
    databases.rename(admin, trio.live, trio.incoming)
    databases.allow_connections(admin, trio.incoming, allowed=True)
    if noted.incoming_timescale:
        set_asleep(admin, trio.incoming, asleep=True)
    if noted.mark is not None:
        set_comment(admin, trio.incoming, noted.mark.model_dump_json())
    if noted.live is not None:
        mark = mark_of(admin, trio.kept)
        databases.rename(admin, trio.kept, trio.live)
        databases.allow_connections(admin, trio.live, allowed=True)
        if mark is not None:
            set_comment(admin, trio.live, mark.comment)
        if noted.live_timescale:
            set_asleep(admin, trio.live, asleep=False)


@contextmanager
def _closed(admin: Connection, names: Sequence[str]) -> Iterator[None]:
    """Lets nobody new in, which others see at once; an error opens them again."""
    for name in names:
        databases.allow_connections(admin, name, allowed=False)
    try:
        yield
    except BaseException:
        if not admin.broken:
            for name in names:
                reopen(admin, name)
        raise


def _until_free(admin: Connection, trios: Sequence[Trio], act: Callable[[], None]) -> None:
    """Ends the sessions in all of them and acts; anew while somebody still is in one."""
    what = ", ".join(repr(trio.live) for trio in trios)
    deadline = time.monotonic() + _SECONDS
    while True:
        for trio in trios:
            for name in trio.names:
                end_sessions_in(admin, name)
        try:
            act()
            return
        except (psycopg.errors.ObjectInUse, psycopg.errors.LockNotAvailable) as error:
            if time.monotonic() > deadline:
                raise DatastoreError(
                    f"{what} could not be exchanged within {_SECONDS:g} s: {error}",
                    "Prepared transactions or replication may hold it; see pg_prepared_xacts.",
                ) from error
            time.sleep(_PAUSE)
        except psycopg.OperationalError as error:
            if admin.broken:
                raise OutcomeUnknown(
                    f"The connection was lost while {what} was exchanged: {error}"
                ) from error
            raise
