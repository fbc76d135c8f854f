"""Looks into PostgreSQL datastores. Nothing is changed: every session is read-only."""

from collections.abc import Callable
from functools import partial
from typing import Any

from playbooks.errors import ActionFailed, DatastoreError, FactUnavailable, SecretUnavailable
from playbooks.hosts.postgres.connection import postgres_store
from playbooks.hosts.postgres.insight.activity import active, connections, locks
from playbooks.hosts.postgres.insight.explain import explain
from playbooks.hosts.postgres.insight.overview import overview
from playbooks.hosts.postgres.insight.pool import pool, says_full
from playbooks.hosts.postgres.insight.replication import replication
from playbooks.hosts.postgres.insight.session import Session, reading
from playbooks.hosts.postgres.insight.statements import slow
from playbooks.hosts.postgres.insight.storage import bloat, cache, sizes
from playbooks.model.base import JsonObject, Model
from playbooks.model.datastores import PostgresStore
from playbooks.model.insight import Insight
from playbooks.model.pool import Pool
from playbooks.ports import Reading
from playbooks.registry import Reader


class LookArgs(Model):
    """A datastore of kind postgres or postgres-server, and of a server which database; empty for
    the one that it is administered from."""

    datastore: str
    database: str = ""


class ExplainArgs(LookArgs):
    """`name` is one of the stack file's `queries`."""

    name: str


def _look(
    look: Callable[[Session, Reading], Insight], context: Reading, args: LookArgs
) -> JsonObject:
    """An `Insight`. Raises FactUnavailable."""
    try:
        store = postgres_store(context.stack, args.datastore, args.database)
        with reading(store, context.secrets) as session:
            return look(session, context).model_dump(mode="json")
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(error.message, error.hint) from error


def _pool(context: Reading, args: LookArgs) -> JsonObject:
    """A `Pool`. A server that lets nobody in any more has none left. Raises FactUnavailable."""
    try:
        store = postgres_store(context.stack, args.datastore, args.database)
        return _pool_of(store, context).model_dump(mode="json")
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(error.message, error.hint) from error


def _pool_of(store: PostgresStore, context: Reading) -> Pool:
    """Counted from another database, where there is one: this one may be about to be swapped."""
    others = (store.maintenance_database, "postgres", "template1")
    refused: DatastoreError | None = None
    for name in dict.fromkeys(
        (*(each for each in others if each != store.database), store.database)
    ):
        try:
            with reading(store.model_copy(update={"database": name}), context.secrets) as session:
                return pool(session)
        except DatastoreError as error:
            if says_full(error.message):
                return Pool(taken=0, room=0)
            refused = error
    raise refused or DatastoreError(f"{store.database!r} has no database that can be asked.")


def _explained(context: Reading, args: ExplainArgs) -> JsonObject:
    """An `Insight`. Raises FactUnavailable, UnknownName."""
    query = context.stack.query(args.name)

    def look(session: Session, _: Reading) -> Insight:
        return explain(session, args.name, query.sql)

    return _look(look, context, LookArgs(datastore=args.datastore, database=args.database))


def _reader(name: str, look: Callable[[Session], Insight]) -> Reader[LookArgs]:
    return Reader(f"db.{name}", LookArgs, partial(_look, lambda session, _: look(session)))


READERS: tuple[Reader[Any], ...] = (
    Reader(
        "db.overview",
        LookArgs,
        partial(_look, lambda session, context: overview(session, context.now)),
    ),
    _reader("connections", connections),
    _reader("sizes", sizes),
    _reader("slow", slow),
    _reader("active", active),
    _reader("locks", locks),
    _reader("cache", cache),
    _reader("replication", replication),
    _reader("bloat", bloat),
    Reader("db.pool", LookArgs, _pool),
    Reader("db.explain", ExplainArgs, _explained),
)
