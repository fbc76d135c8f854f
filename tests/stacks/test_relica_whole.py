"""All of Relica by wire: filled, backed up, destroyed, restored through approvals."""

from collections.abc import Iterator, Sequence

import pytest

from tests.support.docker import NEO4J_PASSWORD, PASSWORD, REDIS_PASSWORD, Project
from tests.support.holdings import Databases, Folder, Holding, Neo4j, Redis, fill
from tests.support.rhythm import keeps_hours, keeps_one_a_day
from tests.support.second_host import recovers_elsewhere
from tests.support.systems import System, comes_back, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

_SECRETS = {
    "RELICA_PG_PASSWORD": PASSWORD,
    "RELICA_REDIS_PASSWORD": REDIS_PASSWORD,
    "RELICA_NEO4J_PASSWORD": NEO4J_PASSWORD,
}
_FOLDERS = {
    "init-scripts": "packages_ts/core/dataplex/init_scripts/postgres",
    "seed-csv": "seed_csv",
}
_FILL = """
CREATE EXTENSION vector;
CREATE TABLE papers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text UNIQUE,
                     meaning vector(3));
INSERT INTO papers (title, meaning)
  SELECT 'paper ' || g || ' «ß»', ('[' || g || ',1,2]')::vector FROM generate_series(1, 2000) g;
CREATE INDEX ON papers USING hnsw (meaning vector_l2_ops);
"""


@pytest.fixture(scope="module")
def relica(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The stores and what is between them and Archivist, started through the bot, with something
    in each store."""
    with operated("relica", tmp_path_factory.mktemp("relica"), _SECRETS) as system:
        for service in ("postgres", "redis", "neo4j", "archivist"):
            system.does(f"start relica {service}", "ben")
        fill(everything(system.project))
        yield system


@pytest.mark.covers("B1 B2 B8 G1", "R")
def test_what_was_destroyed_comes_back(relica: System) -> None:
    """Rows deleted, Redis flushed, nodes and a constraint gone, files damaged: each store equals
    what was backed up."""
    comes_back(relica, "backup relica full", everything(relica.project), ["ben"])


@pytest.mark.covers("B4", "R")
def test_old_backups_are_let_go(relica: System) -> None:
    """Of several of one day the last one stays, as its retention has it, and so do all others."""
    keeps_one_a_day(relica, "seed-csv")


@pytest.mark.covers("B3 B11 B12", "R")
def test_a_night_and_the_morning_after(relica: System) -> None:
    """At the hours of the shipped file: the backup makes itself, the drill restores every store in
    a throwaway place and times it, and one message proves it."""
    keeps_hours(relica, "nightly", "ben")


@pytest.mark.covers("B9", "R")
def test_all_of_it_is_recovered_on_another_host(relica: System) -> None:
    """The host is lost with containers, volumes, backups and the bot's memory. On another one, that
    has the stack file, the compose file and its variables, one request brings all of it back from
    the copy off site, and it is well."""
    recovers_elsewhere(relica, "full", everything, _SECRETS, ["ben"])


def everything(project: Project) -> Sequence[Holding]:
    """All that the system stores."""
    return [
        Databases("postgres", project, "postgres", {"postgres": _FILL}, _destroyed),
        Redis("redis", project),
        Neo4j("neo4j", project),
        *(Folder(name, project.folder / path) for name, path in _FOLDERS.items()),
    ]


def _destroyed(databases: Databases) -> None:
    databases.run(
        "postgres", "DELETE FROM papers WHERE id % 3 = 0;\nCREATE TABLE strange (id int);\n"
    )
