"""Any moment of a database out of a pgBackRest archive, in real containers."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import BadArgument, DatastoreError, StopRequested
from playbooks.hosts.containers.helper import helpers
from playbooks.model.facts import FactQuery
from playbooks.model.plan import Plan, Step
from playbooks.operations.restore import RESTORE
from tests.support.docker import Project
from tests.support.pg_container import (
    archiving_project,
    bench_of,
    moment_of,
    query,
    run,
    wait_until_ready,
)
from tests.support.run_plan import Bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_ODD = "Straße 🚢"
_BOOKINGS = "SELECT id, said FROM bookings ORDER BY 1"
_ARCHIVE = FactQuery(fact="postgres.archive", args={"datastore": "postgres"})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("moment")
    with archiving_project(folder, "-c", "shared_preload_libraries=timescaledb") as made:
        run(made, "template1", "CREATE DATABASE harbor TEMPLATE template0")
        run(
            made,
            "harbor",
            """
            CREATE TABLE bookings (id int PRIMARY KEY, said text);
            INSERT INTO bookings SELECT g, 'booked ' || g FROM generate_series(1, 100) g;
            CREATE EXTENSION timescaledb;
            CREATE TABLE tides (at timestamptz NOT NULL, metres float8);
            SELECT create_hypertable('tides', 'at', chunk_time_interval => interval '1 day')""",
        )
        yield made


@pytest.fixture(scope="module")
def made(server: Project) -> tuple[Bench, str]:
    """A bench, and the id of a backup of the repository that is one of the archive, too."""
    bench = bench_of(
        server,
        database="harbor",
        archive={"tool": "pgbackrest", "stanza": "harbor", "keep_full": 1},
    )
    bench.now = datetime.now(UTC)
    return bench, bench.backup()


def plan(
    bench: Bench, backup: str, at: datetime | None, mode: str = "swap", database: str = ""
) -> Plan:
    bench.now = datetime.now(UTC)
    params = {"datastore": "postgres", "backup": backup, "mode": mode, "at": at}
    return bench.plan(RESTORE, RestoreParams.model_validate({**params, "database": database}))


def bookings(server: Project) -> list[int]:
    found = query(server, "harbor", "SELECT id FROM bookings WHERE id > 100 ORDER BY 1")
    return [number for (number,) in found]


@pytest.mark.covers("B7", "A", only="on a server of the tests; its image has pgBackRest")
def test_rows_deleted_since_come_back(server: Project, made: tuple[Bench, str]) -> None:
    """Inserted after the backup, deleted later: a moment between gives them back, hypertables too;
    the undo takes them again; no helper and nothing beside is left."""
    bench, backup = made
    facts = bench.read([_ARCHIVE]).of(_ARCHIVE)
    assert [each["kind"] for each in facts["backups"]] == ["full"] and not facts["problem"]
    run(server, "harbor", "INSERT INTO bookings VALUES (101, 'late'), (102, 'later')")
    run(
        server,
        "harbor",
        "INSERT INTO tides SELECT '2026-01-01'::timestamptz + g * interval '1 hour', g "
        "FROM generate_series(1, 100) g",
    )
    between = moment_of(server, "harbor")
    run(server, "harbor", "DELETE FROM bookings WHERE id > 50")
    run(server, "harbor", "SELECT drop_chunks('tides', older_than => '2026-02-01'::timestamptz)")
    made_plan = plan(bench, backup, between)
    assert "out of the archive" in made_plan.summary
    assert made_plan.loses[0].startswith("everything written in the last ")
    restored = bench.run(made_plan).run
    assert bookings(server) == [101, 102]
    assert query(server, "harbor", "SELECT count(*) FROM bookings") == [(102,)]
    assert query(server, "harbor", "SELECT count(*), sum(metres) FROM tides") == [(100, 5050.0)]
    assert helpers() == {} or restored not in helpers().values()
    assert server.in_container("postgres", "ls", "-A", "/tmp").strip() in {"", "pgbackrest"}
    bench.restore(restored, "undo")
    assert query(server, "harbor", "SELECT count(*) FROM bookings") == [(50,)]


def test_a_moment_outside_the_archive_is_refused(server: Project, made: tuple[Bench, str]) -> None:
    """Before the first backup in it, or in the future: the range is said, and what else will do."""
    bench, backup = made
    for moment in (datetime.now(UTC) - timedelta(days=3), datetime.now(UTC) + timedelta(hours=1)):
        with pytest.raises(BadArgument, match="is not in the archive") as refused:
            plan(bench, backup, moment)
        assert backup in (refused.value.hint or "")


def test_a_recovery_that_is_cancelled_leaves_nothing(
    server: Project, made: tuple[Bench, str]
) -> None:
    """Stopped while the server is recovered aside: the helper is gone, the database as it was."""
    bench, backup = made
    work = bench.work()

    def stop(step: Step) -> None:
        work.checks, work.stop_at = 0, (8 if step.key == "fetch" else None)

    before = query(server, "harbor", "SELECT count(*) FROM bookings")
    with pytest.raises(StopRequested):
        bench.run(plan(bench, backup, moment_of(server, "harbor")), work, before=stop)
    assert work.run not in helpers().values()
    assert query(server, "harbor", "SELECT count(*) FROM bookings") == before


def test_a_database_that_was_not_there_is_said(server: Project, made: tuple[Bench, str]) -> None:
    """A moment at which the database had not been made: that is said, and nothing is changed."""
    assert made
    early = moment_of(server, "harbor")
    run(server, "template1", "CREATE DATABASE young TEMPLATE template0")
    young = bench_of(server, database="young", archive={"tool": "pgbackrest", "stanza": "harbor"})
    young.now, young.runs = datetime.now(UTC), 500
    young_backup = young.backup()
    first, *others = young.read([_ARCHIVE]).of(_ARCHIVE)["backups"]
    assert first["kind"] == "full" and {each["kind"] for each in others} == {"diff"}
    with pytest.raises(DatastoreError, match="no database 'young' at"):
        young.run(plan(young, young_backup, early))


@pytest.mark.covers("B7", "C", only="all databases of a server, by plan; its own stack by wire")
def test_all_databases_of_a_server_go_back_together(server: Project) -> None:
    """Recovered once: a database dropped since, an odd name and rows deleted come back as they
    were at the moment; one that is named alone touches no other; the undo takes it again."""
    for name in (_ODD, "dropped"):
        run(server, "template1", f'CREATE DATABASE "{name}" TEMPLATE template0')
        run(server, name, "CREATE TABLE t AS SELECT g FROM generate_series(1, 9) g")
    bench = bench_of(
        server,
        kind="postgres-server",
        databases=["harbor", _ODD, "dropped"],
        archive={"tool": "pgbackrest", "stanza": "harbor"},
    )
    bench.now, bench.runs = datetime.now(UTC), 700
    backup = bench.backup()
    assert bench.outputs["dump.postgres"]["facts"]["archived"]
    said = {line.label: line.value for line in bench.plan_backup().shown}
    assert said["Archive of postgres"].startswith("from ")
    run(server, _ODD, "INSERT INTO t VALUES (10)")
    between, harbor = moment_of(server, "harbor"), query(server, "harbor", _BOOKINGS)
    run(server, _ODD, "DELETE FROM t")
    run(server, "harbor", "DELETE FROM bookings WHERE id % 2 = 0")
    run(server, "template1", "DROP DATABASE dropped")
    whole = plan(bench, backup, between)
    assert [step.action for step in whole.steps].count("postgres.recover") == 1
    bench.run(whole)
    assert query(server, _ODD, "SELECT count(*) FROM t") == [(10,)]
    assert query(server, "harbor", _BOOKINGS) == harbor
    assert query(server, "dropped", "SELECT count(*) FROM t") == [(9,)]
    run(server, _ODD, "DELETE FROM t")
    run(server, "harbor", "DELETE FROM bookings")
    restored = bench.run(plan(bench, backup, between, database=_ODD)).run
    assert query(server, _ODD, "SELECT count(*) FROM t") == [(10,)]
    assert query(server, "harbor", _BOOKINGS) == []
    bench.run(plan(bench, restored, None, "undo", _ODD))
    assert query(server, _ODD, "SELECT count(*) FROM t") == [(0,)]
    assert restored not in helpers().values()


def test_a_server_that_was_made_anew_goes_on_with_the_archive(
    server: Project, made: tuple[Bench, str]
) -> None:
    """Its volume was lost and the archive's was not: the next backup is a full one of the new
    server, and a moment after it can be restored."""
    bench, _ = made
    server.compose("rm", "--stop", "--force", "postgres")
    subprocess.run(["docker", "volume", "rm", f"{server.name}_data"], check=True)
    server.compose("up", "--detach")
    wait_until_ready(server)
    run(server, "template1", "CREATE DATABASE harbor TEMPLATE template0")
    run(server, "harbor", "CREATE TABLE bookings AS SELECT g AS id FROM generate_series(1, 5) g")
    bench.now = datetime.now(UTC)
    backup = bench.backup()
    assert bench.read([_ARCHIVE]).of(_ARCHIVE)["backups"][-1]["kind"] == "full"
    then = moment_of(server, "harbor")
    run(server, "harbor", "DELETE FROM bookings")
    bench.run(plan(bench, backup, then))
    assert query(server, "harbor", "SELECT count(*) FROM bookings") == [(5,)]
