"""Connections to PostgreSQL, each marked with who opened it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from playbooks.datastores.postgres_stores import described_store
from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.contained import contained
from playbooks.model.datastores import PostgresStore
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

Connection = psycopg.Connection[TupleRow]

CONNECT_SECONDS = 10
# Whatever the role or the database sets for its applications must not cut our own work short.
_OUR_SETTINGS = (
    "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=5s "
    "-c default_transaction_read_only=off -c search_path= -c row_security=off "
    "-c client_min_messages=warning"
)


def postgres_store(stack: Stack, name: str, database: str = "") -> PostgresStore:
    """The datastore `name`, where it can be reached: a `ContainedStore` if it is in a container.

    Of a whole server it is the database that is named, or the one it is administered from. Raises
    UnknownName, BadArgument when it is no PostgreSQL, HostError when its container does not run.
    """
    return contained(stack, described_store(stack, name, database))


def password_of(store: PostgresStore, secrets: Secrets) -> str | None:
    """The password's value, resolved at the last moment."""
    return secrets.resolve(store.password).reveal() if store.password else None


def open_connection(
    store: PostgresStore, secrets: Secrets, tag: str, database: str | None = None
) -> Connection:
    """A connection in autocommit mode to `database`, the store's own one unless named.

    Raises DatastoreError with the server's reason.
    """
    target = database if database is not None else store.database
    parameters: dict[str, Any] = {
        "host": store.host,
        "port": store.port,
        "user": store.user,
        "password": password_of(store, secrets),
        "dbname": target,
        "application_name": tag[:63],
        "options": _OUR_SETTINGS,
        "connect_timeout": CONNECT_SECONDS,
    }
    try:
        return psycopg.connect(autocommit=True, **parameters)
    except psycopg.OperationalError as error:
        raise DatastoreError(
            f"No connection to the database {target!r} at {store.host}:{store.port} "
            f"as {store.user}: {first_line(error)}.",
            "Check that it runs and that the stack file's address, user and password are right.",
        ) from error


def as_application(store: PostgresStore, tag: str, database: str) -> Connection:
    """A connection with the settings that an application gets, to a server that trusts us.

    Raises DatastoreError.
    """
    try:
        return psycopg.connect(
            host=store.host,
            port=store.port,
            user=store.user,
            dbname=database,
            application_name=tag[:63],
            connect_timeout=CONNECT_SECONDS,
        )
    except psycopg.OperationalError as error:
        raise DatastoreError(f"No connection to {database!r}: {first_line(error)}.") from error


@contextmanager
def connected(
    store: PostgresStore, secrets: Secrets, tag: str, database: str | None = None
) -> Iterator[Connection]:
    """Like `open_connection`, closed at the end; the server's errors come as DatastoreError."""
    connection = open_connection(store, secrets, tag, database)
    try:
        yield connection
    except psycopg.Error as error:
        where = database if database is not None else store.database
        raise DatastoreError(f"The database {where!r} refused: {first_line(error)}.") from error
    finally:
        connection.close()


@contextmanager
def administering(
    store: PostgresStore, secrets: Secrets, tag: str, apart: Collection[str] = ()
) -> Iterator[Connection]:
    """A connection to a database that is not the store's own, so that that one can be renamed;
    nor one of `apart`.

    Raises DatastoreError when none of the usual ones lets us in.
    """
    usual = dict.fromkeys((store.maintenance_database, "postgres", "template1"))
    reasons = []
    for database in usual:
        if database == store.database or database in apart:
            continue
        try:
            open_connection(store, secrets, tag, database).close()
        except DatastoreError as error:
            reasons.append(error.message)
            continue
        with connected(store, secrets, tag, database) as connection:
            yield connection
            return
    raise DatastoreError(
        f"{store.database!r} must be administered from another database, and none can be "
        f"reached. {' '.join(reasons)}",
        "Name one as maintenance_database in the stack file.",
    )


def first_line(error: psycopg.Error) -> str:
    """The server's own words, without the passages that repeat the statement."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
