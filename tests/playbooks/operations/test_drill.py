"""Drills without containers: a throwaway server and a folder of its own, and what they find."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.catalogue import ACTIONS
from playbooks.errors import DatastoreError, StopRequested
from playbooks.hosts.containers.sandbox import throwaway_folder
from playbooks.model.base import JsonObject
from playbooks.model.drill import Rehearsal
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.registry import found
from playbooks.repository.catalogue import survey
from playbooks.repository.copies import storage_called
from tests.support import harbour
from tests.support.drills import Drills
from tests.support.postgres import Server
from tests.support.run_plan import Bench
from tests.support.work import TestWork

_QUERIES = [
    {"sql": "SELECT count(*) FROM ships", "expect": 50},
    {"sql": "SELECT min(at) FROM readings", "expect": "2025-06-01"},
    {"sql": "SELECT bool_and(metres > 0) FROM bookings", "expect": True},
]


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Iterator[Bench]:
    """Harbour's database and a folder; nothing throwaway is left behind by any test."""
    harbour.build(postgres_server, database)
    uploads = tmp_path / "uploads"
    (uploads / "crates").mkdir(parents=True)
    (uploads / "crates/list.txt").write_text("three crates\n")
    (uploads / "latest").symlink_to("crates/list.txt")
    made = Drills(stack_with(postgres_server, database, tmp_path, _QUERIES))
    yield made
    left = [p.name for run in made.ids for p in throwaway_folder().glob(f"{run}*")]
    assert left == []
    assert not list((tmp_path / "repository/.scratch").glob("*"))


def stack_with(server: Server, database: str, folder: Path, queries: list[JsonObject]) -> Stack:
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {
                "postgres": server.store(database).model_dump(),
                "uploads": {"kind": "files", "path": str(folder / "uploads")},
            },
            "backup": {"repository": f"file://{folder}/repository"},
            "drill": {"queries": {"postgres": queries}},
        }
    )


def drill_plan(bench: Bench, backup: str, *names: str) -> Plan:
    stores = names or ("postgres", "uploads")
    params = StackDrillParams(datastores=stores, backup=dict.fromkeys(stores, backup))
    return bench.plan(DRILL, params)


def test_what_comes_back_whole_is_noted_beside_the_backup(
    bench: Bench, postgres_server: Server
) -> None:
    """Both stores are restored apart and checked, the live ones are untouched, and the note says
    how long it took and how much was looked at."""
    backup = bench.backup("postgres", "uploads")
    before = postgres_server.databases()
    plan = drill_plan(bench, backup)
    assert plan.risk is Risk.READ and not plan.affects and not plan.loses
    assert not [r for r in plan.resources if r.name == "harbor"]
    bench.run(plan)
    assert postgres_server.databases() == before
    drills = bench.outputs["note"]["drills"]
    assert drills["postgres"]["passed"] and drills["postgres"]["checks"] > 20
    assert drills["uploads"]["passed"] and drills["uploads"]["seconds"] > 0
    found_checks = Rehearsal.model_validate(bench.outputs["rehearse.postgres"]).checks
    assert {"query 1", "query 2", "query 3"} <= {check.name for check in found_checks}
    [summary] = survey(storage_called(bench.stack, bench.secrets, ""), "harbor").backups
    assert summary.drilled_at("postgres") and summary.drilled_at("uploads")


def test_a_query_of_the_stack_that_is_answered_otherwise_fails_the_drill(
    bench: Bench, postgres_server: Server, database: str, tmp_path: Path
) -> None:
    """The sentence names the store, the query and both answers; the failure is noted as well."""
    backup = bench.backup("postgres", "uploads")
    wrong = [
        {"sql": "SELECT count(*) FROM ships", "expect": 51},
        {"sql": "SELECT 1/0", "expect": 1},
    ]
    bench.stack = stack_with(postgres_server, database, tmp_path, wrong)
    with pytest.raises(DatastoreError) as raised:
        bench.run(drill_plan(bench, backup))
    said = str(raised.value)
    assert "postgres: 2 of" in said and "answered 50, not 51" in said and "division by zero" in said
    [summary] = survey(storage_called(bench.stack, bench.secrets, ""), "harbor").backups
    assert not summary.drills["postgres"].passed and summary.drills["uploads"].passed
    assert summary.drilled_at("postgres") is None


