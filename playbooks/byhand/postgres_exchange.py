"""Databases exchanged by hand: all in one transaction, as Interlock does it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable

from playbooks.byhand.known import Known, Lines
from playbooks.byhand.postgres import administering, store_of
from playbooks.byhand.shell import RUN, Part, filled
from playbooks.byhand.tools import database, password, psql
from playbooks.datastores.postgres_model import dump_facts_of
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.hosts.postgres import statements
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore

_TIMESCALE = "timescaledb"


@dataclass(frozen=True)
class _Trio:
    """One database's three names as psql's variables; `mark` tells those of several apart."""

    name: str
    mark: str
    kept_by: str | None
    live_there: bool
    timescale_schema: str | None

    @property
    def live(self) -> Composable:
        return self._variable("live")

    @property
    def incoming(self) -> Composable:
        return self._variable("incoming")

    @property
    def kept(self) -> Composable:
        return self._variable("kept")

    def values(self) -> dict[str, tuple[Part, ...]]:
        return {
            f"live{self.mark}": (self.name,),
            f"incoming{self.mark}": self.incoming_parts(),
            f"kept{self.mark}": (kept_name(self.name, ""), RUN),
        }

    def incoming_parts(self) -> tuple[Part, ...]:
        if self.kept_by:
            return (kept_name(self.name, ""), *filled(self.kept_by))
        return (side_name(self.name, ""), RUN)

    def texts(self) -> str:
        return ", ".join(f":'{kind}{self.mark}'" for kind in ("live", "incoming", "kept"))

    def _variable(self, kind: str) -> Composable:
        return SQL(f':"{kind}{self.mark}"')


def identify(known: Known, args: JsonObject) -> Lines:
    trios = _trios(known, args)
    look = SQL(
        f"SELECT oid, datname, datallowconn FROM pg_database WHERE datname IN ({_all(trios)})"
    )
    return _by(known, args, trios, [look])


def swap(known: Known, args: JsonObject) -> Lines:
    """Nobody new is let in, who is in is ended, and all renames happen or none."""
    trios = _trios(known, args)
    exchange = [
        *(statements.allow_connections(t.live, allowed=False) for t in trios if t.live_there),
        _ended(trios),
        SQL("BEGIN"),
        *(each for trio in trios for each in _exchanged(trio)),
        SQL("COMMIT"),
    ]
    return (*_awakened(known, args, trios), *_by(known, args, trios, exchange))


def swap_back(known: Known, args: JsonObject) -> Lines:
    trios = _trios(known, args)
    exchange = [
        *(statements.allow_connections(trio.live, allowed=False) for trio in trios),
        _ended(trios),
        SQL("BEGIN"),
        *(each for trio in trios for each in _exchanged_back(trio)),
        SQL("COMMIT"),
    ]
    opening, *rest = _by(known, args, trios, exchange)
    comment = "# Only when the exchange was done: see what is which."
    if opening.startswith("export "):
        return (opening, comment, *rest)
    return (comment, opening, *rest)


def reopen(known: Known, args: JsonObject) -> Lines:
    trios = _trios(known, args)
    opening = [statements.allow_connections(trio.live, allowed=True) for trio in trios]
    store, apart = _first(known, args), [trio.name for trio in trios]
    names: Mapping[str, tuple[Part, ...]] = {f"live{t.mark}": (t.name,) for t in trios}
    return (*password(store), *administering(store, names, opening, apart))


def _exchanged(trio: _Trio) -> list[Composable]:
    away = _moved(trio.live, trio.kept) if trio.live_there else []
    asleep = trio.timescale_schema is not None and trio.live_there
    return [
        *away,
        *([statements.timescale_asleep(trio.kept, asleep=True)] if asleep else []),
        *_moved(trio.incoming, trio.live),
        *([statements.timescale_asleep(trio.live, asleep=False)] if trio.timescale_schema else []),
    ]


def _exchanged_back(trio: _Trio) -> list[Composable]:
    back = _moved(trio.kept, trio.live) if trio.live_there else []
    asleep = trio.timescale_schema is not None and trio.live_there
    return [
        *_moved(trio.live, trio.incoming),
        *back,
        *([statements.timescale_asleep(trio.live, asleep=False)] if asleep else []),
    ]


def _awakened(known: Known, args: JsonObject, trios: Sequence[_Trio]) -> Lines:
    """TimescaleDB's restoring mode ends only now."""
    store = _first(known, args)
    lines: list[str] = []
    for trio in trios:
        if trio.timescale_schema is not None:
            ending = [statements.timescale_after(trio.timescale_schema)]
            lines += psql(store, database(*trio.incoming_parts()), {}, ending)
    return (*password(store), *lines) if lines else ()


def _by(
    known: Known, args: JsonObject, trios: Sequence[_Trio], questions: list[Composable]
) -> tuple[str, ...]:
    store, apart = _first(known, args), [trio.name for trio in trios]
    names = {name: parts for trio in trios for name, parts in trio.values().items()}
    return (*password(store), *administering(store, names, questions, apart))


def _moved(old: Composable, new: Composable) -> list[Composable]:
    return [statements.rename(old, new), statements.allow_connections(new, allowed=True)]


def _ended(trios: Sequence[_Trio]) -> Composable:
    return SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname IN ({_all(trios)}) AND pid <> pg_backend_pid()"
    )


def _all(trios: Sequence[_Trio]) -> str:
    return ", ".join(trio.texts() for trio in trios)


def _first(known: Known, args: JsonObject) -> PostgresStore:
    return store_of(known, {**args, "database": next(iter(args.get("databases") or [""]))})


def _trios(known: Known, args: JsonObject) -> list[_Trio]:
    named: list[str] = list(args.get("databases") or [])
    bound = known.bound(str(args["datastore"]))
    of_server = bound.get("databases", {})
    return [
        _Trio(
            name=name or store_of(known, args).database,
            mark="" if place == 0 else str(place + 1),
            kept_by=args.get("kept_by"),
            live_there=of_server.get(name, bound).get("database", "") is not None,
            timescale_schema=_timescale_schema(known, args, name),
        )
        for place, name in enumerate(named or [""])
    ]


def _timescale_schema(known: Known, args: JsonObject, database: str) -> str | None:
    """Where the backup has TimescaleDB; what an undo brings back is awake by itself."""
    manifest = known.manifests.get(str(args.get("restored", "")))
    if manifest is None:
        return None
    facts = dump_facts_of(manifest.store(str(args["datastore"])).facts, database)
    extension = facts.description.extensions.get(_TIMESCALE)
    return extension.schema_name if extension else None
