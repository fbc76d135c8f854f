"""Starting and restarting when something is in the way: by wire, on small projects of their own.
What a plan began is undone, or owed and said."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import free_port
from tests.support.systems import System
from tests.support.talk import payload, text_of
from tests.support.tiny import CONTAINER, app, operated_tiny

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def service(*needs: str, seconds: float = 8) -> dict[str, Any]:
    return {"health": CONTAINER, "needs": list(needs), "start_seconds": seconds}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """`base` is well; each of the others needs it, and has a trouble of its own."""
    taken = free_port()
    containers = {
        "base": app("base"),
        "api": app("api"),
        "ill": app("ill", environment={"NAME": "ill", "PORT": "8000", "HEALTH": "ill"}),
        "ends": app("ends", entrypoint=["sh", "-c", "echo no way; exit 3"]),
        "imageless": {"image": "interlock-test/never-made:0"},
        "taken": app("taken", ports=[f"127.0.0.1:{taken}:8000"]),
        "holder": app("holder", ports=[f"127.0.0.1:{taken}:8000"]),
    }
    services = {
        "base": service(),
        **{name: service("base") for name in containers if name not in {"base", "holder"}},
        "holder": service(),
    }
    folder: Path = tmp_path_factory.mktemp("trouble")
    with operated_tiny(folder, containers, services=services) as made:
        yield made


@pytest.fixture(autouse=True)
def _all_down(system: System) -> Iterator[None]:
    yield
    system.project.compose("down", "--timeout", "1")


def fails(system: System, text: str) -> str:
    """What the card says of a request that does not succeed."""
    ended = system.end_of(system.asks(text, *(("ben", "cleo") if "restart" in text else ("ben",))))
    assert payload(ended)["state"] in {"failed", "undone"}, text_of(ended)
    return text_of(ended)


def running(system: System) -> set[str]:
    label = f"label=com.docker.compose.project={system.project.name}"
    ids = subprocess.run(
        ["docker", "ps", "--quiet", "--filter", label], capture_output=True, text=True, check=True
    ).stdout.split()
    if not ids:
        return set()
    said = subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True)
    seen = json.loads(said.stdout)
    return {each["Config"]["Labels"]["com.docker.compose.service"] for each in seen}


def test_start_goes_in_order_and_waits_for_health(system: System) -> None:
    """What is needed was healthy before what needs it began."""
    system.does("start tiny api", "ben")
    base, api = (_state(system, name) for name in ("base", "api"))
    assert base["Health"]["Status"] == api["Health"]["Status"] == "healthy"
    healthy_at = next(each["End"] for each in base["Health"]["Log"] if each["ExitCode"] == 0)
    assert _moment(healthy_at) <= _moment(api["StartedAt"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ill", "is not healthy after 8 s"),
        ("ends", "ended at once"),
        ("imageless", "never-made"),
        ("taken", "port is already allocated"),
    ],
)
def test_what_cannot_start_is_said_and_what_began_is_undone(
    system: System, name: str, why: str
) -> None:
    """The reason is on the card; what it needed and had been started for it is stopped again, and
    what ran before runs on."""
    system.does("start tiny holder", "ben")
    assert why in fails(system, f"start tiny {name}")
    assert running(system) == {"holder"}


def test_a_restart_that_cannot_work_is_said(system: System) -> None:
    """A service that cannot begin again: the card has the reason; what it needs runs on."""
    system.does("start tiny api", "ben")
    system.project.in_container("api", "sh", "-c", "printf 'exit 5' > /entrypoint.sh")
    assert "api" in fails(system, "restart tiny api")
    assert running(system) == {"base"}


def _state(system: System, name: str) -> dict[str, Any]:
    found: dict[str, Any] = _inspected(system, name)["State"]
    return found


def _inspected(system: System, name: str) -> dict[str, Any]:
    said = subprocess.run(
        ["docker", "inspect", system.project.container(name).id], capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(said.stdout)[0]
    return found


def _moment(text: str) -> str:
    return text[:23]