def test_an_empty_database_fails_the_drill(
    bench: Bench, postgres_server: Server, database: str, tmp_path: Path
) -> None:
    """A dump of nothing under a manifest that counted rows: the sentence says so."""
    full = bench.backup("postgres")
    postgres_server.run(
        database, "TRUNCATE ships, bookings, readings, crew, log_without_key CASCADE"
    )
    postgres_server.run(database, f"TRUNCATE {harbour.ODD_NAME}")
    empty = bench.backup("postgres")
    with pytest.raises(DatastoreError, match="database is empty; the backup has 2,072 rows"):
        rehearse_with(bench, full, of_another=empty)


def test_a_missing_role_fails_the_drill(bench: Bench, tmp_path: Path) -> None:
    """Roles come from the backup alone; without the one the sentence names it."""
    backup = bench.backup("postgres")

    def without_the_crew(files: dict[str, str]) -> None:
        script = Path(files["postgres.globals.sql"])
        lines = script.read_text().splitlines()
        script.write_text("\n".join(line for line in lines if harbour.SECOND_ROLE not in line))

    with pytest.raises(DatastoreError, match="the role harbour_crew is missing"):
        rehearse_with(bench, backup, change=without_the_crew)


def test_a_missing_extension_fails_the_drill(
    bench: Bench, postgres_server: Server, database: str, tmp_path: Path
) -> None:
    """An extension that the throwaway server does not offer is named with its version."""
    folder = Path("/tmp") / f"ext-{database}" / "extension"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o755)
    (folder / "tides.control").write_text("default_version = '1.2'\nrelocatable = true\n")
    (folder / "tides--1.2.sql").write_text(
        "CREATE FUNCTION tide() RETURNS int LANGUAGE sql AS 'SELECT 1';"
    )
    try:
        postgres_server.run(
            database,
            f"SET extension_control_path = '{folder.parent}:$system'; CREATE EXTENSION tides",
        )
        backup = bench.backup("postgres")
    finally:
        shutil.rmtree(folder.parent)
    with pytest.raises(DatastoreError, match=r"the extension tides 1\.2 is missing"):
        bench.run(drill_plan(bench, backup, "postgres"))


def test_a_changed_folder_fails_the_drill(bench: Bench, tmp_path: Path) -> None:
    """What is unpacked is compared with the backup's digest."""
    backup = bench.backup("uploads")
    plan = drill_plan(bench, backup, "uploads")
    work = bench.work()
    fetched = found(ACTIONS, "repository.fetch").call(
        work, {"datastore": "uploads", "backup": backup}
    )
    args = {"datastore": "uploads", "backup": backup, "files": fetched["files"], "digest": "0" * 64}
    result = Rehearsal.model_validate(found(ACTIONS, "files.rehearse").call(work, args))
    assert "not equal" in result.failed[0].detail
    found(ACTIONS, "repository.release").call(work, {})
    assert plan.guards


def test_a_drill_that_is_cancelled_leaves_nothing(bench: Bench) -> None:
    """Stopped in the middle, what is owed removes the server and the files."""
    backup = bench.backup("postgres", "uploads")
    work = bench.work()

    def stop_in_the_middle(step: object) -> None:
        if work.step == "rehearse.postgres":
            work.stop_at = work.checks + 6

    with pytest.raises(StopRequested):
        bench.run(drill_plan(bench, backup), work, stop_in_the_middle)


def rehearse_with(
    bench: Bench,
    backup: str,
    *,
    of_another: str = "",
    change: object = None,
) -> None:
    """Carries out a drill whose fetched files are changed, or those of another backup."""
    plan = drill_plan(bench, backup, "postgres")
    work = bench.work()

    def before(step: object) -> None:
        if work.step != "rehearse.postgres":
            return
        files = bench.outputs["fetch.postgres"]["files"]
        if of_another:
            other = TestWork(bench.stack, bench.secrets, run="other1")
            theirs = found(ACTIONS, "repository.fetch").call(
                other, {"datastore": "postgres", "backup": of_another}
            )
            for name, path in theirs["files"].items():
                shutil.copy(path, files[name])
            found(ACTIONS, "repository.release").call(other, {})
        if callable(change):
            change(files)

    bench.run(plan, work, before)
    assert json.dumps(bench.outputs)
