"""Versions that come from a registry, and go into one."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from playbooks.errors import ActionFailed
from playbooks.operations.deploy import DEPLOY, DeployParams
from tests.support.registry import Registry, registry
from tests.support.run_plan import Bench
from tests.support.versions import BETTER, GOOD, Fleet, Versions, fleet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_PULL = [{"kind": "pull", "services": ["s1"]}, {"kind": "roll"}]
_MAKE = [{"kind": "build", "services": ["s1"]}, {"kind": "push", "services": ["s1"]}, *_PULL]
_MADE = "v2.0.0"


@dataclass(frozen=True)
class Shipyard:
    """A service whose images are in a registry, and that registry."""

    registry: Registry
    fleet: Fleet

    def deploy(self, version: str, way: str = "deploy") -> None:
        bench = Bench(self.fleet.stack)
        bench.run(bench.plan(DEPLOY, DeployParams(version=version, way=way)))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """The same containers go on, and the env file is as it was."""
        ids = [self.fleet.project.container(name).id for name in self.fleet.names]
        settings = self.fleet.env_file.read_text()
        yield
        assert [self.fleet.project.container(name).id for name in self.fleet.names] == ids
        assert self.fleet.env_file.read_text() == settings


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipyard]:
    """At the good version; the better one is only in the registry."""
    with registry() as place, fleet(tmp_path_factory.mktemp("yard"), 1) as made:
        for version in (GOOD, BETTER):
            place.push(made.versions.name(version), f"fleet:{version}")
        ships = replace(made, versions=Versions(f"{place.place}/fleet"))
        ships.versions.remove(BETTER)
        file = json.loads(ships.project.stack_file.read_text())
        file["deploy"]["variable"]["value"] = f"{ships.versions.repository}:{{version}}"
        file["deploy"]["ways"] = {"deploy": _PULL, "make": _MAKE}
        ships.project.stack_file.write_text(json.dumps(file))
        ships.put(GOOD)
        yield Shipyard(place, ships)


def test_a_release_that_is_only_in_its_registry_is_pulled(yard: Shipyard) -> None:
    """What runs then has the digest that the registry has for it."""
    yard.deploy(BETTER)
    assert yard.fleet.runs(BETTER)
    seen = _digests(yard.fleet.versions.name(BETTER))
    assert yard.registry.digest(f"fleet:{BETTER}") in seen


def test_what_was_built_is_pushed(yard: Shipyard) -> None:
    """The registry has the very image that runs."""
    _build_in(yard.fleet)
    yard.deploy(_MADE, "make")
    assert yard.fleet.runs(_MADE)
    assert yard.registry.digest(f"fleet:{_MADE}") in _digests(yard.fleet.versions.name(_MADE))


def test_a_tag_that_is_missing_changes_nothing(yard: Shipyard) -> None:
    """The registry's own words, and what to do."""
    with yard.unchanged(), pytest.raises(ActionFailed, match="manifest unknown") as failed:
        yard.deploy("v9.9.9")
    assert "Push it to its registry" in failed.value.hint


def test_a_registry_that_is_away_changes_nothing(yard: Shipyard) -> None:
    """Neither pulled nor pushed; it says that the registry does not answer."""
    with yard.registry.away():
        for way in ("deploy", "make"):
            with yard.unchanged(), pytest.raises(ActionFailed) as failed:
                yard.deploy("v3.0.0", way)
            assert "registry does not answer" in failed.value.hint, str(failed.value)


def _digests(image: str) -> str:
    """Under which the host has got it."""
    argv = ["docker", "image", "inspect", "--format", "{{.RepoDigests}}", image]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def _build_in(ships: Fleet) -> None:
    """From now on `s1` is built from the good version."""
    file = ships.project.folder / "compose.yaml"
    composed = json.loads(file.read_text())
    text = f"FROM {ships.versions.name(GOOD)}\nENV MADE=here\n"
    composed["services"]["s1"]["build"] = {"context": ".", "dockerfile_inline": text}
    file.write_text(json.dumps(composed))
