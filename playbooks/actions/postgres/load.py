"""Bringing a dump beside the live database, into one that nobody knows of yet."""

from pathlib import Path

from playbooks.actions.postgres.recorded import (
    FromBackup,
    OneDatabase,
    dump_name,
    globals_name,
    recorded,
)
from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import Extension
from playbooks.datastores.postgres_names import side_name
from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.hosts.postgres import databases, running, statements, tools
from playbooks.hosts.postgres.connection import (
    Connection,
    administering,
    connected,
    password_of,
    postgres_store,
)
from playbooks.hosts.postgres.description import database_oid, server
from playbooks.hosts.postgres.roles import create_missing, read_globals
from playbooks.hosts.postgres.sessions import end_earlier_attempts, end_work_of_run
from playbooks.hosts.postgres.statements import Role
from playbooks.hosts.postgres.timescale import TIMESCALE, create_asleep
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work
from playbooks.registry import Action

_LOOK_SECONDS = 0.2
_SIZE = "SELECT pg_database_size(oid) FROM pg_database WHERE datname = %s"
_OFFERED = """
    SELECT v.name, v.version, v.version = e.default_version FROM pg_available_extension_versions v
    JOIN pg_available_extensions e ON e.name = v.name
"""
_ALWAYS_THERE = frozenset({"pg_catalog", "public"})


class LoadArgs(FromBackup):
    """`files` are those of `repository.fetch`, path by plain name."""

    files: dict[str, Path]


def load_side(work: Work, args: LoadArgs) -> JsonObject:
    """Makes the side database anew and loads the dump into it. `{side, roles_created}`.

    Repeating it ends what an earlier attempt left running, and starts afresh. Raises
    DatastoreError, HostError with pg_restore's own words, BrokenBackup.
    """
    store = postgres_store(work.stack, args.datastore, args.database)
    side = side_name(store.database, work.run)
    roles = load_into(work, store, args, side)
    return {"side": side, "roles_created": list(roles)}


def load_into(work: Work, store: PostgresStore, args: LoadArgs, side: str) -> tuple[str, ...]:
    """Makes the database `side` anew on the store's server and loads the dump into it.

    The roles that had to be created. Raises as `load_side`.
    """
    facts = recorded(work, args)
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        databases.drop(admin, side)
        roles = create_missing(admin, facts.description.roles, _known_roles(args))
        here, wanted = server(admin), facts.description
        databases.create_empty(admin, side, wanted.owner, wanted.locale, here)
        with connected(store, work.secrets, work.tag, side) as inside:
            _create_extensions(inside, wanted.extensions)
        # Its catalogue has circular references that only hold in the order of the dump.
        jobs = 1 if TIMESCALE in wanted.extensions else store.jobs
        _restore(work, store, args, side, admin, expected=wanted.size_bytes, jobs=jobs)
    return roles


def _known_roles(args: LoadArgs) -> dict[str, Role]:
    """What the backup knows of the server's roles; an older one may have nothing."""
    script = args.files.get(globals_name(args.datastore))
    return {} if script is None else read_globals(script.read_text(encoding="utf-8"))


def drop_side(work: Work, args: OneDatabase) -> JsonObject:
    """Ends what this run left running and drops its side database, if there is one. `{dropped}`."""
    store = postgres_store(work.stack, args.datastore, args.database)
    side = side_name(store.database, work.run)
    with administering(store, work.secrets, work.tag) as admin:
        end_work_of_run(admin, work.run_tag)
        there = database_oid(admin, side) is not None
        databases.drop(admin, side)
    return {"dropped": there}


def _restore(
    work: Work,
    store: PostgresStore,
    args: LoadArgs,
    side: str,
    admin: Connection,
    *,
    expected: int,
    jobs: int,
) -> None:
    """`expected` is how big the database was when it was dumped, in bytes."""
    name = dump_name(args.datastore, args.database)
    dump = args.files.get(name)
    if dump is None:
        raise BrokenBackup(f"Backup {args.backup} has no {name}.")
    environment = tools.tool_environment(
        password_of(store, work.secrets), work.tag, tools.RESTORE_SETTINGS
    )

    def look() -> None:
        row = admin.execute(_SIZE, (side,)).fetchone()
        size = int(row[0]) if row else 0
        work.progress(min(size, expected), expected)
        work.check_stop()

    look()
    with running.within_reach(store, dump, work.tag, work.check_stop) as file:
        argv = tools.restore_argv(store, side, file, jobs)
        with running.started(store, argv, environment) as child:
            child.wait(look, _LOOK_SECONDS)
            child.finish()


def _create_extensions(inside: Connection, wanted: dict[str, Extension]) -> None:
    """A dump names no versions, so it would get today's. Others are created beforehand, and
    TimescaleDB always: it takes its tables in only while its jobs are off."""
    offered = {(name, version): usual for name, version, usual in inside.execute(_OFFERED)}
    for name, extension in wanted.items():
        usual = offered.get((name, extension.version))
        if usual is None:
            raise DatastoreError(
                f"The backup needs the extension {name} {extension.version}; "
                "this server does not offer it.",
                "Install that version on the server and ask again.",
            )
        if name == TIMESCALE:
            create_asleep(inside, extension)
        if usual or name in {TIMESCALE, "plpgsql"}:
            continue
        if extension.schema_name not in _ALWAYS_THERE:
            raise DatastoreError(
                f"The extension {name} {extension.version} is not this server's usual version "
                f"and belongs into the schema {extension.schema_name}, which is not there yet.",
                "Make that version the default one on the server and ask again.",
            )
        inside.execute(statements.create_extension(name, extension))


LOAD_ACTIONS = (
    Action("postgres.load_side", LoadArgs, load_side, by_hand.load_side),
    Action("postgres.drop_side", OneDatabase, drop_side, by_hand.drop_side),
)
