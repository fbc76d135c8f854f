"""One PostgreSQL in a container of its own, for tests that need what the embedded one lacks."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from tests.images.build import image
from tests.support.docker import PASSWORD, Project, require_docker
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets

SECRET = "env:PG_PASSWORD"
_SECONDS = 180.0


@contextmanager
def postgres_project(
    folder: Path,
    *options: str,
    settings: Mapping[str, str] = MappingProxyType({}),
    volumes: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Project]:
    """A compose project with one service `postgres`, up; gone with its volumes afterwards.

    `options` are the server's own words, `settings` its environment, `volumes` further ones by
    name.
    """
    require_docker()
    made = Project(f"pgtest-{uuid.uuid4().hex[:6]}", folder)
    described: JsonObject = {
        "image": image("postgres"),
        "command": ["postgres", *options],
        "environment": {"POSTGRES_PASSWORD": PASSWORD, **settings},
        "stop_signal": "SIGINT",
        "shm_size": "256m",
        "ports": ["127.0.0.1::5432"],
        "volumes": [
            "data:/var/lib/postgresql/data",
            *(f"{name}:{place}" for name, place in volumes.items()),
        ],
    }
    named: JsonObject = {"data": {}, **{name: {} for name in volumes}}
    compose = {"services": {"postgres": described}, "volumes": named}
    (folder / "compose.yaml").write_text(json.dumps(compose))
    try:
        made.compose("up", "--detach", "--quiet-pull")
        wait_until_ready(made)
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "2")


def wait_until_ready(made: Project) -> None:
    """Waits until the server lets us in from outside."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(made.uri(), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, made.compose("logs", "--tail", "20")
            time.sleep(0.2)


@contextmanager
def archiving_project(folder: Path, *options: str) -> Iterator[Project]:
    """The same, with an archive of its write-ahead log: the stanza `harbor`."""
    archiving = (
        *("-c", "archive_mode=on"),
        *("-c", "archive_command=pgbackrest --stanza=harbor archive-push %p"),
    )
    settings = {
        "PGBACKREST_PG1_PATH": "/var/lib/postgresql/data",
        "PGBACKREST_REPO1_PATH": "/var/lib/pgbackrest",
        "PGBACKREST_LOG_LEVEL_FILE": "off",
    }
    with postgres_project(
        folder,
        *options,
        *archiving,
        settings=settings,
        volumes={"archive": "/var/lib/pgbackrest"},
    ) as made:
        yield made


def moment_of(made: Project, database: str) -> datetime:
    """Now, as the server sees it, with a little time on both sides."""
    query(made, database, "SELECT pg_sleep(0.3)")
    [(now,)] = query(made, database, "SELECT clock_timestamp()")
    query(made, database, "SELECT pg_sleep(0.3)")
    assert isinstance(now, datetime)
    return now


def described(made: Project, store: Mapping[str, Any], **more: Any) -> JsonObject:
    """A stack file's content for the project, with a repository of its own; `store` completes the
    datastore `postgres`."""
    return {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": made.name, "files": [str(made.folder / "compose.yaml")]},
        "services": {"postgres": {}},
        "datastores": {
            "postgres": {
                "kind": "postgres",
                "service": "postgres",
                "user": "postgres",
                "password": SECRET,
                **store,
            }
        },
        "backup": {"repository": f"file://{made.folder}/{uuid.uuid4().hex[:8]}"},
        **more,
    }


def stack_of(made: Project, store: Mapping[str, Any], **more: Any) -> Stack:
    """The same as a stack."""
    return Stack.model_validate(described(made, store, **more))


def bench_of(made: Project, **store: Any) -> Bench:
    return Bench(stack_of(made, store), KnownSecrets({SECRET: PASSWORD}))


def query(made: Project, database: str, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(made.uri(database), autocommit=True) as connection:
        return connection.execute(question.encode()).fetchall()


def run(made: Project, database: str, script: str) -> None:
    """Statements one after the other, each in a transaction of its own."""
    with psycopg.connect(made.uri(database), autocommit=True) as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
