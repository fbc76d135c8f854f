"""Exchanging databases: one transaction for all of them, recognised by the OIDs noted before it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from playbooks.byhand import postgres_exchange as by_hand
from playbooks.datastores.postgres_model import KeptMark, Written
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.errors import DatastoreError, OutcomeUnknown
from playbooks.hosts.postgres import exchange as hosts
from playbooks.hosts.postgres.connection import (
    Connection,
    administering,
    connected,
    postgres_store,
)
from playbooks.hosts.postgres.description import database_oid
from playbooks.hosts.postgres.exchange import Exchange, Noted, Trio
from playbooks.hosts.postgres.kept import mark_of
from playbooks.hosts.postgres.rows import read_written
from playbooks.hosts.postgres.sessions import end_earlier_attempts
from playbooks.hosts.postgres.timescale import awaken, has_timescale, start_jobs
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work
from playbooks.registry import Action, Probe


class StoreArgs(Model):
    """A datastore, and of a server which of its databases."""

    datastore: str
    databases: tuple[str, ...] = ()


class IncomingArgs(StoreArgs):
    """Which databases are to become the live ones: this run's side databases, or, with `kept_by`,
    the copies that run set aside."""

    kept_by: str | None = None


class SwapArgs(IncomingArgs):
    """`noted` is what the step that notes gave, None when it never did. `restored` is the backup
    or the run that takes the place."""

    noted: tuple[Noted, ...] | None
    restored: str = ""


def identify(work: Work, args: IncomingArgs) -> JsonObject:
    """Notes which database is which. `{noted}`. Idempotent.

    Raises DatastoreError when there is nothing to be made live.
    """
    stores = _stores(work, args)
    with _administering(work, stores) as admin:
        noted = [
            _note(work, admin, store, _trio(work, args, store), kept=args.kept_by is not None)
            for store in stores
        ]
    return {"noted": [each.model_dump(mode="json") for each in noted]}


def swap(work: Work, args: SwapArgs) -> JsonObject:
    """Makes the incoming databases live and keeps what was live. `{live, kept}`. Idempotent.

    Sessions in them are ended. When it fails, everything is as it was, connections too. Raises
    DatastoreError, OutcomeUnknown when the databases are not those that were noted.
    """
    stores, noted = _stores(work, args), _noted(args)
    trios = [_trio(work, args, store) for store in stores]
    with _administering(work, stores) as admin:
        end_earlier_attempts(admin, work.tag)
        seen = _look(admin, trios, noted)
        if seen == "neither":
            raise OutcomeUnknown(_puzzle(trios))
        if seen == "before":
            _awaken(work, stores, trios, noted)
            hosts.exchange(admin, _exchanges(work, args, trios, noted))
    warnings = _jobs_started(work, stores, noted)
    return _output(trios, noted) | ({"warnings": warnings} if warnings else {})


def swap_back(work: Work, args: SwapArgs) -> JsonObject:
    """The undo of `postgres.swap`, from wherever it had come. `{undone}`."""
    stores, noted = _stores(work, args), args.noted or ()
    trios = [_trio(work, args, store) for store in stores]
    with _administering(work, stores) as admin:
        end_earlier_attempts(admin, work.tag)
        undone = bool(noted) and _look(admin, trios, noted) == "after"
        if undone:
            hosts.exchange_back(admin, list(zip(trios, noted, strict=True)))
        else:
            for trio in trios:
                hosts.reopen(admin, trio.live)
    _jobs_started(work, stores, noted)
    return {"undone": undone}


def is_swapped(work: Work, args: SwapArgs) -> JsonObject:
    """Probe of `postgres.swap`, by the OIDs."""
    stores, noted = _stores(work, args), _noted(args)
    trios = [_trio(work, args, store) for store in stores]
    with _administering(work, stores) as admin:
        end_earlier_attempts(admin, work.tag)
        seen = _look(admin, trios, noted)
    if seen == "after":
        return Probe(state="done", output=_output(trios, noted)).model_dump()
    if seen == "before":
        return Probe(state="not_done").model_dump()
    return Probe(state="unclear", why=_puzzle(trios)).model_dump()


def reopen(work: Work, args: StoreArgs) -> JsonObject:
    """Lets people into the live databases again, whichever they are. `{reopened}`. Idempotent."""
    stores = _stores(work, args)
    with _administering(work, stores) as admin:
        return {"reopened": any([hosts.reopen(admin, store.database) for store in stores])}


def _note(work: Work, admin: Connection, store: PostgresStore, trio: Trio, *, kept: bool) -> Noted:
    live, incoming = database_oid(admin, trio.live), database_oid(admin, trio.incoming)
    if incoming is None:
        raise DatastoreError(f"There is no database {trio.incoming!r} to be made live.")
    with connected(store, work.secrets, work.tag, trio.incoming) as inside:
        written, incoming_timescale = read_written(inside), has_timescale(inside)
    return Noted(
        database=trio.live,
        live=live,
        incoming=incoming,
        written=written,
        mark=mark_of(admin, trio.incoming) if kept else None,
        live_timescale=live is not None and _is_timescale(work, store, trio.live),
        incoming_timescale=incoming_timescale,
    )


def _is_timescale(work: Work, store: PostgresStore, database: str) -> bool:
    with connected(store, work.secrets, work.tag, database) as inside:
        return has_timescale(inside)


def _awaken(
    work: Work, stores: Sequence[PostgresStore], trios: Sequence[Trio], noted: Sequence[Noted]
) -> None:
    """Only now: background jobs would work on what is not live yet."""
    for store, trio, note in zip(stores, trios, noted, strict=True):
        if note.incoming_timescale:
            with connected(store, work.secrets, work.tag, trio.incoming) as inside:
                awaken(inside)


def _jobs_started(work: Work, stores: Sequence[PostgresStore], noted: Sequence[Noted]) -> list[str]:
    """Starts TimescaleDB's jobs, which ended with all sessions. What went wrong, as sentences:
    the exchange is done, and is not to be taken back for that."""
    warnings = []
    concerned = {note.database for note in noted if note.live_timescale or note.incoming_timescale}
    for store in stores:
        if store.database not in concerned:
            continue
        try:
            with connected(store, work.secrets, work.tag) as inside:
                start_jobs(inside)
        except DatastoreError as error:
            warnings.append(f"TimescaleDB's jobs of {store.database} do not run: {error}")
    return warnings


def _stores(work: Work, args: StoreArgs) -> list[PostgresStore]:
    if not args.databases:
        return [postgres_store(work.stack, args.datastore)]
    return [postgres_store(work.stack, args.datastore, database) for database in args.databases]


def _administering(
    work: Work, stores: Sequence[PostgresStore]
) -> AbstractContextManager[Connection]:
    apart = {store.database for store in stores}
    return administering(stores[0], work.secrets, work.tag, apart)


def _noted(args: SwapArgs) -> tuple[Noted, ...]:
    if args.noted is None:
        raise DatastoreError("Which database is which was never noted.", "Ask for the plan again.")
    return args.noted


def _look(admin: Connection, trios: Sequence[Trio], noted: Sequence[Noted]) -> hosts.Seen:
    """All of them change in one transaction, so anything mixed is nobody's work of ours."""
    seen = {hosts.look(admin, *pair) for pair in zip(trios, noted, strict=True)}
    return seen.pop() if len(seen) == 1 else "neither"


