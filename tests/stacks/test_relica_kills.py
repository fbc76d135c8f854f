"""What is left when a server in a container dies in mid-dump, or a load is cancelled."""

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

import psycopg
import pytest

from playbooks.errors import InterlockError, StopRequested
from playbooks.hosts.services import runner_of
from playbooks.model.stack_file import load_stack
from playbooks.operations.lifecycle import START, LifecycleParams
from tests.support import fingerprint
from tests.support.docker import PASSWORD, Project
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets, TestWork

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FILL = """
CREATE TABLE big AS
  SELECT g AS id, repeat(md5(g::text), 8) AS said FROM generate_series(1, 300000) g
"""


def _nothing(_: TestWork) -> None:
    return None


@dataclass
class StrickenWork(TestWork):
    """Something happens, once, at the first progress of a step."""

    __test__ = False

    at: str = ""
    strike: Callable[[TestWork], None] = _nothing

    def progress(self, done: int, total: int | None = None, unit: str = "bytes") -> None:
        super().progress(done, total, unit)
        if self.step == self.at:
            self.at = ""
            self.strike(self)


def stricken(work: TestWork, at: str, strike: Callable[[TestWork], None]) -> StrickenWork:
    same: dict[str, Any] = {each.name: getattr(work, each.name) for each in fields(work)}
    return StrickenWork(**same, at=at, strike=strike)


@pytest.fixture
def bench(relica: Project) -> Bench:
    """Relica's PostgreSQL runs and holds a table that takes a while to dump."""
    stack = load_stack(relica.stack_file)
    made = Bench(stack, KnownSecrets({"env:RELICA_PG_PASSWORD": PASSWORD}))
    made.run(made.plan(START, LifecycleParams(service="postgres")))
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS big")
        connection.execute(_FILL.encode())
    return made


def published(relica: Project) -> set[str]:
    return {file.parent.name for file in relica.folder.glob("backups/relica/*/manifest.json")}


@pytest.mark.covers("B1", "R", only="PostgreSQL, killed in mid-dump")
def test_a_server_killed_in_mid_dump_publishes_nothing(relica: Project, bench: Bench) -> None:
    """The run fails, the repository shows no backup of it, and the next one succeeds."""
    before = published(relica)
    plan = bench.plan_backup("postgres")
    kill = stricken(
        bench.work(), "dump.postgres", lambda _: bool(relica.compose("kill", "postgres"))
    )
    with pytest.raises(InterlockError):
        bench.run(plan, kill)
    assert kill.at == "", "the server was killed while it was dumped"
    assert relica.container("postgres").status == "exited"
    assert published(relica) == before
    bench.run(bench.plan(START, LifecycleParams(service="postgres")))
    assert bench.backup("postgres") in published(relica)


def test_a_cancelled_load_leaves_nothing_in_the_container(relica: Project, bench: Bench) -> None:
    """No tool, no file, no session and no side database; the live one is as it was."""
    backup = bench.backup("postgres")
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        connection.execute("DELETE FROM big WHERE id > 1000")
    live = fingerprint.database(relica.uri())

    def cancel(work: TestWork) -> None:
        work.stop_at = work.checks + 1

    work = stricken(bench.work(), "load", cancel)
    with pytest.raises(StopRequested):
        bench.run(bench.restore_plan(backup), work)
    assert fingerprint.database(relica.uri()) == live
    assert "pg_restore" not in relica.in_container("postgres", "ps", "ax")
    assert relica.in_container("postgres", "ls", "-A", "/tmp").strip() == ""
    with psycopg.connect(relica.uri("template1"), autocommit=True) as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        [(sessions,)] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE starts_with(application_name, %s)",
            (work.run_tag,),
        ).fetchall()
    assert names == {"postgres", "template0", "template1"} and sessions == 0


def test_services_started_at_the_same_time_share_one_network(relica: Project) -> None:
    """From nothing, a whole layer at once: compose alone would make a network for each."""
    relica.compose("down", "--volumes", "--timeout", "2")
    stack = load_stack(relica.stack_file)
    runners = [runner_of(stack, name) for name in ("postgres", "redis", "prism")]
    with ThreadPoolExecutor(len(runners)) as pool:
        for done in [pool.submit(each.start, KnownSecrets()) for each in runners if each]:
            done.result(timeout=60)
    assert all(relica.container(name).up for name in ("postgres", "redis", "prism"))
    filters = ["--filter", f"label=com.docker.compose.project={relica.name}", "--quiet"]
    listed = subprocess.run(
        ["docker", "network", "ls", *filters], capture_output=True, text=True, check=True
    )
    assert len(listed.stdout.split()) == 1
