"""The catalogue: everything declared can be found, and nothing is loaded before it is."""

import pkgutil
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from playbooks import operations
from playbooks.catalogue import ACTIONS, PLAYBOOKS, READERS
from playbooks.playbook import Playbook
from playbooks.registry import Shelves, shelf_of, standing_at

CATALOGUES = {"actions": ACTIONS, "readers": READERS}


@pytest.mark.parametrize("which", CATALOGUES)
def test_everything_declared_is_found_under_its_name(which: str) -> None:
    """No entry of any module stands where nobody looks."""
    catalogue = CATALOGUES[which]
    assert isinstance(catalogue, Shelves)
    places = {place for shelf in catalogue.shelves.values() for place in shelf}
    declared: dict[str, Any] = {e.name: e for place in places for e in standing_at(place)}
    assert len(declared) > 10
    assert dict(catalogue) == declared


def test_every_playbook_stands_under_its_operation() -> None:
    """A plan's operation finds the playbook that made it, and every playbook is found."""
    assert {name: each.operation for name, each in PLAYBOOKS.items()} == {n: n for n in PLAYBOOKS}
    declared = {
        each.operation
        for module in pkgutil.walk_packages(operations.__path__, "playbooks.operations.")
        for each in vars(import_module(module.name)).values()
        if isinstance(each, Playbook)
    }
    assert declared == set(PLAYBOOKS)


@pytest.mark.parametrize("name", ["nothing.known", "files.nothing", "plain", ""])
def test_an_unknown_name_is_no_entry(name: str) -> None:
    """Neither a shelf that is not there nor a name that is not on it is found."""
    assert name not in ACTIONS
    assert shelf_of(name) not in ACTIONS


def test_a_stack_of_processes_and_folders_loads_no_docker() -> None:
    """What a kind of datastore needs is loaded by the first question about it."""
    program = (
        "import sys; from playbooks.catalogue import ACTIONS, READERS; "
        "[ACTIONS[n] for n in ('files.dump', 'service.start', 'repository.begin')]; "
        "[READERS[n] for n in ('files.state', 'service.state', 'repository.list')]; "
        "loaded = 'docker' in sys.modules; READERS['postgres.database']; "
        "sys.exit(loaded or 'docker' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
