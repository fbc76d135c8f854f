"""Blue-green on A.R.C.: a second project beside the first, and a stream of requests that loses
nothing while traffic is switched."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.errors import BadArgument
from playbooks.model.stack_file import load_stack
from playbooks.operations.bluegreen import (
    BLUEGREEN_BACK,
    BLUEGREEN_SWITCH,
    BLUEGREEN_UP,
    SwitchParams,
    UpParams,
)
from tests.images.build import image
from tests.support.bot import wait_until
from tests.support.docker import PASSWORD, SHIPPED, STACKS
from tests.support.run_plan import Bench
from tests.support.stream import answer, stream
from tests.support.systems import System, operated
from tests.support.talk import card_in, new_card, payload, press, text_of
from tests.support.traefik import traefik

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

_PLAIN = "upstream raymond { server 127.0.0.1:9; }\n"
_KEY = "the signing key of before"
_SITE = "server { listen 8080; location / { proxy_pass http://raymond; } }\n"


@pytest.fixture(scope="module")
def arc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A.R.C. with its stores alone, and the description of two projects that share them."""
    folder = tmp_path_factory.mktemp("arc")
    (folder / "compose.bluegreen.yaml").write_text(
        (STACKS / "arc" / "compose.bluegreen.yaml").read_text()
    )
    (folder / "nginx").mkdir()
    (folder / "traefik").mkdir()
    (folder / "nginx" / "upstream.conf").write_text(_PLAIN)
    (folder / "nginx" / "site.conf").write_text(_SITE)
    name = uuid.uuid4().hex[:6]
    proxy = f"arc-proxy-{name}"
    bluegreen: dict[str, Any] = {
        "projects": [f"arc-v1-{name}", f"arc-v2-{name}"],
        "files": ["compose.bluegreen.yaml"],
        "services": ["raymond"],
        "variable": "RAYMOND_VERSION",
        "entry": "raymond",
        "port": 8081,
        "drain": "10s",
        "switch": {
            "kind": "nginx",
            "file": "nginx/upstream.conf",
            "upstream": "raymond",
            "test": ["docker", "exec", proxy, "nginx", "-t"],
            "reload": ["docker", "exec", proxy, "nginx", "-s", "reload"],
        },
    }
    services = yaml.safe_load((SHIPPED / "arc.yaml").read_text())["services"]
    services["raymond"]["start_seconds"] = 8
    # The files of both projects give it no fixed name.
    del services["raymond"]["size"]
    with operated(
        "arc",
        folder,
        {"ARC_POSTGRES_PASSWORD": PASSWORD},
        deploy={
            "bluegreen": bluegreen,
            "variable": {"name": "RAYMOND_VERSION", "value": "{version}"},
            "ways": {"deploy": [{"kind": "roll", "services": ["raymond"]}]},
        },
        services=services,
        secrets={
            "signing-key": {
                "kind": "variable",
                "places": [{"file": ".env", "variable": "RAYMOND_SIGNING_KEY"}],
                "services": ["raymond"],
            }
        },
    ) as made:
        with (folder / ".env").open("a") as file:
            file.write(f"RAYMOND_SIGNING_KEY={_KEY}\n")
        made.project.compose("up", "--detach", "redis")
        _nginx(made, proxy)
        try:
            yield made
        finally:
            _docker("rm", "--force", "--volumes", proxy)
            for project in bluegreen["projects"]:
                _remove(project)


def _nginx(made: System, proxy: str) -> None:
    """nginx of Debian in the network of the project, as a container of its own."""
    network = f"{made.project.name}_arc_net"
    _docker(
        *("run", "--detach", "--name", proxy, "--network", network, "--entrypoint", "nginx"),
        *("--volume", f"{made.project.folder / 'nginx'}:/etc/nginx/conf.d:ro"),
        *("--publish", "127.0.0.1::8080", image("systemd"), "-g", "daemon off;"),
    )


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _remove(project: str) -> None:
    label = f"label=com.docker.compose.project={project}"
    left = _docker("ps", "--all", "--quiet", "--filter", label).split()
    if left:
        _docker("rm", "--force", "--volumes", *left)


