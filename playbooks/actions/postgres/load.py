"""Bringing a dump beside the live database, into one that nobody knows of yet."""

from pathlib import Path

from psycopg import sql

from playbooks.actions.postgres.recorded import FromBackup, dump_name, recorded
from playbooks.byhand import postgres as by_hand
from playbooks.datastores.postgres_model import Extension
from playbooks.datastores.postgres_names import side_name
from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.hosts.postgres import databases, running, tools
from playbooks.hosts.postgres.connection import (
    Connection,
    administering,
    connected,
    password_of,
    postgres_store,
)
from playbooks.hosts.postgres.description import database_oid, server
from playbooks.hosts.postgres.sessions import end_earlier_attempts, end_work_of_run
from playbooks.model.base import JsonObject, Model
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


class SideArgs(Model):
    """A datastore whose side database this run has made, or not."""

    datastore: str


def load_side(work: Work, args: LoadArgs) -> JsonObject:
    """Makes the side database anew and loads the dump into it. `{side, roles_created}`.

    Repeating it ends what an earlier attempt left running, and starts afresh. Raises
    DatastoreError, HostError with pg_restore's own words, BrokenBackup.
    """
    facts = recorded(work, args)
    store = postgres_store(work.stack, args.datastore)
    side = side_name(store.database, work.run)
    with administering(store, work.secrets, work.tag) as admin:
        end_earlier_attempts(admin, work.tag)
        databases.drop(admin, side)
        roles = databases.create_missing_roles(admin, facts.description.roles)
        here, wanted = server(admin), facts.description
        databases.create_empty(admin, side, wanted.owner, wanted.locale, here)
        with connected(store, work.secrets, work.tag, side) as inside:
            _create_older_extensions(inside, wanted.extensions)
        _restore(work, args, side, wanted.size_bytes, admin)
    return {"side": side, "roles_created": list(roles)}


def drop_side(work: Work, args: SideArgs) -> JsonObject:
    """Ends what this run left running and drops its side database, if there is one. `{dropped}`."""
    store = postgres_store(work.stack, args.datastore)
    side = side_name(store.database, work.run)
    with administering(store, work.secrets, work.tag) as admin:
        end_work_of_run(admin, work.run_tag)
        there = database_oid(admin, side) is not None
        databases.drop(admin, side)
    return {"dropped": there}


def _restore(work: Work, args: LoadArgs, side: str, expected: int, admin: Connection) -> None:
    """`expected` is how big the database was when it was dumped, in bytes."""
    store = postgres_store(work.stack, args.datastore)
    dump = args.files.get(dump_name(args.datastore))
    if dump is None:
        raise BrokenBackup(f"Backup {args.backup} has no {dump_name(args.datastore)}.")
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
        argv = tools.restore_argv(store, side, file, store.jobs)
        with running.started(store, argv, environment) as child:
            child.wait(look, _LOOK_SECONDS)
            child.finish()


def _create_older_extensions(inside: Connection, wanted: dict[str, Extension]) -> None:
    """A dump names no versions, so it would get today's. Others are created beforehand."""
    offered = {(name, version): usual for name, version, usual in inside.execute(_OFFERED)}
    for name, extension in wanted.items():
        usual = offered.get((name, extension.version))
        if usual is None:
            raise DatastoreError(
                f"The backup needs the extension {name} {extension.version}; "
                "this server does not offer it.",
                "Install that version on the server and ask again.",
            )
        if usual or name == "plpgsql":
            continue
        if extension.schema_name not in _ALWAYS_THERE:
            raise DatastoreError(
                f"The extension {name} {extension.version} is not this server's usual version "
                f"and belongs into the schema {extension.schema_name}, which is not there yet.",
                "Make that version the default one on the server and ask again.",
            )
        inside.execute(
            sql.SQL("CREATE EXTENSION {} SCHEMA {} VERSION {}").format(
                sql.Identifier(name),
                sql.Identifier(extension.schema_name),
                sql.Literal(extension.version),
            )
        )


LOAD_ACTIONS = (
    Action("postgres.load_side", LoadArgs, load_side, by_hand.load_side),
    Action("postgres.drop_side", SideArgs, drop_side, by_hand.drop_side),
)
