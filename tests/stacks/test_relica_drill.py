"""Drills of Relica's PostgreSQL in containers of its own image."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from playbooks.actions.drill import clear
from playbooks.errors import DatastoreError
from playbooks.hosts.containers.sandbox import LABEL
from playbooks.hosts.docker import engine
from playbooks.model.drill import Rehearsal
from playbooks.model.plan import Plan
from playbooks.model.stack_file import load_stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.registry import NoArgs
from tests.support.docker import PASSWORD, Project
from tests.support.drills import Drills
from tests.support.runbook import commands, follow, printed
from tests.support.work import KnownSecrets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FILL = """
CREATE ROLE librarian NOLOGIN;
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE shelves (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE,
                      meaning vector(3));
ALTER TABLE shelves OWNER TO librarian;
INSERT INTO shelves (name, meaning)
  SELECT 'shelf ' || g, ('[' || g || ',1,2]')::vector FROM generate_series(1, 3000) g;
CREATE INDEX ON shelves USING hnsw (meaning vector_l2_ops);
"""


@pytest.fixture(scope="module")
def bench(relica: Project) -> Iterator[Drills]:
    """Relica with nothing running but a filled PostgreSQL."""
    relica.compose("up", "--detach", "--wait", "postgres")
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        connection.execute(_FILL.encode())
    stack = load_stack(relica.stack_file)
    made = Drills(stack, KnownSecrets({"env:RELICA_PG_PASSWORD": PASSWORD}))
    yield made
    assert [left for run in made.ids for left in left_of(run)] == []


def left_of(run: str) -> list[str]:
    """Names of the containers that a run's drills left behind."""
    with engine() as client:
        found = client.api.containers(all=True, filters={"label": f"{LABEL}={run}"})
        return [each["Names"][0] for each in found]


def drill_plan(bench: Drills, backup: str) -> Plan:
    return bench.plan(
        DRILL, StackDrillParams(datastores=("postgres",), backup={"postgres": backup})
    )


@pytest.mark.covers("B11", "R", only="PostgreSQL")
def test_a_drill_in_a_container_of_the_same_image(relica: Project, bench: Drills) -> None:
    """Roles, extension, rows and indexes come back, without a network, while Relica's own server
    is down: a drill needs nothing of it."""
    backup = bench.backup("postgres")
    relica.compose("stop", "--timeout", "5", "postgres")
    try:
        plan = drill_plan(bench, backup)
        assert plan.binding["postgres.image"] == relica.container("postgres").image
        work = bench.run(plan)
        found = Rehearsal.model_validate(bench.outputs["rehearse.postgres"])
        names = {check.name for check in found.checks if check.ok}
        assert not found.failed
        assert {"roles", "extension vector", "rows of public.shelves", "indexes"} <= names
        assert left_of(work.run) == []
        assert relica.container("postgres").status == "exited"
    finally:
        relica.compose("up", "--detach", "--wait", "postgres")


def test_a_drill_on_paper(relica: Project, bench: Drills, tmp_path: Path) -> None:
    """The runbook's commands restore into a container without a network, and remove it."""
    runbook = printed(bench.stack, drill_plan(bench, bench.backup("postgres")))
    assert PASSWORD not in runbook
    done = follow(commands(runbook), tmp_path, {"RELICA_PG_PASSWORD": PASSWORD})
    assert done.returncode == 0, done.stderr
    assert "shelves" in done.stdout and "3000" in done.stdout


def test_an_image_without_the_extension_fails_the_drill(relica: Project, bench: Drills) -> None:
    """A backup that needs an extension which the image lacks is told by the extension's name."""
    relica.in_container(
        "postgres",
        "sh",
        "-c",
        "d=$(pg_config --sharedir)/extension; "
        "printf \"default_version = '2.1'\\n\" > $d/lamps.control; "
        "echo \"CREATE FUNCTION lamp() RETURNS int LANGUAGE sql AS 'SELECT 1'\" "
        "> $d/lamps--2.1.sql",
    )
    with psycopg.connect(relica.uri(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION lamps")
    try:
        backup = bench.backup("postgres")
    finally:
        with psycopg.connect(relica.uri(), autocommit=True) as connection:
            connection.execute("DROP EXTENSION lamps")
    work = bench.work()
    with pytest.raises(DatastoreError, match=r"the extension lamps 2\.1 is missing"):
        bench.run(drill_plan(bench, backup), work)
    assert left_of(work.run) == []


def test_what_a_killed_drill_left_is_removed(relica: Project, bench: Drills) -> None:
    """A container of a run whose process is gone is found by its label, by the next attempt and
    by what is owed."""
    work = bench.work()
    with engine() as client:
        made = client.api.create_container(
            relica.container("postgres").image,
            name=f"interlock-drill-{work.run}-postgres",
            labels={LABEL: work.run},
        )
        client.api.start(made["Id"])
    plan = drill_plan(bench, bench.backup("postgres"))
    bench.run(plan)
    assert left_of(work.run), "another run's"
    assert clear(work, NoArgs()) == {"removed": 1}
    assert left_of(work.run) == []
