"""A.R.C. taken down with its data kept, and cleaned with its data saved first; by wire, with its
stores alone running, for all else of it holds nothing."""

import subprocess
from collections.abc import Iterator

import pytest

from playbooks.hosts.docker import containers_of
from tests.support.docker import PASSWORD
from tests.support.systems import System, operated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_BOTH = ("ben", "cleo")


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("arc")
    with operated("arc", folder, {"ARC_POSTGRES_PASSWORD": PASSWORD}) as made:
        yield made


def _of(system: System, kind: str) -> list[str]:
    label = f"label=com.docker.compose.project={system.project.name}"
    every = ("--all",) if kind == "container" else ()
    done = subprocess.run(
        ["docker", kind, "ls", *every, "--quiet", "--filter", label],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _stores_up(system: System) -> None:
    for store in ("redis", "postgres"):
        if not any(each.up for each in containers_of(system.project.name, store)):
            system.does(f"start arc {store}", "ben")


@pytest.mark.covers("D2", "C")
def test_kill_is_at_once_down_keeps_the_data_and_clean_saves_it_first(system: System) -> None:
    """A killed store has no time to end. After `down` the key is there again; after `clean` nothing
    is, but a backup of both stores that was made on the way and brings it back."""
    _stores_up(system)
    system.does("kill arc redis", *_BOTH)
    assert system.project.container("redis").exit_code == 137
    _stores_up(system)
    system.project.in_container("redis", "redis-cli", "set", "kept", "yes")
    volumes = _of(system, "volume")
    system.does("down arc", "ben")
    assert not _of(system, "container") and not _of(system, "network")
    assert volumes and _of(system, "volume") == volumes
    _stores_up(system)
    assert system.project.in_container("redis", "redis-cli", "get", "kept").strip() == "yes"
    system.does("clean arc arc", *_BOTH)
    assert not _of(system, "container") and not _of(system, "volume")
    assert "nothing is there" in system.says("clean arc arc --without-backup again")
    _stores_up(system)
    system.does("restore arc redis latest", *_BOTH)
    assert system.project.in_container("redis", "redis-cli", "get", "kept").strip() == "yes"
