"""Exchanging two databases: one transaction, recognised by the OIDs noted before it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

import psycopg

from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import KeptMark, Written
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.errors import DatastoreError, OutcomeUnknown
from playbooks.hosts.postgres import databases
from playbooks.hosts.postgres.connection import (
    Connection,
    administering,
    connected,
    postgres_store,
)
from playbooks.hosts.postgres.description import database_oid
from playbooks.hosts.postgres.kept import comment_of, mark_of, set_comment
from playbooks.hosts.postgres.rows import read_written
from playbooks.hosts.postgres.sessions import end_earlier_attempts, end_sessions_in
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action, Probe

_SECONDS = 20.0
_PAUSE = 0.1

Seen = Literal["before", "after", "neither"]


class IncomingArgs(Model):
    """Which database is to become the live one: this run's side database, or, with `kept_by`,
    the copy that run set aside."""

    datastore: str
    kept_by: str | None = None


class SwapArgs(IncomingArgs):
    """`live` and `incoming` are OIDs noted before, None when the step that notes them never did;
    `live` is also None when there was no such database. `restored` is the backup or the run that
    takes the place; `written` and `mark` are what was noted of the incoming database."""

    live: int | None
    incoming: int | None
    restored: str = ""
    written: Written | None = None
    mark: KeptMark | None = None


class StoreArgs(Model):
    datastore: str


class _Names(Model):
    live: str
    incoming: str
    kept: str


def identify(work: Work, args: IncomingArgs) -> JsonObject:
    """Notes which database is which. `{live, incoming, written, mark}`. Idempotent.

    Raises DatastoreError when there is nothing to be made live.
    """
    store = postgres_store(work.stack, args.datastore)
    names = _names(work, args)
    with administering(store, work.secrets, work.tag) as admin:
        live, incoming = database_oid(admin, names.live), database_oid(admin, names.incoming)
        mark = mark_of(admin, names.incoming) if args.kept_by else None
    if incoming is None:
        raise DatastoreError(f"There is no database {names.incoming!r} to be made live.")
    with connected(store, work.secrets, work.tag, names.incoming) as inside:
        written = read_written(inside)
    return {
        "live": live,
        "incoming": incoming,
        "written": written.model_dump(mode="json"),
        "mark": mark.model_dump(mode="json") if mark else None,
    }


def swap(work: Work, args: SwapArgs) -> JsonObject:
    """Makes the incoming database live and keeps what was live. `{live, kept}`. Idempotent.

    Sessions in both are ended. When it fails, everything is as it was, connections too. Raises
    DatastoreError, OutcomeUnknown when the databases are not those that were noted.
    """
    store = postgres_store(work.stack, args.datastore)
    names = _names(work, args)
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        seen = _look(admin, names, args)
        if seen == "neither":
            raise OutcomeUnknown(_puzzle(names))
        if seen == "before":
            with _closed(admin, [n for n in (names.live,) if args.live is not None]):
                _until_free(admin, names, lambda: _exchange(admin, work, names, args))
    return _output(names, args)


def swap_back(work: Work, args: SwapArgs) -> JsonObject:
    """The undo of `postgres.swap`, from wherever it had come. `{undone}`."""
    store = postgres_store(work.stack, args.datastore)
    names = _names(work, args)
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        if args.incoming is None or _look(admin, names, args) != "after":
            _reopen(admin, names.live)
            return {"undone": False}
        with _closed(admin, [names.live]):
            _until_free(admin, names, lambda: _exchange_back(admin, names, args))
    return {"undone": True}


def is_swapped(work: Work, args: SwapArgs) -> JsonObject:
    """Probe of `postgres.swap`, by the OIDs."""
    store = postgres_store(work.stack, args.datastore)
    names = _names(work, args)
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        seen = _look(admin, names, args)
    if seen == "after":
        return Probe(state="done", output=_output(names, args)).model_dump()
    if seen == "before":
        return Probe(state="not_done").model_dump()
    return Probe(state="unclear", why=_puzzle(names)).model_dump()


def reopen(work: Work, args: StoreArgs) -> JsonObject:
    """Lets people into the live database again, whichever it is. `{reopened}`. Idempotent."""
    store = postgres_store(work.stack, args.datastore)
    with administering(store, work.secrets, work.tag) as admin:
        return {"reopened": _reopen(admin, store.database)}


def _exchange(admin: Connection, work: Work, names: _Names, args: SwapArgs) -> None:
    with admin.transaction():
        if args.live is not None:
            comment = comment_of(admin, names.live)
            databases.rename(admin, names.live, names.kept)
            databases.allow_connections(admin, names.kept, allowed=True)
            set_comment(admin, names.kept, _mark(work, names, args, comment).model_dump_json())
        databases.rename(admin, names.incoming, names.live)
        databases.allow_connections(admin, names.live, allowed=True)
        if args.mark is not None:
            set_comment(admin, names.live, args.mark.comment)


def _exchange_back(admin: Connection, names: _Names, args: SwapArgs) -> None:
    with admin.transaction():
        databases.rename(admin, names.live, names.incoming)
        databases.allow_connections(admin, names.incoming, allowed=True)
        if args.mark is not None:
            set_comment(admin, names.incoming, args.mark.model_dump_json())
        if args.live is not None:
            mark = mark_of(admin, names.kept)
            databases.rename(admin, names.kept, names.live)
            databases.allow_connections(admin, names.live, allowed=True)
            if mark is not None:
                set_comment(admin, names.live, mark.comment)


@contextmanager
def _closed(admin: Connection, databases_to_close: list[str]) -> Iterator[None]:
    """Lets nobody new in, which others see at once; an error opens them again."""
    for name in databases_to_close:
        databases.allow_connections(admin, name, allowed=False)
    try:
        yield
    except BaseException:
        if not admin.broken:
            for name in databases_to_close:
                _reopen(admin, name)
        raise


def _until_free(admin: Connection, names: _Names, exchange: Callable[[], None]) -> None:
    """Ends the sessions in both and exchanges; anew while somebody still is in one of them."""
    deadline = time.monotonic() + _SECONDS
    while True:
        end_sessions_in(admin, names.live)
        end_sessions_in(admin, names.incoming)
        end_sessions_in(admin, names.kept)
        try:
            exchange()
            return
        except (psycopg.errors.ObjectInUse, psycopg.errors.LockNotAvailable) as error:
            if time.monotonic() > deadline:
                raise DatastoreError(
                    f"{names.live!r} could not be exchanged within {_SECONDS:g} s: {error}",
                    "Prepared transactions or replication may hold it; see pg_prepared_xacts.",
                ) from error
            time.sleep(_PAUSE)
        except psycopg.OperationalError as error:
            if admin.broken:
                raise OutcomeUnknown(
                    f"The connection was lost while {names.live!r} was exchanged: {error}"
                ) from error
            raise


def _reopen(admin: Connection, name: str) -> bool:
    """Whether it was closed."""
    row = admin.execute("SELECT datallowconn FROM pg_database WHERE datname = %s", (name,))
    found = row.fetchone()
    if found is None or found[0]:
        return False
    databases.allow_connections(admin, name, allowed=True)
    return True


def _look(admin: Connection, names: _Names, args: SwapArgs) -> Seen:
    """Where the databases that were noted are now."""
    there = {name: database_oid(admin, name) for name in (names.live, names.incoming, names.kept)}
    before = {names.live: args.live, names.incoming: args.incoming, names.kept: None}
    after = {names.live: args.incoming, names.incoming: None, names.kept: args.live}
    if there == before:
        return "before"
    return "after" if there == after else "neither"


def _names(work: Work, args: IncomingArgs) -> _Names:
    live = postgres_store(work.stack, args.datastore).database
    incoming = kept_name(live, args.kept_by) if args.kept_by else side_name(live, work.run)
    return _Names(live=live, incoming=incoming, kept=kept_name(live, work.run))


def _mark(work: Work, names: _Names, args: SwapArgs, comment: str | None) -> KeptMark:
    return KeptMark(
        run=work.run,
        at=datetime.now(UTC),
        database=names.live,
        restored=args.restored,
        comment=comment,
        written=args.written or Written(),
    )


def _output(names: _Names, args: SwapArgs) -> JsonObject:
    return {"live": names.live, "kept": names.kept if args.live is not None else None}


def _puzzle(names: _Names) -> str:
    return (
        f"The databases called {names.live!r}, {names.incoming!r} and {names.kept!r} are not those "
        "that were noted before the exchange; somebody else has renamed or replaced them."
    )


SWAP_ACTIONS = (
    Action("postgres.identify", IncomingArgs, identify, by_hand.identify),
    Action("postgres.swap", SwapArgs, swap, by_hand.swap),
    Action("postgres.swap_back", SwapArgs, swap_back, by_hand.swap_back),
    Action("postgres.is_swapped", SwapArgs, is_swapped, by_hand.identify),
    Action("postgres.reopen", StoreArgs, reopen, by_hand.reopen),
)
