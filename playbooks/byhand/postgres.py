"""A PostgreSQL database by hand. The exchange is one transaction, as Interlock does it."""

import re
from collections.abc import Iterable, Mapping

from psycopg import sql
from psycopg.sql import SQL, Composable

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import RUN, Part, filled
from playbooks.byhand.tools import as_reached, database, loading, password, psql, writing
from playbooks.datastores.postgres_model import DumpFacts
from playbooks.datastores.postgres_names import kept_name, side_name
from playbooks.errors import BadArgument
from playbooks.hosts.postgres import statements
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.repository.codec import plain_name

_LIVE, _INCOMING, _KEPT = (SQL(f':"{name}"') for name in ("live", "incoming", "kept"))
_SIDE = SQL(':"side"')
_PART = r'(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")+")'
_QUALIFIED = re.compile(rf"{_PART}\.{_PART}")
_USUAL = ("postgres", "template1")


def dump(known: Known, args: JsonObject) -> Lines:
    store, name = _store(known, args), str(args["datastore"])
    whole = ("--format=custom", "--compress=0", database(store.database))
    roles = ("--globals-only", "--no-role-passwords", database(store.database))
    return (
        *password(store),
        artifacts.kept(
            known.stack,
            writing(store, "pg_dump", *whole),
            f"{name}.dump",
        ),
        artifacts.kept(
            known.stack,
            writing(store, "pg_dumpall", *roles),
            f"{name}.globals.sql",
        ),
    )


def load_side(known: Known, args: JsonObject) -> Lines:
    store, facts = _store(known, args), _facts(known, args)
    wanted, side = facts.description, _side(store)
    archive = known.entry(args).artifact(facts.dump)
    creating = statements.create_database(_SIDE, wanted.owner, wanted.locale, facts.server)
    file = places.fetched(known.stack, str(args["datastore"]), "/", plain_name(archive))
    restore = loading(store, database(*side), file)
    return (
        *password(store),
        *_administering(store, {"side": side}, [*_missing_roles(wanted.roles), creating]),
        restore,
    )


