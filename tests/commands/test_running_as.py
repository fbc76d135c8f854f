"""What the status says of how a service runs, from what the engine told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from commands.see import running_as
from playbooks.model.service import Service

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def container(**changed: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "name": "api-1",
        "image": "sha256:0123456789abcdef",
        "status": "running",
        "health": "healthy",
        "restarts": 0,
        "exit_code": None,
        "since": (NOW - timedelta(hours=2)).isoformat(),
        "tag": "app:1.4",
        "ports": ["127.0.0.1:8000"],
        "out_of_memory": False,
    } | changed


def of(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"state": "running", "containers": list(containers)}


def test_what_runs_well_has_image_ports_and_no_trouble() -> None:
    """Several containers of one image name it once; their restarts are summed."""
    fact = of(container(restarts=1), container(name="api-2", ports=["127.0.0.1:8001"]))
    assert running_as.image(fact) == "app:1.4"
    assert running_as.ports(Service(ports=(80,)), fact) == "127.0.0.1:8000, 127.0.0.1:8001"
    assert running_as.restarts(fact) == "1"
    assert running_as.trouble(fact, NOW) == "" and running_as.several(fact) == "2 of 2 run"


def test_a_restart_loop_is_called_so() -> None:
    """Between two starts, or young after several; an old one that restarted long ago is none."""
    young = (NOW - timedelta(minutes=1)).isoformat()
    assert running_as.trouble(of(container(status="restarting")), NOW) == "restart loop"
    assert running_as.trouble(of(container(restarts=4, since=young)), NOW) == "restart loop"
    assert not running_as.trouble(of(container(restarts=4)), NOW)


def test_an_end_has_its_exit_code_and_its_cause() -> None:
    """137 is a kill; out of memory is said."""
    ended = of(container(status="exited", exit_code=137, out_of_memory=True))
    assert running_as.trouble(ended, NOW) == "out of memory, exit code 137 (killed)"
    assert running_as.trouble(of(container(status="exited", exit_code=0)), NOW) == ""


def test_a_process_has_nothing_of_that() -> None:
    """Only the ports of its stack file."""
    fact = {"state": "running", "since": None, "pid": 7}
    assert running_as.image(fact) == running_as.restarts(fact) == running_as.several(fact) == ""
    assert running_as.ports(Service(ports=(2174,)), fact) == "2174"
