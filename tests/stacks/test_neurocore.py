"""Neurocore by wire: started, filled, backed up, destroyed, restored through approvals."""

from collections.abc import Iterator, Sequence

import pytest

from tests.support.docker import PASSWORD, Project
from tests.support.holdings import Databases, EnvFiles, Folder, Holding, Redis, fill
from tests.support.rhythm import keeps_hours, lets_go
from tests.support.second_host import recovers_elsewhere
from tests.support.systems import System, comes_back, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_SECRETS = {"NEUROCORE_DB_PASSWORD": PASSWORD}
_DATABASE = "neurosurgery_kb"
_USER = "neurosurgery_admin"
_FILL = """
CREATE EXTENSION vector;
CREATE TABLE chapters (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text UNIQUE,
                       meaning vector(3), length int GENERATED ALWAYS AS (length(title)) STORED);
INSERT INTO chapters (title, meaning)
  SELECT 'chapter ' || g || ' «ß»', ('[' || g || ',1,2]')::vector FROM generate_series(1, 2000) g;
CREATE INDEX ON chapters USING hnsw (meaning vector_l2_ops);
"""


@pytest.fixture(scope="module")
def neurocore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All twelve services, started through the bot, with something in each store."""
    folder = tmp_path_factory.mktemp("neurocore")
    for name in ("pdfs", "images"):
        (folder / "data" / name).mkdir(parents=True)
    with operated("neurocore", folder, _SECRETS) as system:
        system.does("start neurocore", "ben")
        fill(everything(system.project))
        yield system


def everything(project: Project) -> Sequence[Holding]:
    """All that the system stores."""
    return [
        Databases("postgres", project, _USER, {_DATABASE: _FILL}, _dropped),
        Redis("redis", project),
        *(Folder(name, project.folder / "data" / name) for name in ("pdfs", "images")),
        EnvFiles("configuration", project.folder),
    ]


@pytest.mark.covers("D1", "N", only="starting all of it in layers")
@pytest.mark.covers("S1", "N", only="state, health and since when")
@pytest.mark.covers("S2", "N", only="once, by HTTP, port and container")
def test_all_twelve_services_are_up(neurocore: System) -> None:
    """The containers' own checks, HTTP addresses and a port all answer."""
    assert "prod/neurocore: 12 of 12 services up" in neurocore.says("status neurocore")


@pytest.mark.covers("S9", "N", only="as text, without a picture")
def test_people_find_what_the_stack_is(neurocore: System) -> None:
    """Its contacts, and its services with their ports, are there to read in Slack."""
    assert "security@neurosurgery-kb.com" in neurocore.says("about neurocore contacts")
    assert "postgres (5434, inside 5432)" in neurocore.says("about neurocore")


@pytest.mark.covers("B1 B2 B8 G1", "N")
def test_what_was_destroyed_comes_back(neurocore: System) -> None:
    """Its database dropped, its Redis flushed, its files damaged: each store equals what was backed
    up, and the API sees the files that were restored."""
    comes_back(neurocore, "backup neurocore full", everything(neurocore.project), ["ben"])
    assert neurocore.project.in_container("api", "cat", "/app/data/pdfs/one.txt") == "one"


@pytest.mark.covers("B4", "N")
def test_old_backups_are_let_go(neurocore: System) -> None:
    """Those of weeks ago that its retention lets go are named with the reason, approved, and gone;
    every other one stays."""
    lets_go(neurocore, "configuration")


@pytest.mark.covers("B3 B11 B12 B13", "N")
def test_a_night_and_the_morning_after(neurocore: System) -> None:
    """At the hours of the shipped file: the backup makes itself, the drill restores every store in
    a throwaway place and times it, and one message proves it."""
    keeps_hours(neurocore, "database", "ben")


@pytest.mark.covers("B9", "N")
def test_all_of_it_is_recovered_on_another_host(neurocore: System) -> None:
    """The host is lost with containers, volumes, backups and the bot's memory. On another one, that
    has the stack file, the compose file and its variables, one request brings all of it back from
    the copy off site, and it is well."""
    recovers_elsewhere(neurocore, "full", everything, _SECRETS, ["ben"])


def _dropped(databases: Databases) -> None:
    databases.run("template1", f"DROP DATABASE {_DATABASE} WITH (FORCE);\n")
