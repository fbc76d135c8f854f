"""What pages reach, on this machine: a mail server, and the documented interfaces of PagerDuty
(Events v2), of Teams' workflows and of Twilio's messages, behind a proxy, under their own names and
over TLS."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port
from tests.support.tls import Issued, issue

PAGERDUTY = "events.pagerduty.com"
TEAMS = "prod-1.westeurope.logic.azure.com"
TWILIO = "api.twilio.com"
_SEVERITIES = {"critical", "error", "warning", "info"}


@dataclass(frozen=True)
class Heard:
    """One request, as it came out of TLS."""

    host: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Outside:
    """`status` is what a host answers next; unset, what it documents for a good request. `holds`
    keeps answers back while it is set."""

    proxy: str
    authorities: Path
    heard: list[Heard] = field(default_factory=list)
    status: dict[str, int] = field(default_factory=dict)
    holds: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def at(self, host: str) -> list[Heard]:
        return [each for each in self.heard if each.host == host]

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to reach it."""
        return {
            "HTTPS_PROXY": self.proxy,
            "https_proxy": self.proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "REQUESTS_CA_BUNDLE": str(self.authorities),
        }


@contextmanager
def outside(folder: Path) -> Iterator[Outside]:
    """The proxy, which ends with the block."""
    issued = {
        name: issue(folder / "tls", name, 30, self_signed=True)
        for name in (PAGERDUTY, TEAMS, TWILIO)
    }
    authorities = folder / "authorities.pem"
    authorities.write_bytes(b"".join(each.authority.read_bytes() for each in issued.values()))
    port = free_port()
    world = Outside(f"http://127.0.0.1:{port}", authorities)
    server = ThreadingHTTPServer(("127.0.0.1", port), _front(world, issued))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield world
    finally:
        world.released.set()
        server.shutdown()
        server.server_close()


def _front(world: Outside, issued: dict[str, Issued]) -> type[BaseHTTPRequestHandler]:
    class Front(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            host = self.path.partition(":")[0]
            if host not in issued:
                self.send_error(502)
                return
            self.send_response(200)
            self.end_headers()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(issued[host].file)
            with context.wrap_socket(self.connection, server_side=True) as inner:
                _inner(world, host)(inner, self.client_address, self.server)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    return Front


def _inner(world: Outside, host: str) -> type[BaseHTTPRequestHandler]:
    class Inner(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            body = dict(parse_qsl(raw)) if host == TWILIO else json.loads(raw)
            world.heard.append(Heard(host, self.path, dict(self.headers.items()), body))
            if world.holds.is_set():
                world.released.wait(30)
            status = world.status.get(host) or _documented(host, self.path, body)
            answer = json.dumps({"status": "success" if status == 202 else "invalid event"})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            return

    return Inner


def _documented(host: str, path: str, body: dict[str, Any]) -> int:
    if host == PAGERDUTY:
        return 202 if path == "/v2/enqueue" and _is_event(body) else 400
    if host == TWILIO:
        known = path.startswith("/2010-04-01/Accounts/AC") and path.endswith("/Messages.json")
        return 201 if known and {"Body", "From", "To"} <= set(body) else 400
    return 202 if path.startswith("/workflows/") and _is_card(body) else 400


def _is_event(body: dict[str, Any]) -> bool:
    """What Events v2 says that it takes."""
    if len(body.get("routing_key", "")) != 32:
        return False
    if body["event_action"] in {"resolve", "acknowledge"}:
        return bool(body.get("dedup_key"))
    given = body["payload"]
    return (
        body["event_action"] == "trigger"
        and 0 < len(given["summary"]) <= 1024
        and bool(given["source"])
        and given["severity"] in _SEVERITIES
        and len(body.get("dedup_key", "")) <= 255
    )


def _is_card(body: dict[str, Any]) -> bool:
    """A message with an adaptive card, as a workflow's webhook takes it."""
    attached = body.get("attachments", [])
    return body.get("type") == "message" and all(
        each["contentType"] == "application/vnd.microsoft.card.adaptive" for each in attached
    )


@dataclass
class Mail:
    """A mail server that keeps what it gets; with `refuses` it takes nothing."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""

    @property
    def url(self) -> str:
        """What `paging.email` says."""
        return f"mailto://127.0.0.1:{self.port}/?from=interlock@harbor.example"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = BytesParser(policy=default).parsebytes(content)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 kept"


@contextmanager
def mail_server() -> Iterator[Mail]:
    """A real SMTP server, which ends with the block."""
    mail = Mail(free_port())
    controller = Controller(mail, hostname="127.0.0.1", port=mail.port)
    controller.start()
    try:
        yield mail
    finally:
        controller.stop()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """All of it, and this process finds its way there."""
    with outside(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture
def mail() -> Iterator[Mail]:
    with mail_server() as made:
        yield made