def _of(project: str) -> list[str]:
    """The containers of a project that run."""
    label = f"label=com.docker.compose.project={project}"
    return _docker("ps", "--filter", label, "--format", "{{.Names}}").split()


def _bench(made: System, folder: Path, **changes: Any) -> Bench:
    """The stack with another description of the two projects, without a bot."""
    described = yaml.safe_load(made.project.stack_file.read_text())
    described["deploy"]["bluegreen"] |= changes
    file = made.project.folder / f"{folder.name}.yaml"
    file.write_text(yaml.safe_dump(described))
    return Bench(load_stack(file))


@pytest.mark.covers("D6", "C")
def test_a_stream_of_requests_loses_nothing_through_nginx(arc: System) -> None:
    """Brought up, switched to and gone back from while two clients ask without a pause: every
    request is answered, by one version and then by the other; the stores are never touched."""
    rules = yaml.safe_load(arc.project.stack_file.read_text())["deploy"]["bluegreen"]
    first, second = rules["projects"]
    stores = arc.project.container("redis").id
    arc.does("bluegreen arc 1.0 --switch", "ben")
    [published] = _docker("port", rules["switch"]["test"][2], "8080/tcp").splitlines()
    proxied = f"http://{published}/"
    wait_until(lambda: answer(proxied)[0], "nginx has taken over the first upstream of all")
    with stream(proxied) as seen:
        arc.does("bluegreen arc 2.0", "ben")
        assert f"traffic goes to {first}" in arc.says("bluegreen arc")
        arc.does("bluegreen arc switch", "ben")
        assert "raymond\nrunning for" in arc.says("status arc")
        after_switch = seen.answers["<h1>raymond 2.0</h1>"]
        arc.does("bluegreen arc back", "ben")
    assert seen.failures == []
    assert seen.requests > 100
    assert set(seen.answers) == {"<h1>raymond 1.0</h1>", "<h1>raymond 2.0</h1>"}
    assert after_switch > 10
    assert _of(second) == [f"{second}-raymond-1"]
    arc.does("bluegreen arc retire", "ben")
    assert _of(second) == []
    assert _of(first) == [f"{first}-raymond-1"]
    assert "is retired" in arc.says("bluegreen arc back")
    assert arc.project.container("redis").id == stores
    refused = arc.says("deploy arc 3.0")
    assert f"raymond in {first}" in refused and "bluegreen arc VERSION --switch" in refused
    assert _of(first) == [f"{first}-raymond-1"]


@pytest.mark.covers("D3", "C", only="of what blue-green has switched")
@pytest.mark.covers("D13", "C", only="of what blue-green has switched")
@pytest.mark.covers("D14", "C", only="of what blue-green has switched")
@pytest.mark.covers("D17", "C", only="of what blue-green has switched")
def test_what_is_done_to_a_doubled_service_is_done_where_the_traffic_is(
    arc: System, tmp_path: Path
) -> None:
    """Scaled, limited, set, restarted and given a new secret: the containers that serve are, the
    proxy follows them, the next version has it too, and the stack's own project has nothing."""
    rules = yaml.safe_load(arc.project.stack_file.read_text())["deploy"]["bluegreen"]
    arc.does("bluegreen arc 6.0 --switch", "ben")
    [live] = [name for name in rules["projects"] if f"traffic goes to {name}" in _told(arc)]
    [other] = [name for name in rules["projects"] if name != live]
    [published] = _docker("port", rules["switch"]["test"][2], "8080/tcp").splitlines()
    proxied = f"http://{published}/"
    wait_until(lambda: answer(proxied)[0], "nginx has taken over the upstream")
    with stream(proxied) as seen:
        arc.does("scale arc raymond 2", "ben")
        arc.does("limits arc raymond --memory 96M", "ben")
        assert _upstream(arc) == {f"{live}-raymond-1:8081", f"{live}-raymond-2:8081"}
        arc.does("bluegreen arc 7.0 --switch", "ben")
    assert seen.failures == []
    assert {_memory(name) for name in _of(other)} == {96 << 20}
    assert _upstream(arc) == {f"{other}-raymond-1:8081", f"{other}-raymond-2:8081"}
    arc.does("scale arc raymond 1", "ben")
    arc.does("set arc raymond GREETING=hello", "ben")
    arc.does("restart arc raymond", "ben", "cleo")
    new = tmp_path / "new"
    new.write_text("the signing key of afterwards\n")
    new.chmod(0o600)
    arc.does(f"rotate arc signing-key --to file:{new}", "ben", "cleo")
    assert _of(other) == [f"{other}-raymond-1"]
    variables = _docker("inspect", "--format", "{{json .Config.Env}}", f"{other}-raymond-1")
    assert {"GREETING=hello", "SIGNING_KEY=the signing key of afterwards"} <= set(
        json.loads(variables)
    )
    assert _KEY not in _docker("inspect", *_of(live))
    wait_until(lambda: answer(proxied) == (True, "<h1>raymond 7.0</h1>"), "nginx follows it")
    assert not [name for name in _of(arc.project.name) if "raymond" in name]
    arc.does("bluegreen arc retire", "ben")
    assert _of(live) == []