def drop_side(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    dropping = statements.drop_database(_SIDE)
    return (*password(store), *_administering(store, {"side": _side(store)}, [dropping]))


def settle_side(known: Known, args: JsonObject) -> Lines:
    """The database's own settings and privileges, which a dump leaves out; then ANALYZE."""
    store, side = _store(known, args), _side(_store(known, args))
    dressing = statements.dressing(_SIDE, _facts(known, args).description)
    return (
        *password(store),
        *_administering(store, {"side": side}, dressing),
        *psql(store, database(*side), {}, [SQL("ANALYZE")]),
    )


def verify_side(known: Known, args: JsonObject) -> Lines:
    """Rows and extensions that are not as in the backup; the answers must be empty."""
    store, facts = _store(known, args), _facts(known, args)
    extensions = [(name, e.version) for name, e in facts.description.extensions.items()]
    questions = [*_rows_that_differ(facts.counted.rows), *_extensions_that_differ(extensions)]
    return (
        *password(store),
        "# Neither question may be answered with a row.",
        *psql(store, database(*_side(store)), {}, questions),
    )


def identify(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    look = SQL(
        "SELECT oid, datname, datallowconn FROM pg_database "
        "WHERE datname IN (:'live', :'incoming', :'kept')"
    )
    return (*password(store), *_administering(store, _names(store, args), [look]))


def swap(known: Known, args: JsonObject) -> Lines:
    """Nobody new is let in, who is in is ended, and both renames happen or neither."""
    store = _store(known, args)
    none_live = known.binding.get("database", "") is None
    away = [] if none_live else _moved(_LIVE, _KEPT)
    closing = [] if none_live else [statements.allow_connections(_LIVE, allowed=False)]
    exchange = [*closing, _ended(), SQL("BEGIN"), *away, *_moved(_INCOMING, _LIVE), SQL("COMMIT")]
    return (*password(store), *_administering(store, _names(store, args), exchange))


def swap_back(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    none_live = known.binding.get("database", "") is None
    back = [] if none_live else _moved(_KEPT, _LIVE)
    exchange = [
        statements.allow_connections(_LIVE, allowed=False),
        _ended(),
        SQL("BEGIN"),
        *_moved(_LIVE, _INCOMING),
        *back,
        SQL("COMMIT"),
    ]
    return (
        *password(store),
        "# Only when the exchange was done: see what is which.",
        *_administering(store, _names(store, args), exchange),
    )


def reopen(known: Known, args: JsonObject) -> Lines:
    store = _store(known, args)
    opening = statements.allow_connections(_LIVE, allowed=True)
    return (*password(store), *_administering(store, {"live": (store.database,)}, [opening]))


def _administering(
    store: PostgresStore,
    names: Mapping[str, tuple[Part, ...]],
    questions: Iterable[Composable],
) -> tuple[str, ...]:
    """From a database that is not the one to be renamed."""
    candidates = (store.maintenance_database, *_USUAL)
    other = next(name for name in candidates if name != store.database)
    return psql(store, database(other), names, list(questions))


def _moved(old: Composable, new: Composable) -> list[Composable]:
    return [statements.rename(old, new), statements.allow_connections(new, allowed=True)]


def _ended() -> Composable:
    return SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname IN (:'live', :'incoming', :'kept') AND pid <> pg_backend_pid()"
    )


def _missing_roles(roles: tuple[str, ...]) -> list[Composable]:
    """Makes what is missing, by statements that psql executes from the answer."""
    if not roles:
        return []
    creating = SQL(
        "SELECT format('CREATE ROLE %I NOLOGIN', wanted) FROM unnest(ARRAY[{}]) AS wanted "
        "WHERE wanted NOT IN (SELECT rolname FROM pg_roles) \\gexec"
    )
    return [creating.format(SQL(", ").join(sql.Literal(role) for role in roles))]


def _rows_that_differ(rows: Mapping[str, int]) -> list[Composable]:
    counts = [
        SQL("SELECT {} AS table, {} AS in_backup, count(*) AS here FROM ONLY {}").format(
            sql.Literal(table), sql.Literal(count), SQL(_qualified(table))
        )
        for table, count in rows.items()
    ]
    if not counts:
        return []
    return [
        SQL("SELECT * FROM (\n{}\n) AS counted WHERE in_backup <> here").format(
            SQL("\nUNION ALL ").join(counts)
        )
    ]


def _extensions_that_differ(extensions: list[tuple[str, str]]) -> list[Composable]:
    if not extensions:
        return []
    wanted = SQL(", ").join(
        SQL("({}, {})").format(sql.Literal(name), sql.Literal(version))
        for name, version in extensions
    )
    return [
        SQL(
            "SELECT name, in_backup, extversion AS here "
            "FROM (VALUES {}) AS wanted (name, in_backup) LEFT JOIN pg_extension ON extname = name "
            "WHERE extversion IS DISTINCT FROM in_backup"
        ).format(wanted)
    ]


def _qualified(table: str) -> str:
    """A table's name as the server quotes it. Raises BadArgument when it is anything else."""
    if not _QUALIFIED.fullmatch(table):
        raise BadArgument(f"{table!r} in the backup's manifest is no quoted name of a table.")
    return table


def _names(store: PostgresStore, args: JsonObject) -> dict[str, tuple[Part, ...]]:
    live, kept_by = store.database, args.get("kept_by")
    return {
        "live": (live,),
        "incoming": (kept_name(live, ""), *filled(str(kept_by))) if kept_by else _side(store),
        "kept": (kept_name(live, ""), RUN),
    }


def _side(store: PostgresStore) -> tuple[Part, ...]:
    return (side_name(store.database, ""), RUN)


def _store(known: Known, args: JsonObject) -> PostgresStore:
    store = known.stack.datastore(str(args["datastore"]))
    if not isinstance(store, PostgresStore):
        raise BadArgument(f"{args['datastore']} is {store.kind}, not postgres.")
    return as_reached(known.stack, store)


def _facts(known: Known, args: JsonObject) -> DumpFacts:
    return DumpFacts.model_validate(known.entry(args).facts)
