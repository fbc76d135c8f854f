"""What the compose configuration of every system comes to, and who has its ports."""

import re
import subprocess

import pytest
import yaml

from tests.images.build import image
from tests.support.bot import free_port
from tests.support.docker import PASSWORD, REDIS_PASSWORD, TERMINUS_KEY
from tests.support.systems import System, on
from tests.support.talk import ask_patiently, newest_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_SECRETS = (PASSWORD, REDIS_PASSWORD, TERMINUS_KEY)


@pytest.mark.covers("S12", "RNSAC", only="the effective configuration without secrets")
@on("RNSAC")
def test_the_effective_configuration_is_composes_own_without_secrets(system: System) -> None:
    """Every service of `docker compose config` is in the file with its image, and no secret is."""
    ask_patiently(system.bot.sim, f"config {system.name}")
    uploaded = newest_file(system.bot.sim, "ana")
    text = system.bot.sim.http.get(f"/sim/files/{uploaded['id']}").text
    shown = yaml.safe_load(text)["services"]
    own = yaml.safe_load(system.project.compose("config"))["services"]
    assert {n: each["image"] for n, each in shown.items()} == {
        n: each["image"] for n, each in own.items()
    }
    assert not [secret for secret in _SECRETS if secret in text]


@pytest.mark.covers("S12", "RNSAC", only="dangers, and what is missing")
@on("RNSAC")
def test_what_is_missing_is_what_docker_has_not(system: System) -> None:
    """Limits, health checks, restart policies and rotated logs against `docker inspect`; required
    variables against the env file."""
    cells = ask_patiently(system.bot.sim, f"config {system.name}").splitlines()
    has = {
        "no limit of memory": "{{if .HostConfig.Memory}}yes{{end}}",
        "no health check": "{{if .Config.Healthcheck}}yes{{end}}",
        "no restart policy": "{{.HostConfig.RestartPolicy.Name}}",
        "logs that are never": '{{index .HostConfig.LogConfig.Config "max-size"}}',
    }
    for opening, form in has.items():
        inspected = _inspected(system, form)
        lacking = {name for name, said in inspected.items() if said in {"", "no"}}
        rows = [at for at, cell in enumerate(cells) if cell.startswith(opening)]
        found = {name for at in rows for name in cells[at + 1].split(", ")}
        # What the files have and nobody has started has no container to compare with.
        assert found & set(inspected) == lacking, opening
    described = yaml.safe_load(system.project.stack_file.read_text())
    given = (system.project.folder / ".env").read_text()
    unset = [name for name in described["compose"]["required"] if f"{name}=" not in given]
    required = [cell for cell in cells if cell.startswith("required variables without a value")]
    assert required == (
        [f"required variables without a value: {', '.join(sorted(unset))}"] if unset else []
    )
    open_redis = [n for n, d in described["datastores"].items() if _is_open_redis(d)]
    assert all(f"{name} asks for no password" in " ".join(cells) for name in open_redis)


@pytest.mark.covers("S12", "RNSAC")
@on("RNSAC")
def test_what_became_dangerous_in_the_files_is_told(system: System) -> None:
    """A default password, a port for the world, a variable without a value and a container that is
    older than its file; none of them by its value, and none any more when the file is back."""
    file = system.project.folder / "compose.yaml"
    before = file.read_text()
    described = yaml.safe_load(before)
    name, service = next((n, s) for n, s in described["services"].items() if "ports" in s)
    service["environment"] |= {"ADMIN_PASSWORD": "changeme", "OTHER": "${NOT_SET_ANYWHERE}"}
    service["ports"] = ["8123:8000"]
    file.write_text(yaml.safe_dump(described, sort_keys=False))
    try:
        said = ask_patiently(system.bot.sim, f"config {system.name}")
    finally:
        file.write_text(before)
    cells = said.splitlines()
    assert cells[cells.index("ADMIN_PASSWORD is a well-known default") + 1] == name
    assert "changeme" not in said
    opened = next(cell for cell in cells if cell.startswith("0.0.0.0:8123 → 8000"))
    assert "open to the world" in opened
    assert 'write "127.0.0.1:8123:8000"' in said
    assert "variables without a value, which become blank: NOT_SET_ANYWHERE" in said
    changed = "the files were changed since the container was made"
    assert cells[cells.index(changed) + 1] == name
    again = ask_patiently(system.bot.sim, f"config {system.name}")
    assert changed not in again and "ADMIN_PASSWORD is a well-known default" not in again


def _is_open_redis(store: dict[str, str]) -> bool:
    return store["kind"] == "redis" and "password" not in store


def _inspected(system: System, form: str) -> dict[str, str]:
    """What `docker inspect` says of the containers of the project, by service."""
    wanted = f"label=com.docker.compose.project={system.project.name}"
    argv = ["docker", "ps", "--quiet", "--filter", wanted]
    found = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    service = '{{index .Config.Labels "com.docker.compose.service"}}'
    argv = ["docker", "inspect", "--format", f"{service}={form}", *found]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


@pytest.mark.covers("S12", "RNSAC", only="who holds a port, and what the world reaches")
@on("RNSAC")
def test_ports_are_held_by_whom_docker_says(system: System) -> None:
    """Every published port is shown with its container, and one that is opened to the world."""
    said = ask_patiently(system.bot.sim, f"ports {system.name}")
    assert "none is open to the world" in said
    published = _published(system)
    assert published
    for container, port in published:
        assert container in said and str(port) in said
        assert f"Port {port} is held on this host by container {container}" in ask_patiently(
            system.bot.sim, f"ports {port}"
        )
    stray, port = f"{system.project.name}-stray", free_port()
    _run_stray(system, stray, port)
    try:
        opened = ask_patiently(system.bot.sim, f"ports {system.name}")
        asked = ask_patiently(system.bot.sim, f"config {system.name}")
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
