"""SPICE HARVESTER by wire, its applications as compose services and TerminusDB by contract."""

from collections.abc import Iterator, Sequence

import pytest

from tests.support.docker import TERMINUS_KEY, Project
from tests.support.holdings import Folder, Graphs, Holding, fill
from tests.support.rhythm import keeps_hours, lets_go
from tests.support.second_host import recovers_elsewhere
from tests.support.systems import System, comes_back, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FOLDERS = {
    "configuration": "config",
    "nginx": "etc/nginx/sites-available",
    "uploads": "data/uploads",
    "logs": "logs",
}


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All four services, started through the bot, with something in each store."""
    with operated("spice-harvester", tmp_path_factory.mktemp("harvester"), {}) as system:
        system.does("start spice-harvester", "ben")
        fill(everything(system.project))
        yield system


def everything(project: Project) -> Sequence[Holding]:
    """Every store of the set `full`."""
    folders = (Folder(name, project.folder / path) for name, path in _FOLDERS.items())
    return (Graphs("terminusdb", project, TERMINUS_KEY), *folders)


@pytest.mark.covers("D1", "S", only="starting all of it in layers, not under systemd")
@pytest.mark.covers("S1", "S", only="state, health and since when")
@pytest.mark.covers("S2", "S", only="once, by HTTP")
def test_all_four_services_are_up(harvester: System) -> None:
    """/health answers 200 from each application, /api/ok from TerminusDB."""
    assert "prod/spice-harvester: 4 of 4 services up" in harvester.says("status spice-harvester")


@pytest.mark.covers("B1 B2 B8", "S", by_contract=True)
@pytest.mark.covers("G1", "S")
def test_what_was_destroyed_comes_back(harvester: System) -> None:
    """Its database deleted, its files damaged and lost: each store equals what was backed up."""
    comes_back(harvester, "backup spice-harvester full", everything(harvester.project), ["ben"])


@pytest.mark.covers("B4", "S")
def test_old_backups_are_let_go(harvester: System) -> None:
    """Those of weeks ago that its retention lets go are named with the reason, approved, and gone;
    every other one stays."""
    lets_go(harvester, "uploads")


@pytest.mark.covers("B3 B11 B12 B13", "S", by_contract=True)
def test_a_night_and_the_morning_after(harvester: System) -> None:
    """At the hours of the shipped file: the backup makes itself, the drill restores every store in
    a throwaway place and times it, and one message proves it."""
    keeps_hours(harvester, "nightly", "ben")


@pytest.mark.covers("B9", "S", by_contract=True)
def test_all_of_it_is_recovered_on_another_host(harvester: System) -> None:
    """The host is lost with containers, volumes, backups and the bot's memory. On another one, that
    has the stack file, the compose file and its variables, one request brings all of it back from
    the copy off site, and it is well."""
    recovers_elsewhere(harvester, "full", everything, {}, ["ben"])
