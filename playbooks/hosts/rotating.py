"""The ways a secret is changed where it lets in, and how it is tried whether it does."""

import subprocess
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import psycopg
from psycopg import sql

from playbooks.errors import ActionFailed, DatastoreError, HostError
from playbooks.hosts.postgres.connection import first_line, postgres_store
from playbooks.model.datastores import PostgresAccess, PostgresStore, RedisStore
from playbooks.model.rotation import PostgresSecret, RedisSecret, RotatedSecret, ScriptSecret
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

_CONNECT_SECONDS = 5


class Lock(Protocol):
    """What a secret opens."""

    def opens(self, value: Secret) -> bool:
        """Whether this value is let in. Raises ActionFailed when that cannot be tried."""
        ...

    def change(self, old: Secret, new: Secret) -> None:
        """From now on the new value is let in, and the old one is not. Raises ActionFailed."""
        ...


def lock_of(stack: Stack, name: str, secrets: Secrets) -> Lock | None:
    """None for a secret that nothing but its services knows. Raises UnknownName."""
    secret: RotatedSecret = stack.secret(name)
    match secret:
        case PostgresSecret():
            return _PostgresLock(stack, secret, secrets)
        case RedisSecret():
            return _RedisLock(stack, secret)
        case ScriptSecret():
            return _ScriptLock(name, secret)
        case _:
            return None


@dataclass(frozen=True)
class _PostgresLock:
    stack: Stack
    secret: PostgresSecret
    secrets: Secrets

    def opens(self, value: Secret) -> bool:
        store = self._store()
        try:
            self._login(store, self._role(store), value).close()
        except psycopg.OperationalError as error:
            if _is_refusal(error):
                return False
            raise DatastoreError(
                f"{store.host}:{store.port} cannot be asked: {first_line(error)}."
            ) from error
        return True

    def change(self, old: Secret, new: Secret) -> None:
        """What is sent is what the server keeps, made of the value here: so no log has it."""
        store = self._store()
        role = self._role(store)
        try:
            with self._administering(store, role, old) as connection:
                verifier = connection.pgconn.encrypt_password(
                    new.reveal().encode(), role.encode(), _algorithm(connection)
                ).decode()
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(role), sql.Literal(verifier)
                    )
                )
        except psycopg.Error as error:
            raise DatastoreError(
                f"The password of {role} was not changed: {first_line(error)}."
            ) from error

    def _administering(
        self, store: PostgresStore, role: str, old: Secret
    ) -> AbstractContextManager[psycopg.Connection[Any]]:
        """Interlock's own role changes itself with the value of before, others with its own."""
        if role == store.user:
            return self._login(store, role, old)
        own = self.secrets.resolve(store.password) if store.password else Secret("")
        return self._login(store, store.user, own)

    def _login(self, store: PostgresStore, role: str, value: Secret) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=store.host,
            port=store.port,
            user=role,
            password=value.reveal(),
            dbname=store.database,
            application_name="interlock-rotate",
            connect_timeout=_CONNECT_SECONDS,
            autocommit=True,
        )

    def _store(self) -> PostgresStore:
        return postgres_store(self.stack, self.secret.datastore)

    def _role(self, store: PostgresStore) -> str:
        return self.secret.role or store.user


@dataclass(frozen=True)
class _RedisLock:
    stack: Stack
    secret: RedisSecret

    def opens(self, value: Secret) -> bool:
        return bool(_redis().opens(self.stack, self.secret.datastore, self._user(), value))

    def change(self, old: Secret, new: Secret) -> None:
        _redis().change(self.stack, self.secret.datastore, self._user(), old, new)

    def _user(self) -> str:
        store = self.stack.datastore(self.secret.datastore)
        return self.secret.user or (store.user if isinstance(store, RedisStore) else "")


@dataclass(frozen=True)
class _ScriptLock:
    name: str
    secret: ScriptSecret

    def opens(self, value: Secret) -> bool:
        return self._run(self.secret.check, (value,)).returncode == 0

    def change(self, old: Secret, new: Secret) -> None:
        done = self._run(self.secret.set, (old, new))
        if done.returncode != 0:
            raise ActionFailed(
                f"{self.secret.set[0]} of the secret {self.name} ended with {done.returncode}.",
                "Look at what it says when a person runs it.",
            )

    def _run(
        self, argv: Sequence[str], values: Sequence[Secret]
    ) -> subprocess.CompletedProcess[bytes]:
        """Values go in by standard input; what it says is not kept, for it may repeat them."""
        try:
            return subprocess.run(
                list(argv),
                cwd=self.secret.directory,
                input="".join(f"{value.reveal()}\n" for value in values).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self.secret.seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HostError(
                f"{argv[0]} of the secret {self.name}: {type(error).__name__}."
            ) from error


def followed(stack: Stack, secret: RotatedSecret) -> bool:
    """Whether Interlock itself reads the value at one of the secret's places, where it needs it."""
    if not isinstance(secret, PostgresSecret | RedisSecret):
        return True
    store = stack.datastore(secret.datastore)
    match secret, store:
        case PostgresSecret(), PostgresAccess():
            own = secret.role in {"", store.user}
        case RedisSecret(), RedisStore():
            own = secret.user in {"", store.user, *(("default",) if not store.user else ())}
        case _:
            return True
    return not own or store.password in {place.reference for place in secret.places}


def _is_refusal(error: psycopg.OperationalError) -> bool:
    """Whether the server wanted a password and did not take ours. While a connection is made libpq
    tells no code, and its words are in any language; a server that is full says no after it, too:
    so whoever proves something tries a good value before and after."""
    connection = error.pgconn
    return bool(connection and (connection.used_password or connection.needs_password))


def _algorithm(connection: psycopg.Connection[Any]) -> bytes:
    row = connection.execute("SHOW password_encryption").fetchone()
    return str(row[0] if row else "scram-sha-256").encode()


def _redis() -> Any:
    """Its driver is only loaded where a stack has one."""
    return import_module("playbooks.hosts.redis.rotating")
