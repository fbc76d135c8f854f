"""SPICE HARVESTER by wire, its applications as compose services and TerminusDB by contract."""

from collections.abc import Iterator, Sequence

import pytest

from tests.support.docker import TERMINUS_KEY
from tests.support.holdings import Folder, Graphs, Holding
from tests.support.systems import System, comes_back, operated, recovers, rehearses

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_FOLDERS = {
    "configuration": "config",
    "nginx": "etc/nginx/sites-available",
    "uploads": "data/uploads",
    "logs": "logs",
}


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All four services, started through the bot."""
    with operated("spice-harvester", tmp_path_factory.mktemp("harvester"), {}) as system:
        system.does("start spice-harvester", "ben")
        yield system


@pytest.fixture(scope="module")
def holdings(harvester: System) -> Sequence[Holding]:
    """Every store of the set `full`."""
    project = harvester.project
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
def test_what_was_destroyed_comes_back(harvester: System, holdings: Sequence[Holding]) -> None:
    """Its database deleted, its files damaged and lost: each store equals what was backed up."""
    comes_back(harvester, "backup spice-harvester full", holdings, ["ben"])


@pytest.mark.covers("B11", "S", by_contract=True, only="asked for, of every store")
def test_its_backup_is_rehearsed(harvester: System) -> None:
    """The newest backup of every store comes back in a throwaway place and passes its checks."""
    rehearses(harvester, "full")


@pytest.mark.covers("B9", "S", by_contract=True, only="on the same host")
def test_all_of_it_is_recovered(harvester: System, holdings: Sequence[Holding]) -> None:
    """Containers, volumes and folders gone: one request brings all of it back, and it is well."""
    recovers(harvester, "full", holdings, ["ben"])
    assert "prod/spice-harvester: 4 of 4 services up" in harvester.says("status spice-harvester")
