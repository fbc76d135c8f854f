import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbooks.actions.service import ACTIONS
from playbooks.errors import ActionFailed, HostError, StopRequested
from playbooks.model.base import JsonObject
from playbooks.model.health import TcpHealth
from playbooks.model.service import Process, Service
from playbooks.model.stack import Stack
from playbooks.registry import registry
from tests.support.work import KnownSecrets, TestWork

CALLS = registry(ACTIONS)
LISTENER = (
    "import os, socket, sys, time; print(os.environ['DB_PASSWORD'], flush=True); "
    "time.sleep(float(sys.argv[2])); s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); "
    "time.sleep(600)"
)


def here_with(stack: Stack) -> TestWork:
    return TestWork(stack, KnownSecrets({"env:DB": "s3cret-value"}))


def stack(tmp_path: Path, port: int, delay: float = 0.0) -> Stack:
    process = Process(
        argv=(sys.executable, "-c", LISTENER, str(port), str(delay)),
        directory=tmp_path,
        state=tmp_path,
        environment={"DB_PASSWORD": "env:DB", "COLOUR": "blue"},
    )
    api = Service(process=process, health=TcpHealth(port=port), start_seconds=20)
    services = {"api": api, "proxy": Service()}
    return Stack(name="harbor", environment="prod", channel="c", services=services)


@pytest.fixture
def work(tmp_path: Path, free_port: int) -> Iterator[TestWork]:
    """Work on a stack whose `api` listens on a free port; ended after the test."""
    here = here_with(stack(tmp_path, free_port, delay=0.6))
    yield here
    call(here, "service.stop", seconds=0.2)


def call(work: TestWork, action: str, **args: object) -> JsonObject:
    return CALLS[action].call(work, {"service": "api", **args})


def test_start_probe_wait_stop(work: TestWork, tmp_path: Path) -> None:
    """The whole life of a service: started, waited for with progress, probed, stopped."""
    assert call(work, "service.is_up")["state"] == "not_done"
    started = call(work, "service.start")
    pid, again = started["pid"], call(work, "service.start")
    assert again["pid"] == pid
    began, still = (datetime.fromisoformat(each["at"]) for each in (started, again))
    assert abs((still - began).total_seconds()) < 2, "it is up since then, however often asked"
    assert call(work, "service.is_up") == {"state": "done", "output": {"pid": pid}, "why": ""}
    assert call(work, "service.is_down")["state"] == "not_done"
    assert call(work, "service.await_health")["ms"] < 20_000
    assert work.reports and work.reports[0][1:] == (20, "seconds")
    assert (tmp_path / "api.log").read_text() == "s3cret-value\n"
    ended = datetime.fromisoformat(call(work, "service.stop")["at"])
    assert began < ended <= datetime.now(UTC)
    assert call(work, "service.is_down")["state"] == "done"


def test_waiting_ends_at_the_deadline_and_on_cancel(tmp_path: Path, free_port: int) -> None:
    """A service that never gets well fails the step with what was seen; a cancel ends the wait."""
    here = here_with(stack(tmp_path, free_port, delay=300))
    call(here, "service.start")
    try:
        with pytest.raises(ActionFailed, match=rf"not healthy after 0\.2 s: 127.*{free_port}"):
            call(here, "service.await_health", seconds=0.2)
        here.stop_at = here.checks + 1
        with pytest.raises(StopRequested):
            call(here, "service.await_health", seconds=30)
    finally:
        call(here, "service.stop", seconds=0.2)


def test_waiting_for_what_ended_fails_at_once(tmp_path: Path, free_port: int) -> None:
    """Nobody waits half a minute for a process that is gone."""
    here = here_with(stack(tmp_path, free_port))
    with pytest.raises(HostError, match="ended while it was waited for"):
        call(here, "service.await_health")


def test_what_ended_is_brought_up_again(work: TestWork) -> None:
    """After its start it ended: it is started once more and waited for; one that runs stays."""
    call(work, "service.bring_up")
    first = call(work, "service.start")
    call(work, "service.bring_up")
    assert call(work, "service.start")["pid"] == first["pid"]
    call(work, "service.stop", seconds=0.2)
    call(work, "service.bring_up")
    assert call(work, "service.is_up")["output"]["pid"] != first["pid"]
    assert CALLS["service.bring_up"].call(work, {"service": "proxy"})["ms"] < 1000


def test_what_is_only_watched_is_not_touched(tmp_path: Path) -> None:
    """Without a process there is nothing to start; without a check nothing to wait for."""
    here = here_with(stack(tmp_path, 1))
    with pytest.raises(HostError, match="proxy is not run by Interlock"):
        CALLS["service.start"].call(here, {"service": "proxy"})
    assert CALLS["service.await_health"].call(here, {"service": "proxy"})["ms"] < 1000
