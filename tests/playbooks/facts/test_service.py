import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from playbooks.errors import FactUnavailable, UnknownName
from playbooks.facts.service import LogArgs, OneService, check, health, logs, state
from playbooks.model.health import HttpHealth, TcpHealth
from playbooks.model.service import Process, Service
from playbooks.model.stack import Stack
from tests.support.work import STARTED, TestReading


class Answers(BaseHTTPRequestHandler):
    release = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.release.wait(30)
        status = 503 if self.path == "/ill" else 200
        body = b"<html>" if self.path == "/html" else json.dumps({"status": "healthy"}).encode()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """A real HTTP server; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield int(http.server_address[1])
        Answers.release.set()
        http.shutdown()


@pytest.mark.parametrize(
    ("path", "expect", "detail"),
    [
        ("/", {"status": "healthy"}, "healthy"),
        ("/", {}, "healthy"),
        ("/html", {}, "healthy"),
        ("/", {"status": "fine"}, "says status='healthy', expected 'fine'"),
        ("/html", {"status": "healthy"}, "answers something that is not JSON"),
        ("/ill", {}, "answers 503"),
        ("/slow", {}, "did not answer within 0.2 s"),
    ],
)
def test_http_health(server: int, path: str, expect: dict[str, str | int], detail: str) -> None:
    """Status, JSON and time limit each count, and the reason is told."""
    url = f"http://127.0.0.1:{server}{path}"
    service = Service(health=HttpHealth(url=url, expect=dict(expect), seconds=0.2))
    seen = check(service)
    assert detail in seen["detail"]
    assert seen["healthy"] is (detail == "healthy")
    assert 0 <= seen["ms"] < 5000


def test_tcp_health(server: int) -> None:
    """A port that opens is healthy; one that does not says so."""
    assert check(Service(health=TcpHealth(port=server)))["healthy"] is True
    closed = check(Service(health=TcpHealth(port=1, seconds=0.5)))
    assert closed["healthy"] is False
    assert "127.0.0.1:1 cannot be reached" in closed["detail"]


def test_what_is_not_defined_is_neither(tmp_path: Path) -> None:
    """No check and no process: unknown health, an unmanaged state, no log, and no guess."""
    reading = TestReading(
        Stack(name="h", environment="dev", channel="c", services={"proxy": Service()})
    )
    assert health(reading, OneService(service="proxy"))["healthy"] is None
    assert state(reading, OneService(service="proxy"))["state"] == "unmanaged"
    with pytest.raises(FactUnavailable, match="proxy is not run by Interlock"):
        logs(reading, LogArgs(service="proxy"))
    with pytest.raises(UnknownName):
        state(reading, OneService(service="proxxy"))


def test_logs_since_a_length_of_time(tmp_path: Path) -> None:
    """`since` counts back from now, and a log without times says why it is empty."""
    process = Process(argv=("x",), directory=tmp_path, state=tmp_path)
    stack = Stack(
        name="h", environment="dev", channel="c", services={"api": Service(process=process)}
    )
    old, new = (f"{(STARTED - timedelta(minutes=m)).isoformat()} m{m}" for m in (30, 5))
    (tmp_path / "api.log").write_text(f"{old}\n{new}\n")
    found = logs(TestReading(stack), LogArgs(service="api", since=600))
    assert found == {"lines": [new], "more": False, "note": ""}
    (tmp_path / "api.log").write_text("no time here\n")
    assert (
        "do not open with a time"
        in logs(TestReading(stack), LogArgs(service="api", since=1))["note"]
    )
    assert state(TestReading(stack), OneService(service="api"))["state"] == "stopped"
