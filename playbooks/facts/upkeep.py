"""Facts that upkeep of a PostgreSQL rests on."""

from collections.abc import Callable
from typing import Any, TypeVar

from playbooks.datastores.upkeep_model import DatabasesFact
from playbooks.errors import ActionFailed, FactUnavailable, InputError, SecretUnavailable
from playbooks.facts.db import LookArgs
from playbooks.facts.postgres_reading import data_disk
from playbooks.hosts.postgres import upkeep
from playbooks.hosts.postgres.connection import postgres_store
from playbooks.hosts.postgres.insight.session import Session, one, reading
from playbooks.model.base import JsonObject
from playbooks.model.datastores import PostgresServerStore
from playbooks.ports import Reading
from playbooks.registry import Reader

T = TypeVar("T")


class NamedArgs(LookArgs):
    """A table, an index or a setting, as a person named it."""

    name: str


class SessionArgs(LookArgs):
    """A process of the server."""

    pid: int


def relation(context: Reading, args: NamedArgs) -> JsonObject:
    """A `RelationFact`. Raises FactUnavailable, UnknownName, BadArgument."""

    def look(session: Session) -> JsonObject:
        found = upkeep.relation(session, args.name)
        directory = one(session, _DIRECTORY).directory
        store = postgres_store(context.stack, args.datastore, args.database)
        disk = data_disk(context, store, directory)
        free = disk["free_bytes"] if disk else None
        return found.model_copy(update={"free_bytes": free}).model_dump(mode="json")

    return _asked(context, args, look)


def databases(context: Reading, args: LookArgs) -> JsonObject:
    """A `DatabasesFact`: the one that is named, or all of the datastore."""

    def look(session: Session) -> JsonObject:
        store = context.stack.datastore(args.datastore)
        names: tuple[str, ...] = (session.info.dbname,)
        if isinstance(store, PostgresServerStore) and not args.database:
            chosen = store.databases
            names = upkeep.databases(session) if chosen == "all" else chosen
        fact = DatabasesFact(databases=names, bytes=upkeep.total_bytes(session))
        return fact.model_dump(mode="json")

    return _asked(context, args, look)


def setting(context: Reading, args: NamedArgs) -> JsonObject:
    """A `SettingFact`. Raises FactUnavailable, UnknownName."""
    return _asked(
        context, args, lambda session: upkeep.setting(session, args.name).model_dump(mode="json")
    )


def session_of(context: Reading, args: SessionArgs) -> JsonObject:
    """A `SessionFact`. Raises FactUnavailable, UnknownName."""
    return _asked(
        context, args, lambda session: upkeep.session_of(session, args.pid).model_dump(mode="json")
    )


def _asked(context: Reading, args: LookArgs, look: Callable[[Session], T]) -> T:
    try:
        store = postgres_store(context.stack, args.datastore, args.database)
        with reading(store, context.secrets) as session:
            return look(session)
    except (ActionFailed, InputError, SecretUnavailable) as error:
        raise FactUnavailable(error.message, error.hint) from error


_DIRECTORY = """
    SELECT CASE WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'usage')
           THEN pg_catalog.current_setting('data_directory') END AS directory
"""

READERS: tuple[Reader[Any], ...] = (
    Reader("upkeep.relation", NamedArgs, relation),
    Reader("upkeep.databases", LookArgs, databases),
    Reader("upkeep.setting", NamedArgs, setting),
    Reader("upkeep.session", SessionArgs, session_of),
)
