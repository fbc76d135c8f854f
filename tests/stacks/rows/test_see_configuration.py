"""What the compose configuration of every system comes to, and who has its ports."""

import re
import subprocess

import pytest
import yaml

from tests.images.build import image
from tests.support.bot import free_port
from tests.support.docker import PASSWORD, REDIS_PASSWORD, TERMINUS_KEY
from tests.support.systems import System, on
from tests.support.talk import newest_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_SECRETS = (PASSWORD, REDIS_PASSWORD, TERMINUS_KEY)


@pytest.mark.covers("S12", "RNSAC", only="the effective configuration without secrets")
@on("RNSAC")
def test_the_effective_configuration_is_composes_own_without_secrets(system: System) -> None:
    """Every service of `docker compose config` is in the file with its image, and no secret is."""
    system.says(f"config {system.name}")
    uploaded = newest_file(system.bot.sim, "ana")
    text = system.bot.sim.http.get(f"/sim/files/{uploaded['id']}").text
    shown = yaml.safe_load(text)["services"]
    own = yaml.safe_load(system.project.compose("config"))["services"]
    assert {n: each["image"] for n, each in shown.items()} == {
        n: each["image"] for n, each in own.items()
    }
    assert not [secret for secret in _SECRETS if secret in text]


@pytest.mark.covers("S12", "RNSAC", only="who holds a port, and what the world reaches")
@on("RNSAC")
def test_ports_are_held_by_whom_docker_says(system: System) -> None:
    """Every published port is shown with its container, and one that is opened to the world."""
    said = system.says(f"ports {system.name}")
    assert "none is open to the world" in said
    published = _published(system)
    assert published
    for container, port in published:
        assert container in said and str(port) in said
        assert f"Port {port} is held on this host by container {container}" in system.says(
            f"ports {port}"
        )
    stray, port = f"{system.project.name}-stray", free_port()
    _run_stray(system, stray, port)
    try:
        opened = system.says(f"ports {system.name}")
        asked = system.says(f"config {system.name}")
    finally:
        subprocess.run(["docker", "rm", "--force", stray], check=True, capture_output=True)
    assert f"{port} open to the world" in opened
    assert stray in asked and "no file describes any more" in asked


def _published(system: System) -> list[tuple[str, int]]:
    """Containers of the project and their ports of this host, as docker says."""
    wanted = f"label=com.docker.compose.project={system.project.name}"
    argv = ["docker", "ps", "--filter", wanted, "--format", "{{.Names}} {{.Ports}}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return [
        (line.partition(" ")[0], int(port))
        for line in done.stdout.splitlines()
        for port in re.findall(r"127\.0\.0\.1:(\d+)->", line)
    ]


def _run_stray(system: System, name: str, port: int) -> None:
    """A container of the project that its files do not know, open to the world."""
    labels = {
        "com.docker.compose.project": system.project.name,
        "com.docker.compose.service": "stray",
        "com.docker.compose.oneoff": "False",
    }
    options = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    argv = [
        "docker",
        "run",
        "--detach",
        "--name",
        name,
        *options,
        "-p",
        f"{port}:8000",
        image("app"),
    ]
    subprocess.run(argv, check=True, capture_output=True)
