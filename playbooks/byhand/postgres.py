"""A PostgreSQL database by hand. The exchange is one transaction, as Interlock does it."""

import re
from collections.abc import Collection, Iterable, Mapping

from psycopg import sql
from psycopg.sql import SQL, Composable

from playbooks.byhand import artifacts, places
from playbooks.byhand.known import Known, Lines
from playbooks.byhand.shell import RUN, Part, command
from playbooks.byhand.tools import as_reached, database, loading, password, psql, writing
from playbooks.datastores.postgres_model import DumpFacts, dump_facts_of
from playbooks.datastores.postgres_names import side_name
from playbooks.datastores.postgres_stores import described_store, dump_name, globals_name
from playbooks.errors import BadArgument
from playbooks.hosts.postgres import statements
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.repository.codec import plain_name

_SIDE = SQL(':"side"')
_PART = r'(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")+")'
_QUALIFIED = re.compile(rf"{_PART}\.{_PART}")
_USUAL = ("postgres", "template1")


def dump(known: Known, args: JsonObject) -> Lines:
    store, name = store_of(known, args), str(args["datastore"])
    return (
        *password(store),
        _dumped(known, store, dump_name(name)),
        _roles(known, store, name),
        *_archived(store),
    )


def dump_server(known: Known, args: JsonObject) -> Lines:
    name = str(args["datastore"])
    stores = {each: store_of(known, {**args, "database": each}) for each in args["databases"]}
    first, *_ = stores.values()
    return (
        *password(first),
        *(
            _dumped(known, store, dump_name(name, database_name))
            for database_name, store in stores.items()
        ),
        _roles(known, first, name),
        *_archived(first),
    )


def recover(known: Known, args: JsonObject) -> Lines:
    """Too much by hand for commands that are typed as they stand: what has to be done, in order."""
    name = str(args["datastore"])
    store = described_store(known.stack, name)
    stanza = store.archive.stanza if store.archive else ""
    restore = command(
        *("pgbackrest", f"--stanza={stanza}", "--pg1-path=/tmp/recovery", "--type=time"),
        *(f"--target={args['at']}", "--target-action=promote", "--archive-mode=off", "restore"),
    )
    fetched = {
        database: places.fetched(known.stack, name, "/", dump_name(name, database))
        for database in args.get("databases") or ("",)
    }
    return (
        "# In a container of the live one's image, with its mounts read-only and no network:",
        f"#   {restore}",
        "#   postgres -D /tmp/recovery   (as the owner of the data folder, until it is promoted)",
        *(
            f"#   pg_dump --format=custom --compress=0 of {database or store.database}, into {dump}"
            for database, dump in fetched.items()
        ),
    )


def load_side(known: Known, args: JsonObject) -> Lines:
    store, facts = store_of(known, args), _facts(known, args)
    wanted, side = facts.description, _side(store)
    archive = known.entry(args).artifact(facts.dump)
    creating = statements.create_database(_SIDE, wanted.owner, wanted.locale, facts.server)
    file = places.fetched(known.stack, str(args["datastore"]), "/", plain_name(archive))
    timescale = wanted.extensions.get("timescaledb")
    asleep = (
        [
            statements.create_extension("timescaledb", timescale),
            statements.timescale_before(timescale.schema_name),
        ]
        if timescale
        else []
    )
    return (
        *password(store),
        *administering(store, {"side": side}, [*_missing_roles(wanted.roles), creating]),
        *(psql(store, database(*side), {}, asleep) if asleep else ()),
        loading(store, database(*side), file, 1 if timescale else store.jobs),
    )


def drop_side(known: Known, args: JsonObject) -> Lines:
    store = store_of(known, args)
    dropping = statements.drop_database(_SIDE)
    return (*password(store), *administering(store, {"side": _side(store)}, [dropping]))


def settle_side(known: Known, args: JsonObject) -> Lines:
    """The database's own settings and privileges, which a dump leaves out; then ANALYZE."""
    store, side = store_of(known, args), _side(store_of(known, args))
    dressing = statements.dressing(_SIDE, _facts(known, args).description)
    return (
        *password(store),
        *administering(store, {"side": side}, dressing),
        *psql(store, database(*side), {}, [SQL("ANALYZE")]),
    )


def verify_side(known: Known, args: JsonObject) -> Lines:
    """Rows and extensions that are not as in the backup; the answers must be empty."""
    store, facts = store_of(known, args), _facts(known, args)
    extensions = [(name, e.version) for name, e in facts.description.extensions.items()]
    questions = [*_rows_that_differ(facts.counted.rows), *_extensions_that_differ(extensions)]
    return (
        *password(store),
        "# Neither question may be answered with a row.",
        *psql(store, database(*_side(store)), {}, questions),
    )


def _archived(store: PostgresStore) -> Lines:
    if store.archive is None:
        return ()
    backup = command("pgbackrest", f"--stanza={store.archive.stanza}", "backup")
    return (
        "# Beside the dump, as the owner of the data folder, where the server runs:",
        f"# {backup}",
    )


def _dumped(known: Known, store: PostgresStore, file: str) -> str:
    whole = ("--format=custom", "--compress=0", database(store.database))
    return artifacts.kept(known.stack, writing(store, "pg_dump", *whole), file)


def _roles(known: Known, store: PostgresStore, name: str) -> str:
    roles = ("--globals-only", "--no-role-passwords", database(store.database))
    return artifacts.kept(known.stack, writing(store, "pg_dumpall", *roles), globals_name(name))


def administering(
    store: PostgresStore,
    names: Mapping[str, tuple[Part, ...]],
    questions: Iterable[Composable],
    apart: Collection[str] = (),
) -> tuple[str, ...]:
    """From a database that is not the store's own one, nor one of `apart`."""
    candidates = (store.maintenance_database, *_USUAL)
    other = next(name for name in candidates if name not in {store.database, *apart})
    return psql(store, database(other), names, list(questions))


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


def _side(store: PostgresStore) -> tuple[Part, ...]:
    return (side_name(store.database, ""), RUN)


def store_of(known: Known, args: JsonObject) -> PostgresStore:
    database = str(args.get("database", ""))
    return as_reached(known.stack, described_store(known.stack, str(args["datastore"]), database))


def _facts(known: Known, args: JsonObject) -> DumpFacts:
    return dump_facts_of(known.entry(args).facts, str(args.get("database", "")))
