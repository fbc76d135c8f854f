"""TimescaleDB in a container: its exact version, its own order of loading, its jobs kept off.

Debian's build has the Apache licence only: hypertables and the scheduler are real here. Where an
image with the community licence is run, the same tests also compress, aggregate and retain.
"""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from playbooks.datastores.postgres_model import DatabaseFact
from playbooks.errors import InputError
from playbooks.model.drill import Rehearsal
from playbooks.model.plan import Step
from playbooks.operations.drill import DRILL, StackDrillParams
from tests.support.docker import Project
from tests.support.pg_container import bench_of, postgres_project, query, run
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_FILL = """
CREATE EXTENSION timescaledb;
CREATE TABLE devices (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO devices SELECT g, 'device ' || g FROM generate_series(1, 3) g;
CREATE TABLE readings (at timestamptz NOT NULL, device int REFERENCES devices, value float8);
SELECT create_hypertable('readings', 'at', chunk_time_interval => interval '1 day');
CREATE INDEX ON readings (device, at DESC);
INSERT INTO readings SELECT '2026-01-01'::timestamptz + g * interval '30 minutes', 1 + g % 3, g
  FROM generate_series(1, 1000) g
"""
_COMMUNITY = """
ALTER TABLE readings SET (timescaledb.compress, timescaledb.compress_segmentby = 'device');
SELECT compress_chunk(c) FROM show_chunks('readings', older_than => '2026-01-10'::timestamptz) c;
CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS
  SELECT time_bucket('1 day', at) AS day, device, avg(value) FROM readings GROUP BY 1, 2;
SELECT add_retention_policy('readings', interval '20 years')
"""
_DAMAGE = """
SELECT drop_chunks('readings', older_than => '2026-01-05'::timestamptz);
DELETE FROM readings WHERE device = 2;
INSERT INTO readings VALUES ('2026-06-01', 1, -1);
DROP TABLE IF EXISTS nothing
"""
_SCHEDULERS = """
    SELECT datname FROM pg_stat_activity
    WHERE backend_type LIKE 'TimescaleDB%Scheduler%' ORDER BY 1
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("timescale")
    with postgres_project(folder, "-c", "shared_preload_libraries=timescaledb") as made:
        yield made


@pytest.fixture
def bench(server: Project) -> Iterator[Bench]:
    """A filled database of its own."""
    name = "metrics"
    query(server, "postgres", "SELECT 1")
    run(server, "template1", f"CREATE DATABASE {name} TEMPLATE template0")
    run(server, name, _FILL)
    if query(server, name, "SHOW timescaledb.license") == [("timescale",)]:
        run(server, name, _COMMUNITY)
    yield bench_of(server, database=name)
    for (database,) in query(
        server, "template1", f"SELECT datname FROM pg_database WHERE datname LIKE '{name}%'"
    ):
        run(server, "template1", f'DROP DATABASE "{database}" WITH (FORCE)')


def contents(server: Project, database: str) -> dict[str, Any]:
    """What has to be equal: rows through the hypertable, its chunks and what is known of them."""
    return {
        question: query(server, database, question)
        for question in (
            "SELECT count(*), md5(string_agg(r::text, ',' ORDER BY at, device)) FROM readings r",
            "SELECT chunk_name, range_start, range_end FROM timescaledb_information.chunks "
            "ORDER BY 1",
            "SELECT hypertable_name, num_chunks FROM timescaledb_information.hypertables",
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT * FROM devices ORDER BY 1",
            "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'",
        )
    }


def schedulers(server: Project) -> list[str]:
    return [name for (name,) in query(server, "postgres", _SCHEDULERS)]


def wait_for_jobs_of(server: Project, *databases: str) -> None:
    deadline = time.monotonic() + 30
    while schedulers(server) != sorted(databases):
        assert time.monotonic() < deadline, schedulers(server)
        time.sleep(0.2)


@pytest.mark.covers("B8", "A", only="TimescaleDB, and its undo")
def test_hypertables_come_back_and_the_restore_can_be_undone(server: Project, bench: Bench) -> None:
    """Rows, chunks and their catalogue equal the backup's; jobs run in the live database alone:
    neither in the copy before the exchange nor in what is kept after it."""
    whole = contents(server, "metrics")
    backup = bench.backup()
    run(server, "metrics", _DAMAGE)
    damaged = contents(server, "metrics")
    assert damaged != whole
    work, seen = bench.work(), []
    side = f"metrics_restore_{work.run}"

    def look(step: Step) -> None:
        if step.key == "swap":
            asleep = query(server, side, "SHOW timescaledb.restoring")
            seen.append((side in schedulers(server), asleep))

    bench.run(bench.restore_plan(backup), work, before=look)
    assert seen == [(False, [("on",)])]
    assert "warnings" not in bench.outputs["swap"]
    assert contents(server, "metrics") == whole
    wait_for_jobs_of(server, "metrics")
    kept = f"metrics_before_{work.run}"
    assert query(server, kept, "SHOW timescaledb.restoring") == [("on",)]
    assert query(server, "metrics", "SHOW timescaledb.restoring") == [("off",)]
    run(server, "metrics", "INSERT INTO readings VALUES ('2026-08-01', 1, 7)")

    undone = bench.restore(work.run, "undo").run
    assert contents(server, "metrics") == damaged
    wait_for_jobs_of(server, "metrics")
    assert query(server, f"metrics_before_{undone}", "SHOW timescaledb.restoring") == [("on",)]
    run(server, "metrics", "INSERT INTO readings VALUES ('2026-07-01', 1, 7)")


def test_a_failure_leaves_the_live_jobs_running(server: Project, bench: Bench) -> None:
    """An exchange that was taken back: the same database, awake, its jobs at work."""
    backup = bench.backup()
    run(server, "metrics", _DAMAGE)
    damaged = contents(server, "metrics")

    def fail(step: Step) -> None:
        if step.key == "release":
            raise InputError("stopped here")

    with pytest.raises(InputError):
        bench.run(bench.restore_plan(backup), before=fail)
    assert contents(server, "metrics") == damaged
    assert query(server, "metrics", "SHOW timescaledb.restoring") == [("off",)]
    wait_for_jobs_of(server, "metrics")
    left = "SELECT count(*) FROM pg_database WHERE datname LIKE 'metrics\\__%'"
    assert query(server, "postgres", left) == [(0,)]


def test_another_version_is_refused_beforehand(server: Project, bench: Bench) -> None:
    """A server that cannot create the dump's very version, or does not load the library, or a user
    who is no superuser: the plan is refused with the reason."""
    backup = bench.backup()
    plan = bench.restore_plan(backup, "beside")
    assert [step.key for step in plan.steps] == ["fetch", "load", "settle", "verify", "release"]
    known = bench.read
    changes = {
        "at exactly": {"offers": {"timescaledb": ("2.99.0",), "plpgsql": ("1.0",)}},
        "not installed": {"offers": {"plpgsql": ("1.0",)}},
        "does not load at its start": {"preloaded": ()},
        "only a superuser": {"superuser": False},
    }
    for reason, change in changes.items():

        def read(queries: Any, change: dict[str, Any] = change) -> Any:
            facts = known(queries)
            for query_ in queries:
                if query_.fact == "postgres.database":
                    fact = DatabaseFact.model_validate(facts.of(query_))
                    user = fact.user.model_copy(update=change)
                    changed = fact.model_copy(update={**change, "user": user})
                    facts.values[query_.key].update(changed.model_dump(mode="json"))
            return facts

        bench.read = read  # type: ignore[method-assign]
        with pytest.raises(InputError, match=reason):
            bench.restore_plan(backup)
    bench.read = known  # type: ignore[method-assign]


@pytest.mark.covers("B11", "A", only="TimescaleDB")
def test_a_restore_is_rehearsed(bench: Bench) -> None:
    """A drill loads the hypertables in a container of its own, where the library is preloaded."""
    backup = bench.backup()
    params = StackDrillParams(datastores=("postgres",), backup={"postgres": backup})
    bench.run(bench.plan(DRILL, params))
    found = Rehearsal.model_validate(bench.outputs["rehearse.postgres"])
    assert not found.failed and "loads" in {check.name for check in found.checks}


def test_the_runbook_on_paper_restores_it_too(server: Project, bench: Bench, tmp_path: Any) -> None:
    """Its commands load in restoring mode, end it at the exchange, and keep the old copy asleep."""
    whole = contents(server, "metrics")
    backup = bench.backup()
    run(server, "metrics", _DAMAGE)
    runbook = printed(bench.stack, bench.restore_plan(backup))
    done = follow(commands(runbook), tmp_path, {"PG_PASSWORD": "Sesame 'postgres' 1"})
    assert done.returncode == 0, done.stderr
    assert contents(server, "metrics") == whole
    with psycopg.connect(server.uri("metrics")) as connection:
        assert connection.execute("SHOW timescaledb.restoring").fetchone() == ("off",)
