"""Where the PostgreSQL and the Redis of each test system are, and how tests ask them directly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.support.bot import wait_until
from tests.support.docker import REDIS_PASSWORD
from tests.support.systems import System
from tests.support.talk import ephemeral_to, text_of


@dataclass(frozen=True)
class Where:
    """The datastore's name, which is the service's too; the database and its user."""

    store: str
    database: str
    user: str
    option: str = ""


POSTGRES = {
    "relica": Where("postgres", "postgres", "postgres"),
    "neurocore": Where("postgres", "neurosurgery_kb", "neurosurgery_admin"),
    "analytics-engine": Where("timescaledb", "multiservice_db", "multiservice_user"),
    "arc": Where("postgres", "arc_db", "arc", " --database arc_db"),
}


@contextmanager
def session(system: System, **more: Any) -> Iterator[psycopg.Connection[Any]]:
    """A session of an application, in autocommit mode."""
    at = POSTGRES[system.name]
    uri = system.project.uri(at.database, at.user, at.store)
    with psycopg.connect(uri, autocommit=True, **more) as connection:
        yield connection


def sql(system: System, query: str) -> list[tuple[Any, ...]]:
    with session(system) as connection:
        answer = connection.execute(query.encode())
        return answer.fetchall() if answer.description else []


def redis_cli(system: System, *words: str) -> str:
    """What redis-cli in the container says."""
    asked = ("env", f"REDISCLI_AUTH={REDIS_PASSWORD}") if system.name == "relica" else ()
    return system.project.in_container("redis", *asked, "redis-cli", *words).strip()


def answer(system: System, text: str) -> str:
    """The answer to `/ops TEXT`, also when it takes longer than Slack shows one at once: a server
    that just began needs a while for its first answers."""
    known = len(ephemeral_to(system.bot.sim, "ana", "ops"))
    said = system.bot.sim.command(text, user="ana", channel="ops")
    if said["response"]:
        return text_of(said["response"])
    found: list[str] = wait_until(
        lambda: ephemeral_to(system.bot.sim, "ana", "ops")[known:], f"the answer to {text}", 40
    )
    return found[-1]
