"""Containers of an engine that is reached by ssh, or over TLS, operated from Slack."""

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from playbooks.hosts.containers.container import Container
from playbooks.hosts.docker import containers_of
from tests.images.build import image
from tests.support.bot import wait_until
from tests.support.docker import Project, require_docker
from tests.support.hosted import Hosted, hosted
from tests.support.ssh_host import ENGINE_SOCKET, SshHost, ssh_host
from tests.support.talk import ask_patiently, payload, text_of
from tests.support.tls_engine import TlsEngine, tls_engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

_SLOW_END = "trap 'echo ending; sleep 3; exit 0' TERM; echo here we are; while :; do sleep 1; done"


def _composed(project: str) -> dict[str, Any]:
    app = {
        "image": image("app"),
        "environment": {"PORT": "8000"},
        "healthcheck": {"test": ["CMD", "grep", "-q", "healthy", "/srv/health"], "interval": "1s"},
    }
    slow = {**app, "entrypoint": ["sh", "-c", _SLOW_END], "stop_grace_period": "20s"}
    del slow["healthcheck"]
    return {"name": project, "services": {"web": app, "slow": slow}}


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """A host whose engine is this machine's own."""
    with ssh_host(tmp_path_factory.mktemp("host"), engine=True) as made:
        yield made


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsEngine]:
    require_docker()
    with tls_engine(tmp_path_factory.mktemp("tls")) as made:
        yield made


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Project]]:
    """One project a way to the engine."""
    require_docker()
    made = {}
    with ExitStack() as ending:
        for way in ("by-ssh", "by-tls", "refused"):
            project = Project(f"{way}-{uuid.uuid4().hex[:6]}", tmp_path_factory.mktemp(way))
            (project.folder / "compose.yaml").write_text(json.dumps(_composed(project.name)))
            ending.callback(project.compose, "down", "--volumes", "--timeout", "1")
            made[way] = project
        yield made


@pytest.fixture(scope="module")
def operated(
    ssh: SshHost,
    tls: TlsEngine,
    projects: dict[str, Project],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hosted]:
    """A bot whose own DOCKER_HOST leads nowhere: what it does goes where the stack file says."""
    hosts = {
        "by-ssh": ssh.described(docker_socket=ENGINE_SOCKET),
        "by-tls": tls.described(),
        "refused": tls.described("stranger"),
    }
    stacks = [
        {
            "name": way,
            "host": way,
            "hosts": hosts,
            "compose": {
                "project": project.name,
                "files": [str(project.folder / "compose.yaml")],
            },
            "services": {"web": {"health": {"kind": "container"}}, "slow": {}},
        }
        for way, project in projects.items()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        with hosted(tmp_path_factory.mktemp("bot"), *stacks) as made:
            patch.delenv("DOCKER_HOST")
            yield made


_Of = Callable[[str, str], Container]


@pytest.fixture
def container(projects: dict[str, Project]) -> _Of:
    """The one container of a service, as the engine itself has it."""

    def found(way: str, service: str) -> Container:
        [one] = containers_of(projects[way].name, service)
        return one

    return found


@pytest.mark.parametrize("way", ["by-ssh", "by-tls"])
def test_containers_elsewhere_are_operated(way: str, operated: Hosted, container: _Of) -> None:
    """Started with `docker compose`, seen, read, measured, restarted and stopped; the engine has
    it so, though the bot's own DOCKER_HOST leads nowhere."""
    operated.does(f"start {way}", "ben")
    first = container(way, "web")
    assert first.up
    assert first.health == "healthy"
    _status(operated, way, "2 of 2 services up")
    assert "here we are" in operated.says(f"logs {way} slow")
    assert "2 running parts" in operated.says(f"stats {way}")
    operated.does(f"restart {way} web", "ben", "cleo")
    again = container(way, "web")
    assert again.id == first.id
    assert again.pid != first.pid
    operated.does(f"stop {way} web", "ben")
    assert not container(way, "web").up
    _status(operated, way, "1 of 2 services up")


def test_ssh_cut_in_mid_stop_leaves_nothing_half_way(
    ssh: SshHost, operated: Hosted, projects: dict[str, Project], container: _Of
) -> None:
    """The engine goes on without whoever asked: the run looks again, and ends as what happened."""
    projects["by-ssh"].compose("up", "--detach", "slow")
    request = operated.asks("stop by-ssh slow", "ben")
    slow = container("by-ssh", "slow").id
    wait_until(lambda: _said(slow).endswith("ending\n"), "the container to be on its way down")
    ssh.cut()
    ended = operated.end_of(request)
    assert payload(ended)["state"] == "succeeded", text_of(ended)
    assert not container("by-ssh", "slow").up
    assert "0 of 2" in _status(operated, "by-ssh", "stopped")


def _status(operated: Hosted, stack: str, what: str) -> str:
    """The status of the stack, once it says so: a machine that is busy misses its deadline."""

    def seen() -> str:
        said = ask_patiently(operated.bot.sim, f"status {stack}")
        return said if what in said else ""

    return str(wait_until(seen, f"the status of {stack} to say {what!r}", 60))


def _said(container: str) -> str:
    argv = ["docker", "logs", container]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_an_engine_refuses_who_shows_no_certificate_of_its_own(operated: Hosted) -> None:
    """The rows are unknown with the reason, and nothing is planned."""
    said = _status(operated, "refused", "Docker Engine of 127.0.0.1")
    assert "unknown" in said, said
    assert "Docker Engine of 127.0.0.1" in operated.says("start refused")
