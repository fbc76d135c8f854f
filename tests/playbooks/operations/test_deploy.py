"""Versions that come and go on real containers: rolled out, refused, and taken back."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.errors import ActionFailed, BadArgument, InterlockError
from playbooks.model.plan import Step
from playbooks.operations.deploy import DEPLOY, DeployParams
from playbooks.operations.rollback import ROLLBACK, RollbackParams
from tests.support.engine_proxy import engine_proxy
from tests.support.run_plan import Bench
from tests.support.versions import BETTER, ENDING, GOOD, SICK, Fleet, fleet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def ships(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two services; each test begins with all of them at the good version."""
    with fleet(tmp_path_factory.mktemp("fleet"), 2) as made:
        yield made


@pytest.fixture
def good(ships: Fleet) -> Fleet:
    ships.put(GOOD)
    return ships


def _deploy(ships: Fleet, version: str, bench: Bench | None = None) -> Bench:
    bench = bench or Bench(ships.stack)
    bench.run(bench.plan(DEPLOY, DeployParams(version=version, way="deploy")))
    return bench


def test_a_version_is_rolled_out_and_back(good: Fleet) -> None:
    """Every service runs from the new image, the env file names it and keeps the rest; the release
    knows the way back."""
    bench = _deploy(good, BETTER)
    assert good.runs(BETTER)
    text = good.env_file.read_text()
    assert good.versions.name(BETTER) in text and "OTHER='a b'" in text and text.startswith("# The")
    before = bench.outputs["note"]
    assert set(before["images"].values()) == {good.versions.digest(GOOD)}
    back = RollbackParams(
        title=GOOD, images=before["images"], versioned=True, version=before["version"]
    )
    bench.run(bench.plan(ROLLBACK, back))
    assert good.runs(GOOD)
    assert good.versions.name(GOOD) in good.env_file.read_text()


def test_a_version_that_never_gets_healthy_is_taken_back(good: Fleet) -> None:
    """The gate fails, and all services run from their former image again, as the env file says."""
    seen: list[str] = []

    def watching(step: Step) -> None:
        seen.append(step.key)

    bench = Bench(good.stack)
    plan = bench.plan(DEPLOY, DeployParams(version=SICK, way="deploy"))
    with pytest.raises(ActionFailed, match="s1"):
        bench.run(plan, before=watching)
    assert seen[-1] == "t1.health.s1", "the others were never touched"
    assert good.runs(GOOD)
    assert good.versions.name(GOOD) in good.env_file.read_text()


def test_a_version_that_ends_at_once_is_taken_back(good: Fleet) -> None:
    """A container that exits fails the gate long before its time is over."""
    with pytest.raises(ActionFailed, match="s1"):
        _deploy(good, ENDING)
    assert good.runs(GOOD)


def test_an_image_that_is_missing_changes_nothing(good: Fleet) -> None:
    """No container is made anew, and the env file is as it was."""
    ids = [good.project.container(name).id for name in good.names]
    with pytest.raises(ActionFailed, match=r"v9\.9\.9 of s1 is not on the host"):
        _deploy(good, "v9.9.9")
    assert [good.project.container(name).id for name in good.names] == ids
    assert good.versions.name(GOOD) in good.env_file.read_text()


def test_an_engine_that_is_away_for_a_moment_is_waited_for(
    good: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to the engine is cut while a gate is waited for, as when dockerd restarts, and the
    deploy goes on when it is back."""
    with engine_proxy(tmp_path) as proxy:
        monkeypatch.setenv("DOCKER_HOST", proxy.host)

        def cutting(step: Step) -> None:
            if step.key == "t1.health.s2":
                proxy.cut(seconds=1.5)

        bench = Bench(good.stack)
        plan = bench.plan(DEPLOY, DeployParams(version=BETTER, way="deploy"))
        bench.run(plan, before=cutting)
        monkeypatch.delenv("DOCKER_HOST")
    assert good.runs(BETTER)


def test_a_floating_name_goes_back_to_its_former_image(good: Fleet) -> None:
    """Where the name of the image stays the same, it leads to the former image again."""
    good.write("floating")
    name = good.versions.name("floating")
    bench = Bench(good.stack.model_copy(update={"deploy": _floating(good)}))
    _tag(good.versions.name(GOOD), name)
    good.project.compose("up", "--detach", "--wait", "--pull", "never")
    _tag(good.versions.name(SICK), name)
    with pytest.raises(ActionFailed):
        bench.run(bench.plan(DEPLOY, DeployParams(way="deploy")))
    assert good.runs(GOOD)
    assert good.versions.digest("floating") == good.versions.digest(GOOD)
    good.write(GOOD)
    good.versions.remove("floating")


def test_another_compose_file_is_another_plan(good: Fleet) -> None:
    """What was approved is void when the compose file has changed since."""
    bench, params = Bench(good.stack), DeployParams(version=BETTER, way="deploy")
    plan = bench.plan(DEPLOY, params)
    assert bench.plan(DEPLOY, params).digest("p") == plan.digest("p")
    file = good.project.folder / "compose.yaml"
    text = file.read_text()
    file.write_text(json.dumps(json.loads(text) | {"x-note": "changed"}))
    try:
        assert bench.plan(DEPLOY, params).digest("p") != plan.digest("p")
    finally:
        file.write_text(text)


@pytest.mark.parametrize("version", ["1.0", "v1.0.0; id", "--help", "v1.0.0\n", "../v1.0.0"])
def test_what_is_no_version_is_refused(ships: Fleet, version: str) -> None:
    """Before anything is read."""
    with pytest.raises(BadArgument):
        Bench(ships.stack).plan(DEPLOY, DeployParams(version=version, way="deploy"))


def test_a_rollback_to_an_image_that_is_gone_is_refused(good: Fleet) -> None:
    """It says so beforehand, where no version can be pulled either."""
    back = RollbackParams(title="long ago", images={"s1": "sha256:" + "0" * 64})
    with pytest.raises(InterlockError, match="not on the host any more"):
        Bench(good.stack).plan(ROLLBACK, back)


def _floating(ships: Fleet) -> object:
    deploy = ships.stack.deploy
    assert deploy is not None
    return deploy.model_copy(update={"variable": None})


def _tag(image: str, name: str) -> None:
    subprocess.run(["docker", "tag", image, name], check=True)
