"""Which database of which server a plan's step is about, as the stack file describes it. Pure."""

import hashlib
import re

from playbooks.errors import BadArgument
from playbooks.model.datastores import PostgresAccess, PostgresServerStore, PostgresStore
from playbooks.model.stack import Stack

# Short enough for the names of steps, which mark sessions of the server.
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_]{0,23}")


def described_store(stack: Stack, name: str, database: str = "") -> PostgresStore:
    """The datastore `name`; of a whole server the database that is named, or the one it is
    administered from. Raises UnknownName, BadArgument."""
    store = stack.datastore(name)
    if isinstance(store, PostgresServerStore):
        return store.one(database or store.maintenance_database)
    if not isinstance(store, PostgresStore):
        raise _other_kind(stack, name)
    if database not in {"", store.database}:
        raise BadArgument(
            f"{stack.name}/{name} is the database {store.database!r} alone, not {database!r}.",
            "Leave the database out.",
        )
    return store


def server_store(stack: Stack, name: str) -> PostgresServerStore:
    """Raises UnknownName, BadArgument when it is another kind of datastore."""
    store = stack.datastore(name)
    if not isinstance(store, PostgresServerStore):
        raise _other_kind(stack, name)
    return store


def is_postgres(stack: Stack, name: str) -> bool:
    """Whether it is one database or a server of them. Raises UnknownName."""
    return isinstance(stack.datastore(name), PostgresAccess)


def slug_of(database: str) -> str:
    """A database's name in the names of artifacts and steps; odd names are told by a digest."""
    if _PLAIN.fullmatch(database):
        return database
    return f"db-{hashlib.sha256(database.encode()).hexdigest()[:12]}"


def dump_name(datastore: str, database: str = "") -> str:
    """The plain name of a dump among a backup's artifacts."""
    return f"{datastore}.{slug_of(database)}.dump" if database else f"{datastore}.dump"


def globals_name(datastore: str) -> str:
    """The plain name of the server's roles among a backup's artifacts."""
    return f"{datastore}.globals.sql"


def _other_kind(stack: Stack, name: str) -> BadArgument:
    return BadArgument(f"{stack.name}/{name} is {stack.datastore(name).kind}, not postgres.")