def _exchanges(
    work: Work, args: SwapArgs, trios: Sequence[Trio], noted: Sequence[Noted]
) -> list[Exchange]:
    now = datetime.now(UTC)
    return [
        Exchange(
            trio=trio,
            noted=note,
            mark=KeptMark(
                run=work.run,
                at=now,
                database=trio.live,
                restored=args.restored,
                comment=None,
                written=note.written or Written(),
            ),
        )
        for trio, note in zip(trios, noted, strict=True)
    ]


def _trio(work: Work, args: StoreArgs, store: PostgresStore) -> Trio:
    live = store.database
    kept_by = args.kept_by if isinstance(args, IncomingArgs) else None
    incoming = kept_name(live, kept_by) if kept_by else side_name(live, work.run)
    return Trio(live=live, incoming=incoming, kept=kept_name(live, work.run))


def _output(trios: Sequence[Trio], noted: Sequence[Noted]) -> JsonObject:
    pairs = list(zip(trios, noted, strict=True))
    return {
        "live": [trio.live for trio in trios],
        "kept": [trio.kept for trio, note in pairs if note.live is not None],
    }


def _puzzle(trios: Sequence[Trio]) -> str:
    names = ", ".join(repr(name) for trio in trios for name in trio.names)
    return (
        f"The databases called {names} are not those that were noted before the exchange; "
        "somebody else has renamed or replaced them."
    )


SWAP_ACTIONS = (
    Action("postgres.identify", IncomingArgs, identify, by_hand.identify),
    Action("postgres.swap", SwapArgs, swap, by_hand.swap),
    Action("postgres.swap_back", SwapArgs, swap_back, by_hand.swap_back),
    Action("postgres.is_swapped", SwapArgs, is_swapped, by_hand.identify),
    Action("postgres.reopen", StoreArgs, reopen, by_hand.reopen),
)
