"""What facts about PostgreSQL have in common: what is told of a database, from outside and in."""

import os
from pathlib import Path
from typing import Any

from playbooks.datastores.postgres_model import ContainerIdentity, DatabaseFact
from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.disk import PathArgs, free
from playbooks.hosts.containers.files import SCRATCH, room_in
from playbooks.hosts.postgres import description
from playbooks.hosts.postgres.connection import Connection
from playbooks.hosts.postgres.contained import on_host
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.hosts.postgres.sessions import sessions_in
from playbooks.hosts.postgres.statements import names_in_list
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Reading

TAG = "interlock-facts"

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


def from_outside(reading: Reading, admin: Connection, store: PostgresStore) -> DatabaseFact:
    """What can be told of a database without being in it; as if it were not there."""
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
    disk = data_disk(reading, store, directory)
    return DatabaseFact(
        container=_container(store),
        read_at=reading.now,
        server=description.server(admin),
        in_recovery=recovering,
        data_free_bytes=disk["free_bytes"] if disk else None,
        data_device=disk["device"] if disk else None,
        **_scratch(store, directory),
        user=description.our_user(admin, store.database),
        roles=tuple(roles),
        databases=tuple(databases),
        offers={name: tuple(versions) for name, versions in admin.execute(_OFFERS)},
        preloaded=None if preloaded is None else tuple(names_in_list(preloaded)),
    )


def data_disk(reading: Reading, store: PostgresStore, directory: str | None) -> JsonObject | None:
    """The disk under the data directory, when the server runs on this host."""
    if isinstance(store, ContainedStore):
        mounted = on_host(store, directory) if directory else None
        return free(reading, PathArgs(path=mounted)) if mounted else None
    here = store.host.startswith("/") or store.host in _THIS_HOST
    if not here or directory is None or not os.access(directory, os.F_OK):
        return None
    return free(reading, PathArgs(path=Path(directory)))


def _scratch(store: PostgresStore, directory: str | None) -> dict[str, Any]:
    """The place in the container that a dump is copied to; nothing where it cannot be told."""
    if not isinstance(store, ContainedStore):
        return {}
    try:
        scratch = room_in(store.container, SCRATCH)
        data = room_in(store.container, directory) if directory else None
    except HostError:
        return {}
    return {"scratch_free_bytes": scratch.free_bytes, "scratch_is_data": scratch == data}


def _container(store: PostgresStore) -> ContainerIdentity | None:
    if not isinstance(store, ContainedStore):
        return None
    return ContainerIdentity(id=store.container, image=store.image)


def from_inside(inside: Connection, fact: DatabaseFact) -> DatabaseFact:
    """The same with what only the database itself tells."""
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
