"""Sessions that read and can do nothing else, each answer within a few seconds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import first_line, password_of
from playbooks.model.datastores import PostgresStore
from playbooks.ports import Secrets

Session = psycopg.Connection[Any]

TAG = "interlock-insight"
ANSWER_SECONDS = 5
_CONNECT_SECONDS = 4
_OPTIONS = (
    f"-c default_transaction_read_only=on -c statement_timeout={ANSWER_SECONDS}s "
    "-c lock_timeout=1s -c idle_in_transaction_session_timeout=30s -c search_path= "
    "-c client_min_messages=warning"
)


@contextmanager
def reading(store: PostgresStore, secrets: Secrets) -> Iterator[Session]:
    """A session in the store's database. Raises DatastoreError with the server's reason, also when
    an answer takes too long."""
    parameters: dict[str, Any] = {
        "host": store.host,
        "port": store.port,
        "user": store.user,
        "password": password_of(store, secrets),
        "dbname": store.database,
        "application_name": TAG,
        "options": _OPTIONS,
        "connect_timeout": _CONNECT_SECONDS,
    }
    try:
        session: Session = psycopg.Connection.connect(
            **parameters, autocommit=True, row_factory=namedtuple_row
        )
    except psycopg.OperationalError as error:
        raise DatastoreError(
            f"No connection to the database {store.database!r} at {store.host}:{store.port} "
            f"as {store.user}: {first_line(error)}.",
            "Check that it runs and that the stack file's address, user and password are right.",
        ) from error
    try:
        yield session
    except psycopg.errors.QueryCanceled as error:
        raise DatastoreError(
            f"{store.database!r} did not answer within {ANSWER_SECONDS} s.",
            "It is busy; try again, or a smaller question.",
        ) from error
    except psycopg.Error as error:
        raise DatastoreError(f"{store.database!r} refused: {first_line(error)}.") from error
    finally:
        session.close()


def one(session: Session, query: str, *values: object) -> Any:
    """The only row of the answer."""
    row = session.execute(query.encode(), values or None).fetchone()
    if row is None:
        raise DatastoreError("The server gave no answer.")
    return row


def rows(session: Session, query: str, *values: object) -> list[Any]:
    """All rows of the answer, with fields by name."""
    return list(session.execute(query.encode(), values or None))
