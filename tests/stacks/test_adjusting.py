"""What is changed of a service for good, on a small project of real containers."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from playbooks.errors import BadArgument, HostError
from playbooks.model.adjusted import Setting
from playbooks.model.stack_file import load_stack
from playbooks.operations.adjust import (
    LIMITS,
    SCALE,
    SET,
    SET_BACK,
    LimitsParams,
    ScaleParams,
    SetBackParams,
    SetParams,
)
from playbooks.operations.lifecycle import START, LifecycleParams
from tests.support.docker import Project
from tests.support.run_plan import Bench
from tests.support.tiny import app, tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """`api` may be many, `named` and `fixed` may not."""
    services = {
        "api": app("api"),
        "named": app("named", container_name="tiny-named"),
        "fixed": app("fixed", ports=["127.0.0.1:18999:8000"]),
    }
    with tiny(tmp_path_factory.mktemp("tiny"), services) as project:
        yield project


@pytest.fixture
def bench(made: Project) -> Bench:
    """With `api` running."""
    bench = Bench(load_stack(made.folder / "tiny.yaml"))
    bench.run(bench.plan(START, LifecycleParams(service="api")))
    return bench


def containers(made: Project, service: str = "api") -> list[dict[str, Any]]:
    ids = made.compose_all("ps", "--all", "--quiet", service).split()
    said = subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True)
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


def environment(made: Project) -> list[str]:
    [container] = containers(made)
    found: list[str] = container["Config"]["Env"]
    return found


def test_scale_outlasts_the_next_up_and_goes_back(made: Project, bench: Bench) -> None:
    """Two run; the first is not touched; a plain `up` with the file keeps two; one again."""
    [first] = containers(made)
    bench.run(bench.plan(SCALE, ScaleParams(service="api", replicas=2)))
    seen = containers(made)
    assert len(seen) == 2 and first["Id"] in [each["Id"] for each in seen]
    made.compose_all("up", "--detach", "api")
    seen = containers(made)
    assert len(seen) == 2
    bench.run(bench.plan(SCALE, ScaleParams(service="api", replicas=1)))
    [left] = containers(made)
    assert left["Id"] in [each["Id"] for each in seen]
    assert not list(made.folder.glob("docker-compose.interlock.*"))


@pytest.mark.parametrize(("service", "why"), [("named", "container_name"), ("fixed", "port 18999")])
def test_what_forbids_scaling_is_named(bench: Bench, service: str, why: str) -> None:
    """A fixed name and a fixed port are the reason, before anything is done."""
    with pytest.raises(BadArgument, match=why):
        bench.plan(SCALE, ScaleParams(service=service, replicas=2))


def test_limits_change_while_it_runs_and_vanish_again(made: Project, bench: Bench) -> None:
    """The same container has them at once; a container made anew has them, too; reset takes them
    away."""
    [before] = containers(made)
    bench.run(bench.plan(LIMITS, LimitsParams(service="api", cpus=0.5, memory="64M")))
    [after] = containers(made)
    assert after["Id"] == before["Id"]
    assert limits(after) == (64 << 20, 500_000_000)
    made.compose_all("up", "--detach", "--force-recreate", "api")
    [again] = containers(made)
    assert again["Id"] != before["Id"] and limits(again) == (64 << 20, 500_000_000)
    bench.run(bench.plan(LIMITS, LimitsParams(service="api", reset=True)))
    [free] = containers(made)
    assert limits(free) == (0, 0)


def limits(container: dict[str, Any]) -> tuple[int, int]:
    return container["HostConfig"]["Memory"], container["HostConfig"]["NanoCpus"]


def test_a_limit_the_engine_refuses_is_taken_back(made: Project, bench: Bench) -> None:
    """One megabyte is too little for Docker: the file is as before."""
    with pytest.raises(HostError, match="6MB"):
        bench.run(bench.plan(LIMITS, LimitsParams(service="api", memory="1M")))
    assert not list(made.folder.glob("docker-compose.interlock.*"))
    [container] = containers(made)
    assert limits(container) == (0, 0) and container["State"]["Running"]


def test_a_variable_is_set_and_set_back_by_the_run_that_set_it(made: Project, bench: Bench) -> None:
    """The container has the value as typed; going back leaves what another run set since."""
    value = "a 'b' \"c\" $d $$e ${f} \\n ü # : {x}"
    plan = bench.plan(
        SET, SetParams(service="api", key="WORDS", setting=Setting(text=value), seconds=60)
    )
    work = bench.run(plan)
    assert f"WORDS={value}" in environment(made)
    assert plan.afterwards is not None and plan.afterwards.operation == "set-back"
    params = plan.afterwards.params | {"run": work.run}
    other = bench.plan(SET_BACK, SetBackParams.model_validate(params | {"run": "another"}))
    assert other.nothing_to_do
    bench.run(bench.plan(SET_BACK, SetBackParams.model_validate(params)))
    assert not [each for each in environment(made) if each.startswith("WORDS=")]


def test_a_secret_comes_from_the_env_files_alone(made: Project, bench: Bench) -> None:
    """By reference the container has it and the file has not; in plain text it is refused; a name
    that the env files do not have changes nothing."""
    with pytest.raises(BadArgument, match="looks like a secret"):
        bench.plan(SET, SetParams(service="api", key="API_TOKEN", setting=Setting(text="hush")))
    known = Setting(variable="GIVEN")
    bench.run(bench.plan(SET, SetParams(service="api", key="API_TOKEN", setting=known)))
    assert "API_TOKEN=from-the-env-file" in environment(made)
    [file] = made.folder.glob("docker-compose.interlock.*")
    assert "from-the-env-file" not in file.read_text()
    unknown = Setting(variable="NOT_GIVEN")
    with pytest.raises(HostError, match="NOT_GIVEN"):
        bench.run(bench.plan(SET, SetParams(service="api", key="API_TOKEN", setting=unknown)))
    assert "API_TOKEN=from-the-env-file" in environment(made)
    bench.run(bench.plan(SET, SetParams(service="api", key="API_TOKEN", setting=None)))
    assert not list(made.folder.glob("docker-compose.interlock.*"))
