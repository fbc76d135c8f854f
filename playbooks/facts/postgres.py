"""Facts of a PostgreSQL datastore. Reading changes nothing in it."""

import os
from pathlib import Path
from typing import Any

from playbooks.datastores.postgres_model import ContainerIdentity, DatabaseFact, KeptFact
from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.facts.disk import PathArgs, free
from playbooks.hosts.postgres import description
from playbooks.hosts.postgres.connection import (
    Connection,
    administering,
    connected,
    postgres_store,
)
from playbooks.hosts.postgres.contained import ContainedStore, on_host
from playbooks.hosts.postgres.kept import kept_copies
from playbooks.hosts.postgres.rows import Budget, count_rows, read_written
from playbooks.hosts.postgres.sessions import sessions_in
from playbooks.hosts.postgres.statements import names_in_list
from playbooks.hosts.postgres.timescale import see_everything
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Reading
from playbooks.registry import Reader

_TAG = "interlock-facts"
_OFFERS = """
    SELECT name::text, array_agg(version ORDER BY version) FROM pg_available_extension_versions
    GROUP BY 1
"""
_PRELOADED = """
    SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'usage')
           THEN current_setting('shared_preload_libraries') END
"""
_THIS_HOST = frozenset({"127.0.0.1", "::1", "localhost"})


class OneDatastore(Model):
    """A datastore of the stack, by name."""

    datastore: str


class CountArgs(Model):
    """`run` counts the copy that run kept instead of the live database."""

    datastore: str
    seconds: float = 2.0
    run: str | None = None


def read_database(reading: Reading, args: OneDatastore) -> JsonObject:
    """A `DatabaseFact`: what there is now, and what would stand in the way of a restore."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        with administering(store, reading.secrets, _TAG) as admin:
            exists = description.database_oid(admin, store.database) is not None
            fact = _from_outside(reading, admin, store)
        if exists:
            with connected(store, reading.secrets, _TAG) as inside:
                fact = _from_inside(inside, fact)
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return fact.model_dump(mode="json")


def read_rows(reading: Reading, args: CountArgs) -> JsonObject:
    """A `Counted` and, under `written`, a `Written`. Budget in seconds."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        database = store.database
        if args.run is not None:
            database = _kept_database(reading, args.datastore, args.run)
        with connected(store, reading.secrets, _TAG, database) as connection:
            see_everything(connection)
            counted = count_rows(connection, Budget(args.seconds))
            written = read_written(connection)
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return {**counted.model_dump(mode="json"), "written": written.model_dump(mode="json")}


def read_kept(reading: Reading, args: OneDatastore) -> JsonObject:
    """A `KeptFact`: what earlier restores set aside, newest first."""
    try:
        store = postgres_store(reading.stack, args.datastore)
        with administering(store, reading.secrets, _TAG) as admin:
            copies = kept_copies(admin, store.database)
    except ActionFailed as error:
        raise FactUnavailable(str(error)) from error
    return KeptFact(copies=copies).model_dump(mode="json")


def _kept_database(reading: Reading, datastore: str, run: str) -> str:
    kept = KeptFact.model_validate(read_kept(reading, OneDatastore(datastore=datastore))).of(run)
    if kept is None:
        raise FactUnavailable(f"run {run} kept no copy of {datastore}")
    return kept.database


def _from_outside(reading: Reading, admin: Connection, store: PostgresStore) -> DatabaseFact:
    recovering, directory = _one_row(
        admin,
        "SELECT pg_is_in_recovery(), CASE WHEN pg_has_role('pg_read_all_settings', 'usage') "
        "THEN current_setting('data_directory') END",
    )
    (roles,) = _one_row(admin, "SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles")
    (databases,) = _one_row(
        admin, "SELECT array_agg(datname::text ORDER BY datname) FROM pg_database"
    )
    (preloaded,) = _one_row(admin, _PRELOADED)
    disk = _disk(reading, store, directory)
    return DatabaseFact(
        container=_container(store),
        read_at=reading.now,
        server=description.server(admin),
        in_recovery=recovering,
        data_free_bytes=disk["free_bytes"] if disk else None,
        data_device=disk["device"] if disk else None,
        user=description.our_user(admin, store.database),
        roles=tuple(roles),
        databases=tuple(databases),
        offers={name: tuple(versions) for name, versions in admin.execute(_OFFERS)},
        preloaded=None if preloaded is None else tuple(names_in_list(preloaded)),
    )


def _disk(reading: Reading, store: PostgresStore, directory: str | None) -> JsonObject | None:
    """The disk under the data directory, when the server runs on this host."""
    if isinstance(store, ContainedStore):
        mounted = on_host(store, directory) if directory else None
        return free(reading, PathArgs(path=mounted)) if mounted else None
    here = store.host.startswith("/") or store.host in _THIS_HOST
    if not here or directory is None or not os.access(directory, os.F_OK):
        return None
    return free(reading, PathArgs(path=Path(directory)))


def _container(store: PostgresStore) -> ContainerIdentity | None:
    if not isinstance(store, ContainedStore):
        return None
    return ContainerIdentity(id=store.container, image=store.image)


def _from_inside(inside: Connection, fact: DatabaseFact) -> DatabaseFact:
    return fact.model_copy(
        update={
            "description": description.describe(inside),
            "obstacles": description.obstacles(inside),
            "connections": sessions_in(inside, inside.info.dbname),
        }
    )


def _one_row(connection: Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    if row is None:
        raise FactUnavailable("the server gave no answer")
    return row


READERS: tuple[Reader[Any], ...] = (
    Reader("postgres.database", OneDatastore, read_database),
    Reader("postgres.rows", CountArgs, read_rows),
    Reader("postgres.kept", OneDatastore, read_kept),
)
