"""Connections to a Redis server, with a limit to each answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from playbooks.errors import DatastoreError
from playbooks.hosts.containers.ports import address_of
from playbooks.hosts.redis.contained import container_of, redis_store
from playbooks.model.secret import Secret
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

Server = Any
"""A `redis.Redis`; what it answers depends on the command."""

ANSWER_SECONDS = 5.0
_CONNECT_SECONDS = 4.0


@contextmanager
def connected(stack: Stack, name: str, secrets: Secrets, database: int = 0) -> Iterator[Server]:
    """The datastore `name`, answering in text. Raises DatastoreError, HostError, UnknownName,
    BadArgument, SecretUnavailable."""
    store = redis_store(stack, name)
    password = secrets.resolve(store.password) if store.password else None
    with connected_as(stack, name, store.user, password, database) as server:
        yield server


@contextmanager
def connected_as(
    stack: Stack, name: str, user: str, password: Secret | None, database: int = 0
) -> Iterator[Server]:
    """The same as another user, or with another password; no user is the default one."""
    host, port = address_of(container_of(stack, name), redis_store(stack, name).port)
    server = redis.Redis(
        host=host,
        port=port,
        db=database,
        username=user or None,
        password=password.reveal() if password else None,
        protocol=2,
        decode_responses=True,
        encoding_errors="replace",
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=_CONNECT_SECONDS,
        client_name="interlock",
    )
    try:
        yield server
    except redis.TimeoutError as error:
        raise DatastoreError(
            f"Redis at {host}:{port} did not answer within {ANSWER_SECONDS:g} s.", "Try again."
        ) from error
    except redis.AuthenticationError as error:
        raise DatastoreError(
            f"Redis at {host}:{port} lets nobody in like this: {_words(error)}.",
            "Look at `user` and `password` of the datastore in the stack file.",
        ) from error
    except redis.ConnectionError as error:
        raise DatastoreError(
            f"No connection to Redis at {host}:{port}: {_words(error)}.",
            "Check that it runs and listens there.",
        ) from error
    except redis.RedisError as error:
        raise DatastoreError(f"Redis at {host}:{port} refused: {_words(error)}.") from error
    finally:
        server.close()


def _words(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
