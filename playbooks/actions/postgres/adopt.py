"""Taking in a dump of pg_dump that somebody brings."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import sql

from playbooks.actions.brought import AdoptArgs, required
from playbooks.actions.postgres.dump import DumpArgs, dump_of
from playbooks.byhand import given as by_hand
from playbooks.datastores.postgres_model import Description, DumpFacts
from playbooks.errors import BadArgument, BrokenBackup, HostError
from playbooks.hosts.postgres import databases, running, throwaway, tools
from playbooks.hosts.postgres.connection import (
    administering,
    connected,
    password_of,
    postgres_store,
)
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.hosts.postgres.description import describe, server
from playbooks.hosts.postgres.throwaway import Wanted
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Work
from playbooks.registry import Action

_LOOK_SECONDS = 1.0
_CREATE_ROLE = sql.SQL("CREATE ROLE {} NOLOGIN")
_MOST_ROLES = 200
_MISSING = re.compile(r'role "((?:[^"]|"")+)" does not exist')
_PLACED = "brought.dump"


def adopt(work: Work, args: AdoptArgs) -> JsonObject:
    """Loads a dump into a throwaway server and dumps it from there, with all that a backup says
    of a database: a bare dump says nothing of rows, and names roles without bringing them.

    Roles that it names are made without any rights. Owner, settings and privileges of the database
    itself, which are in no such dump, are those of the live one. Its StoreEntry.
    Raises BrokenBackup when it cannot be loaded, DatastoreError, HostError.
    """
    path = required(work, args)
    live = postgres_store(work.stack, args.datastore)
    with connected(live, work.secrets, work.tag) as session:
        now, here = describe(session), server(session)
    with _server(work, args, live, path, here.major) as store:
        _load(work, store, path, now)
        entry = dump_of(work, DumpArgs(datastore=args.datastore, backup=args.backup), store)
    return _as_live(entry, now)


def _load(work: Work, store: PostgresStore, path: Path, now: Description) -> None:
    """A role that is missing is made, and everything begins anew."""
    made = {now.owner}
    with administering(store, work.secrets, work.tag) as admin:
        admin.execute(_CREATE_ROLE.format(sql.Identifier(now.owner)))
        for _ in range(_MOST_ROLES):
            databases.drop(admin, store.database)
            databases.create_empty(admin, store.database, now.owner, now.locale, server(admin))
            missing = _missing_roles(work, store, path)
            if not missing:
                return
            if missing <= made:
                break
            for role in missing - made:
                admin.execute(_CREATE_ROLE.format(sql.Identifier(role)))
            made |= missing
    raise BrokenBackup(f"{path.name} names roles that cannot be made.", "Bring another dump.")


def _missing_roles(work: Work, store: PostgresStore, path: Path) -> frozenset[str]:
    """Loads the dump; the roles it stumbles over. Raises BrokenBackup with pg_restore's words."""
    environment = tools.tool_environment(
        password_of(store, work.secrets), work.tag, tools.RESTORE_SETTINGS
    )
    with running.within_reach(store, path, work.tag, work.check_stop) as file:
        argv = tools.restore_argv(store, store.database, file, 1)
        with running.started(store, argv, environment) as child:
            child.wait(work.check_stop, _LOOK_SECONDS)
            try:
                child.finish()
            except HostError as error:
                found = frozenset(_MISSING.findall(error.message))
                if found:
                    return frozenset(name.replace('""', '"') for name in found)
                raise BrokenBackup(
                    f"{path.name} cannot be loaded: {error.message}", "Bring another dump."
                ) from error
    return frozenset()


@contextmanager
def _server(
    work: Work, args: AdoptArgs, live: PostgresStore, path: Path, major: int
) -> Iterator[PostgresStore]:
    described = work.stack.datastore(args.datastore)
    if not isinstance(described, PostgresStore):
        raise BadArgument(f"{work.stack.name}/{args.datastore} is {described.kind}, not postgres.")
    wanted = Wanted(work.run, args.datastore, described)
    if isinstance(live, ContainedStore):
        files = {_PLACED: path}
        with throwaway.in_container(wanted, live.image, files, work.check_stop) as store:
            yield store
    else:
        with throwaway.on_this_host(wanted, major, work.check_stop) as store:
            yield store


def _as_live(entry: JsonObject, now: Description) -> JsonObject:
    """What a dump without `--create` does not have is as it is now."""
    facts = DumpFacts.model_validate(entry["facts"])
    kept = ("owner", "settings", "privileges", "connection_limit", "comment")
    description = facts.description.model_copy(
        update={
            **{name: getattr(now, name) for name in kept},
            "roles": tuple(dict.fromkeys((*facts.description.roles, *now.roles))),
        }
    )
    told = facts.model_copy(update={"description": description})
    return {**entry, "facts": told.model_dump(mode="json")}


ADOPT_ACTIONS = (Action("postgres.adopt", AdoptArgs, adopt, by_hand.adopt),)
