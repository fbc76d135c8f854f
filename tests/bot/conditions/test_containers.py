"""Interlock's own conditions on real containers: started again and again, killed for want of
memory, memory against its limit, failed logins in what they write."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from bot.workspace.testing import running_workspace
from tests.bot.conditions.test_conditions import card
from tests.images.build import image
from tests.support.bot import Bot, interlock_yaml, wait_until
from tests.support.docker import PASSWORD, Project, require_docker
from tests.support.pg_container import wait_until_ready
from tests.support.talk import ask, text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_COMPOSE = """
services:
  crasher:
    image: ${APP_IMAGE}
    entrypoint: [sh, -c, "echo WARN login failed for carol from 203.0.113.9; sleep 0.3; exit 1"]
    restart: always
  eater:
    image: ${APP_IMAGE}
    entrypoint: [sh, -c, "sleep 2; tail /dev/zero; sleep 600"]
    mem_limit: 24m
    memswap_limit: 24m
  keeper:
    image: ${APP_IMAGE}
    entrypoint: [sh, -c, "head -c 28m /dev/zero | tail -n 1 | sleep 600"]
    mem_limit: 32m
    memswap_limit: 32m
  postgres:
    image: ${POSTGRES_IMAGE}
    command: [-c, max_connections=13, -c, superuser_reserved_connections=3]
    environment: {POSTGRES_PASSWORD: "${PASSWORD}"}
    ports: ["127.0.0.1::5432"]
    stop_signal: SIGINT
"""
_THRESHOLDS = {
    "loop": {"measure": "restart_loop", "severity": "critical"},
    "killed": {"measure": "out_of_memory", "severity": "critical", "services": ["eater"]},
    "memory": {"measure": "memory_used_percent", "limit": 50, "services": ["keeper"]},
    "pool": {"measure": "pool_exhausted", "severity": "critical"},
    "busy": {"measure": "database_cpu_percent", "limit": 8, "lasting": "2s"},
}


@dataclass(frozen=True)
class Harness:
    """The bot, and the containers that it looks at."""

    bot: Bot
    project: Project


@pytest.fixture(scope="module")
def bot(harness: Harness) -> Bot:
    return harness.bot


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A bot that looks every two seconds at containers, few of which are well."""
    require_docker()
    folder: Path = tmp_path_factory.mktemp("containers")
    made = Project(f"harbor-{uuid.uuid4().hex[:6]}", folder)
    (folder / "compose.yaml").write_text(_COMPOSE)
    known = {
        "APP_IMAGE": image("app"),
        "POSTGRES_IMAGE": image("postgres"),
        "PASSWORD": f'"{PASSWORD}"',
    }
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in known.items()))
    stack = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "compose": {"project": made.name, "files": ["compose.yaml"], "env_files": [".env"]},
        "services": {"crasher": {}, "eater": {}, "keeper": {}, "postgres": {}},
        "datastores": {
            "main": {
                "kind": "postgres",
                "service": "postgres",
                "database": "postgres",
                "user": "postgres",
                "password": "env:PG_PASSWORD",
            }
        },
        "thresholds": _THRESHOLDS,
        "security": {
            "use": ["app", "postgres"],
            "counts": {
                "failed-login": {"at_least": 3, "by": "source"},
                "permission-denied": {"at_least": 2},
            },
        },
    }
    (folder / "harbor.yaml").write_text(json.dumps(stack))
    quick = {
        "conditions": {"every": "2s", "logs_every": "2s"},
        "sampling": {"interval": "2s"},
        "alerts": {"storm": {"groups": 50}},
    }
    (folder / "interlock.yaml").write_text(json.dumps(interlock_yaml("harbor.yaml") | quick))
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
    ):
        bot = Bot(folder, Sim(workspace, http))
        environment.setenv("PG_PASSWORD", PASSWORD)
        try:
            bot.start()
            made.compose("up", "--detach")
            wait_until_ready(made)
            yield Harness(bot, made)
        finally:
            bot.end()
            made.compose("down", "--volumes", "--timeout", "1")


@pytest.mark.covers("R1", "RNAC", only="restart loops of containers")
def test_a_container_that_is_started_again_and_again(bot: Bot) -> None:
    """Critical, with the container and how often it was started in ten minutes."""
    said = text_of(card(bot, "loop", "firing", 60))
    assert "CRITICAL" in said and "crasher-1 is started again and again" in said
    assert "service=crasher" in said and "eater" not in said


@pytest.mark.covers("R1", "RNAC", only="out of memory, and memory against a container's limit")
def test_a_container_without_memory(bot: Bot) -> None:
    """The kernel's kill is an alert with the limit; one that nears its own limit is, too."""
    said = text_of(card(bot, "killed", "firing", 60))
    assert "eater-1, which may use 25 MB, was killed for want of memory" in said
    said = text_of(card(bot, "memory", "firing", 60))
    assert "keeper uses" in said and "of 34 MB" in said


@pytest.mark.covers("R10", "RNAC", only="failed logins, in what a container writes")
def test_failed_logins_in_what_a_container_writes(bot: Bot) -> None:
    """The output of containers is looked through like any log."""
    said = text_of(card(bot, "security-failed-login", "firing", 60))
    assert "203.0.113.9" in said and "in the logs of crasher" in said


@pytest.mark.covers("R1", "RNAC", only="connections and processor of PostgreSQL")
def test_a_database_without_connections_and_with_much_to_do(harness: Harness) -> None:
    """All connections but those of administrators are taken: critical, with how many; what it uses
    of a core is measured, too."""
    with ExitStack() as closing:
        taken = [psycopg.connect(harness.project.uri(), autocommit=True) for _ in range(10)]
        for connection in taken:
            closing.callback(connection.close)
        assert "no connections left: 10 of 10" in text_of(card(harness.bot, "pool", "firing", 60))
        busy = "SET statement_timeout = '8s'; SELECT count(*) FROM generate_series(1, 1000000000)"
        with pytest.raises(psycopg.errors.QueryCanceled):
            taken[0].execute(busy)
        assert "% of a core" in text_of(card(harness.bot, "busy", "firing", 60))


@pytest.mark.covers("R10", "RNAC", only="failed logins and refusals, in the log of a database")
def test_the_log_of_a_database_is_looked_through(harness: Harness) -> None:
    """Who may not read what they ask for leaves a trace, and an alert with an example."""
    with psycopg.connect(harness.project.uri(), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest; CREATE TABLE secrets (id int); SET ROLE guest")
        for _ in range(2):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM secrets")
    said = text_of(card(harness.bot, "security-permission-denied", "firing", 60))
    assert "permission denied for table secrets" in said and "in the logs of postgres" in said


def test_what_cannot_be_asked_is_said(bot: Bot) -> None:
    """Everything is measured here: nothing is listed that is not."""
    wait_until(lambda: "memory used percent" in ask(bot.sim, "alerts harbor"), "the list")
    assert "cannot be measured" not in ask(bot.sim, "alerts")
