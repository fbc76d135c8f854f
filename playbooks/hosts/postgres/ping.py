"""Whether a PostgreSQL server lets us in and answers."""

import psycopg

from playbooks.errors import DatastoreError
from playbooks.hosts.postgres.connection import password_of, postgres_store
from playbooks.hosts.probes import whole_seconds
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def ping(stack: Stack, name: str, secrets: Secrets, seconds: float) -> None:
    """Raises DatastoreError with the server's words, HostError, SecretUnavailable."""
    store = postgres_store(stack, name)
    where = f"PostgreSQL at {store.host}:{store.port}"
    try:
        with psycopg.connect(
            host=store.host,
            port=store.port,
            user=store.user,
            password=password_of(store, secrets),
            dbname=store.database,
            application_name="interlock-health",
            connect_timeout=max(2, whole_seconds(seconds)),
            options=f"-c statement_timeout={int(seconds * 1000)}",
            autocommit=True,
        ) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        words = str(error).strip().splitlines()
        raise DatastoreError(f"{where}: {words[-1] if words else type(error).__name__}.") from error
