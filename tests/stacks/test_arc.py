"""The A.R.C. platform by wire: started, filled, backed up, destroyed, restored by approvals."""

from collections.abc import Iterator, Sequence

import pytest

from playbooks.hosts.containers.helper import helpers
from tests.support.docker import PASSWORD, Project
from tests.support.holdings import Databases, Folder, Holding, Redis, fill
from tests.support.rhythm import keeps_hours, lets_go
from tests.support.second_host import recovers_elsewhere
from tests.support.systems import System, comes_back, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SECRETS = {"ARC_POSTGRES_PASSWORD": PASSWORD}
_FILL = """
CREATE TABLE {0}_items (id bigint PRIMARY KEY, said text);
INSERT INTO {0}_items SELECT g, '{0} ' || g || ' «ß»' FROM generate_series(1, 1000) g;
CREATE TABLE {0}_notes AS SELECT 'the same' AS said FROM generate_series(1, 7);
"""
_OTHERS = ("kratos", "unleash", "infisical")


@pytest.fixture(scope="module")
def arc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All twelve services, started through the bot, the databases of four of them, and something
    in each store."""
    with operated("arc", tmp_path_factory.mktemp("arc"), _SECRETS) as made:
        made.does("start arc", "ben")
        for name in _OTHERS:
            _databases(made.project).run("arc_db", f"CREATE DATABASE {name};\n")
        fill(everything(made.project))
        yield made


@pytest.mark.covers("D1", "C", only="starting all of it in layers")
@pytest.mark.covers("S1", "C", only="state, health and since when")
@pytest.mark.covers("S2", "C", only="once, by container")
def test_all_twelve_services_are_up(arc: System) -> None:
    """Stores, then the platform, then Raymond, then Traefik: all are healthy."""
    assert "prod/arc: 12 of 12 services up" in arc.says("status arc")


@pytest.mark.covers("B1 B2 B8 G1", "C")
def test_what_was_destroyed_comes_back(arc: System) -> None:
    """Rows deleted, a database dropped, Redis flushed: all databases of the server equal what was
    backed up, those that the guide's dump leaves out too."""
    comes_back(arc, "backup arc full", everything(arc.project))


@pytest.mark.covers("B7", "C")
def test_any_moment_of_all_databases_comes_back(arc: System) -> None:
    """A database that was dropped since, with what was written after the backup, and one that was
    changed since, through two approvals. No helper is left."""
    databases = Databases(
        "postgres", arc.project, "arc", {name: "" for name in ("arc_db", "moments")}, _destroyed
    )
    databases.run("arc_db", "CREATE DATABASE moments;\n")
    databases.run("moments", _FILL.format("moments"))
    arc.does("backup arc database")
    databases.run("moments", "INSERT INTO moments_items VALUES (2000, 'after the backup');\n")
    whole, then = databases.content(), databases.clock("arc_db")
    databases.run("arc_db", "CREATE TABLE strange (id int);\nDROP DATABASE moments WITH (FORCE);\n")
    arc.does(f"restore arc postgres {then.isoformat()}", "ben", "cleo")
    assert databases.content() == whole
    assert helpers() == {}


@pytest.mark.covers("B4", "C")
def test_old_backups_are_let_go(arc: System) -> None:
    """Those of weeks ago that its retention lets go are named with the reason, approved, and gone;
    every other one stays."""
    lets_go(arc, "configuration")


@pytest.mark.covers("B3 B11 B12", "C")
def test_a_night_and_the_morning_after(arc: System) -> None:
    """At the hours of the shipped file: the backup makes itself, the drill restores every store in
    a throwaway place and times it, and one message proves it."""
    keeps_hours(arc, "nightly")


@pytest.mark.covers("B9", "C")
def test_all_of_it_is_recovered_on_another_host(arc: System) -> None:
    """The host is lost with containers, volumes, backups and the bot's memory. On another one, that
    has the stack file, the compose file and its variables, one request brings all of it back from
    the copy off site, and it is well."""
    recovers_elsewhere(arc, "full", everything, _SECRETS)


def everything(project: Project) -> Sequence[Holding]:
    """All that the system stores."""
    return [
        _databases(project),
        Redis("redis", project),
        Folder("configuration", project.folder / "config"),
    ]


def _databases(project: Project) -> Databases:
    filling = {name: _FILL.format(name) for name in ("arc_db", *_OTHERS)}
    return Databases("postgres", project, "arc", filling, _destroyed)


def _destroyed(databases: Databases) -> None:
    databases.run(
        "arc_db", "DELETE FROM arc_db_items WHERE id % 3 = 0;\nDROP TABLE arc_db_notes;\n"
    )
    databases.run("unleash", "CREATE TABLE strange (id int);\n")
    databases.run("template1", "DROP DATABASE kratos WITH (FORCE);\n")
