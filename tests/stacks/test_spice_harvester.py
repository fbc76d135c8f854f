"""SPICE HARVESTER by wire, its applications as compose services and TerminusDB by contract."""

from collections.abc import Iterator

import pytest

from tests.support.docker import TERMINUS_KEY
from tests.support.holdings import Folder, Graphs
from tests.support.systems import System, comes_back, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_FOLDERS = {"config": "config", "logs": "logs", "uploads": "data/uploads"}


@pytest.fixture(scope="module")
def harvester(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All four services, started through the bot."""
    folder = tmp_path_factory.mktemp("harvester")
    for path in _FOLDERS.values():
        (folder / path).mkdir(parents=True)
    with operated("spice-harvester", folder, {}) as system:
        system.does("start spice-harvester", "ben")
        yield system


def test_all_four_services_are_up(harvester: System) -> None:
    """/health answers 200 from each application, /api/ok from TerminusDB."""
    assert "prod/spice-harvester: 4 of 4 services up" in harvester.says("status spice-harvester")


def test_what_was_destroyed_comes_back(harvester: System) -> None:
    """Its database deleted, its files damaged and lost: each store equals what was backed up."""
    project = harvester.project
    holdings = [
        Graphs("terminusdb", project, TERMINUS_KEY),
        *(Folder(name, project.folder / path) for name, path in _FOLDERS.items()),
    ]
    comes_back(harvester, "backup spice-harvester full", holdings, ["ben"])