def _told(arc: System) -> str:
    return arc.says("bluegreen arc")


def _upstream(arc: System) -> set[str]:
    """Where nginx sends requests."""
    lines = (arc.project.folder / "nginx" / "upstream.conf").read_text().splitlines()
    return {line.split()[1].rstrip(";") for line in lines if line.lstrip().startswith("server")}


def _memory(container: str) -> int:
    return int(_docker("inspect", "--format", "{{.HostConfig.Memory}}", container))


@pytest.mark.covers("D6", "C", only="a version that never gets healthy")
def test_a_version_that_never_gets_healthy_gets_no_traffic(arc: System) -> None:
    """The run is undone with the reason, what came up is removed, traffic stays where it was."""
    rules = yaml.safe_load(arc.project.stack_file.read_text())["deploy"]["bluegreen"]
    route = (arc.project.folder / "nginx" / "upstream.conf").read_text()
    before = {project: _of(project) for project in rules["projects"]}
    card = new_card(arc.bot, "bluegreen arc sick --switch")
    press(arc.bot.sim, card, "approve", "ben")
    undone = card_in(arc.bot.sim, "undone", payload(card)["request"], 120)
    assert "is not well after 8 s" in text_of(undone)
    assert {project: _of(project) for project in rules["projects"]} == before
    assert (arc.project.folder / "nginx" / "upstream.conf").read_text() == route


@pytest.mark.covers("D6", "C", only="by Traefik's file provider", by_contract=True)
def test_a_stream_of_requests_loses_nothing_through_traefik_by_contract(
    arc: System, tmp_path: Path
) -> None:
    """The same through a stand-in that obeys the files of Traefik's file provider at once."""
    name = uuid.uuid4().hex[:6]
    folder = arc.project.folder / "traefik"
    bench = _bench(
        arc,
        tmp_path,
        projects=[f"arc-blue-{name}", f"arc-green-{name}"],
        switch={"kind": "traefik", "file": "traefik/raymond.yml"},
        reached="port",
        drain="4s",
    )
    try:
        bench.run(bench.plan(BLUEGREEN_UP, UpParams(version="1.0", switch=True)))
        with traefik(folder) as proxy, stream(f"http://127.0.0.1:{proxy.port}/") as seen:
            bench.run(bench.plan(BLUEGREEN_UP, UpParams(version="2.0")))
            bench.run(bench.plan(BLUEGREEN_SWITCH, SwitchParams()))
            bench.run(bench.plan(BLUEGREEN_BACK, SwitchParams()))
        assert seen.failures == []
        assert set(seen.answers) == {"<h1>raymond 1.0</h1>", "<h1>raymond 2.0</h1>"}
    finally:
        for project in (f"arc-blue-{name}", f"arc-green-{name}"):
            _remove(project)


@pytest.mark.covers("D6", "C", only="refused as it stands")
def test_a_fixed_name_forbids_a_second_project(arc: System, tmp_path: Path) -> None:
    """With A.R.C.'s own compose file nothing is started, and the reason is named."""
    bench = _bench(arc, tmp_path, files=["compose.yaml"])
    with pytest.raises(BadArgument, match=r"fixed container_name \S+-raymond-services"):
        bench.plan(BLUEGREEN_UP, UpParams(version="3.0"))
