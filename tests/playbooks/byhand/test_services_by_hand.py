"""The runbooks of services, followed to the letter: Interlock knows what was started by hand."""

import subprocess
import sys
from pathlib import Path

from playbooks.actions.service import ACTIONS
from playbooks.byhand.known import Known
from playbooks.byhand.shell import opening
from playbooks.catalogue import by_hand
from playbooks.hosts.processes import LocalService
from playbooks.hosts.services import variables
from playbooks.model.health import HttpHealth, TcpHealth
from playbooks.model.plan import ActionCall
from playbooks.model.service import Process, Service
from playbooks.model.stack import Stack
from tests.support.runbook import follow
from tests.support.work import STARTED, KnownSecrets

_SERVICE = (
    "import http.server, os, sys; open('seen', 'w').write(repr((sys.argv[2:], "
    "os.environ.get('DB_PASSWORD'), os.environ.get('ODD'), os.environ.get('STRAY')))); "
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), "
    "http.server.SimpleHTTPRequestHandler).serve_forever()"
)
_ODD = 'it\'s $(touch pwned) "x"\n`id`'


def lines(stack: Stack, action: str) -> str:
    call = ActionCall(action=action, args={"service": "api"})
    return "\n".join(by_hand(Known(stack=stack), call))


def test_a_service_started_by_hand_is_known_and_stopped_by_hand(
    tmp_path: Path, free_port: int
) -> None:
    """It gets its arguments, its variables and its secrets, and nothing of the person's own;
    its pid file names it, so Interlock neither starts a second one nor loses it."""
    process = Process(
        argv=(sys.executable, "-c", _SERVICE, str(free_port), _ODD),
        directory=tmp_path,
        state=tmp_path / "state $(x)",
        environment={"DB_PASSWORD": "env:DB", "ODD": _ODD},
    )
    health = HttpHealth(url=f"http://127.0.0.1:{free_port}/")
    stack = Stack(
        name="harbor",
        environment="prod",
        channel="c",
        services={"api": Service(process=process, health=health)},
    )
    service = LocalService("api", process)
    begin = "\n".join(opening(STARTED))
    started = follow(
        [begin, lines(stack, "service.start"), lines(stack, "service.await_health")],
        tmp_path,
        {"DB": "s3cret-value", "STRAY": "mine"},
    )
    try:
        assert started.returncode == 0, started.stderr
        assert (tmp_path / "seen").read_text() == repr(([_ODD], "s3cret-value", _ODD, None))
        running = service.running()
        assert running is not None
        again = service.start(variables(process, KnownSecrets({"env:DB": "s3cret-value"})))
        assert again == running
        asked = follow([begin, lines(stack, "service.is_up")], tmp_path)
        assert str(running.identity.pid) in asked.stdout
        stopped = follow([begin, lines(stack, "service.stop")], tmp_path)
        assert stopped.returncode == 0, stopped.stderr
        assert service.running() is None
        assert not running.identity.alive
        assert not (tmp_path / "pwned").exists()
    finally:
        service.stop(0.5, lambda: None)


def test_a_port_is_waited_for_and_what_is_not_ours_is_said(tmp_path: Path, free_port: int) -> None:
    """A health check by TCP needs no tool but bash; a service without a process is not touched."""
    api = Service(health=TcpHealth(port=free_port, seconds=1))
    stack = Stack(name="harbor", environment="prod", channel="c", services={"api": api})
    waiting = lines(stack, "service.await_health").replace("until ", "until ! ")
    assert follow([waiting], tmp_path).returncode == 0
    for action in ("service.start", "service.stop", "service.is_down"):
        assert lines(stack, action).startswith("# ")


def test_every_action_can_be_done_by_hand() -> None:
    """No action is left out of the runbooks."""
    assert [action.name for action in ACTIONS if action.describe is None] == []


def test_every_kind_of_health_can_be_asked_by_hand() -> None:
    """One line that bash can read for each kind; a password is never in it."""
    checks = {
        "http": {"url": "http://127.0.0.1:1/", "login": {"user": "a b", "password": "env:PW"}},
        "tcp": {"port": 1},
        "websocket": {"url": "ws://127.0.0.1:1/live"},
        "command": {"argv": ["test", "-f", "it's here"], "on_host": True},
    }
    for kind, keys in checks.items():
        service = Service.model_validate({"health": {"kind": kind, **keys}})
        stack = Stack(name="harbor", environment="prod", channel="c", services={"api": service})
        line = lines(stack, "service.await_health")
        done = subprocess.run(["bash", "-n", "-c", line], capture_output=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
        assert line.startswith("until ")
