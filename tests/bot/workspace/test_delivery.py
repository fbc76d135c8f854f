"""Socket Mode and signed HTTP: envelopes, acks, failures, redelivery."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.workspace import Sim, eventually


def in_background(sim: Sim, text: str) -> list[dict[str, Any]]:
    """Types a command in a thread; the result appears in the list."""
    done: list[dict[str, Any]] = []
    threading.Thread(target=lambda: done.append(sim.command(text)), daemon=True).start()
    return done


def test_hello_names_the_app_and_the_number_of_connections(sim: Sim) -> None:
    """The first frame is hello; each further connection counts itself."""
    first = sim.socket()
    url = sim.api("apps.connections.open")["url"]
    assert url.startswith("ws://127.0.0.1:")
    assert sim.http.get("/sim/health").json() == {"ready": True, "bot": True, "stack": True}
    first.close()
    eventually(lambda: not sim.http.get("/sim/health").json()["bot"], "the bot has gone")


def test_a_ticket_admits_once(sim: Sim) -> None:
    """The address of apps.connections.open works for one connection only."""
    url = sim.api("apps.connections.open")["url"]
    with connect(url) as first:
        assert json.loads(first.recv(timeout=5))["type"] == "hello"
        with pytest.raises(InvalidStatus, match="403"), connect(url):
            pass


def test_command_payload_is_slacks(sim: Sim) -> None:
    """A slash command carries Slack's fields, with mentions escaped, and accepts a payload."""
    socket = sim.socket()
    done = in_background(sim, 'restart @ben <now> "x" #ops')
    frame = socket.frame()
    assert frame["type"] == "slash_commands"
    assert frame["accepts_response_payload"] is True
    assert "retry_attempt" not in frame
    payload = frame["payload"]
    assert payload["text"] == 'restart <@U0BEN|ben> &lt;now&gt; "x" <#C0OPS|ops>'
    assert (payload["command"], payload["channel_name"], payload["user_name"]) == (
        "/ops",
        "ops",
        "ana",
    )
    for name in ("team_id", "team_domain", "channel_id", "user_id", "api_app_id", "trigger_id"):
        assert payload[name]
    assert payload["response_url"].startswith(sim.workspace.url)
    socket.ack(frame, {"text": "on it"})
    eventually(lambda: done, "the answer")
    assert done[0]["status"] == "ok"
    assert done[0]["response"]["text"] == "on it"
    assert done[0]["response"]["ephemeral"] is True
    assert 0 < done[0]["ack_ms"] < 3000


def test_a_late_ack_shows_as_a_failure(start: Any) -> None:
    """Without an ack in time the person reads operation_timeout; the late ack changes nothing."""
    sim = start(ack_seconds=0.1)
    socket = sim.socket()
    result = sim.command("status")
    assert result["status"] == "operation_timeout"
    assert result["ack_ms"] is None
    [notice] = sim.messages()
    assert notice["text"] == '/ops failed with the error "operation_timeout"'
    assert notice["ephemeral"] is True
    assert sim.messages(user="ben") == []
    socket.ack(socket.frame(), {"text": "too late"})
    late = eventually(
        lambda: [
            entry
            for entry in sim.http.get("/ui/inspect").json()["entries"]
            if entry["status"] == "too_late"
        ],
        "the late ack in the inspector",
    )
    assert late[0]["request"]["payload"] == {"text": "too late"}
    assert len(sim.messages()) == 1


def test_no_bot_is_a_dispatch_failure(sim: Sim) -> None:
    """A command without a connected bot fails at once, visibly."""
    result = sim.command("status")
    assert result["status"] == "dispatch_failed"
    assert "dispatch_failed" in result["response"]["text"]


def test_an_unknown_command_never_reaches_the_bot(sim: Sim) -> None:
    """Only commands of the manifest go out; others answer as Slack does, to the person alone."""
    result = sim.act("command", user="ana", channel="#ops", command="/nope", text="x")
    assert result["status"] == "invalid_command"
    assert "not a valid command" in result["response"]["text"]
    assert sim.messages(user="ben") == []


def test_commands_are_not_redelivered_events_are(start: Any) -> None:
    """An unacknowledged event comes again with its number and reason; a command never does."""
    sim = start(ack_seconds=0.15, retry_delays=(0.0, 0.05, 0.05))
    socket = sim.socket()
    sim.command("status")
    assert socket.frame()["type"] == "slash_commands"
    sim.act("message", user="ana", channel="ops", text="hello")
    frames = [socket.frame() for _ in range(4)]
    assert [frame["type"] for frame in frames] == ["events_api"] * 4
    assert [frame["retry_attempt"] for frame in frames] == [0, 1, 2, 3]
    assert [frame["retry_reason"] for frame in frames] == ["", "timeout", "timeout", "timeout"]
    assert len({frame["payload"]["event_id"] for frame in frames}) == 1
    assert len({frame["envelope_id"] for frame in frames}) == 4
    with pytest.raises(TimeoutError):
        socket.frame(0.4)


def test_an_acknowledged_event_comes_once(start: Any) -> None:
    """The ack ends the delivery."""
    sim = start(ack_seconds=0.2, retry_delays=(0.0, 0.0, 0.0))
    socket = sim.socket()
    sim.act("message", user="ana", channel="ops", text="hello")
    frame = socket.frame()
    assert frame["accepts_response_payload"] is False
    socket.ack(frame)
    with pytest.raises(TimeoutError):
        socket.frame(0.4)


def test_mention_and_message_events(sim: Sim) -> None:
    """A mention of the bot gives a message and an app_mention; the bot hears itself, marked."""
    socket = sim.socket()
    sim.act("message", user="ana", channel="ops", text="@interlock status")
    events = [socket.frame()["payload"]["event"] for _ in range(2)]
    assert [event["type"] for event in events] == ["message", "app_mention"]
    assert events[0]["text"] == "<@U0INTERLK> status"
    assert events[0]["channel_type"] == "channel"
    assert events[0]["client_msg_id"]
    sim.post("from the bot")
    own = socket.frame()["payload"]
    assert own["event"]["bot_id"] == "B0INTERLK"
    assert own["authorizations"][0]["is_bot"] is True
    assert own["type"] == "event_callback"


def test_a_payload_goes_to_one_connection(sim: Sim) -> None:
    """With two sockets, each of two messages arrives once, anywhere."""
    sockets = [sim.socket(), sim.socket()]
    for text in ("one", "two"):
        sim.act("message", user="ana", channel="ops", text=text)
    texts = sorted(socket.frame()["payload"]["event"]["text"] for socket in sockets)
    assert texts == ["one", "two"]


def test_no_more_than_ten_connections(sim: Sim) -> None:
    """The eleventh is told too_many_websockets."""
    sockets = [sim.socket() for _ in range(10)]
    with pytest.raises(AssertionError):
        sim.socket()
    for socket in sockets:
        socket.close()


def test_a_connection_is_asked_to_be_replaced(start: Any) -> None:
    """Near its age a socket hears warning, then refresh_requested, and is closed."""
    sim = start(connection_seconds=0.2)
    socket = sim.socket()
    reasons = [socket.frame()["reason"], socket.frame()["reason"]]
    assert reasons == ["warning", "refresh_requested"]
    with pytest.raises(ConnectionClosed):
        socket.frame()


def test_disconnect_and_refresh_faults(sim: Sim) -> None:
    """`disconnect` cuts all sockets and refuses new ones for a while; `refresh` asks first."""
    socket = sim.socket()
    sim.act("faults", kind="refresh")
    assert socket.frame()["reason"] == "refresh_requested"
    again = sim.socket()
    sim.act("faults", kind="disconnect", seconds=30)
    with pytest.raises(ConnectionClosed):
        again.frame()
    with pytest.raises(InvalidStatus, match="403"):
        sim.socket()


class Receiver(ThreadingHTTPServer):
    """A request URL that answers with what it is told, and remembers what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.heard: list[tuple[dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Notes and answers."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
        status, headers, text = (
            self.server.answers.pop(0) if self.server.answers else (200, {}, b"")
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test output quiet."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Serves in a thread."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_http_requests_are_signed_and_the_answer_is_shown(start: Any) -> None:
    """The v0 signature is right over the raw body; the response body is the answer."""
    with receiver() as server:
        sim = start(deliver_to=f"http://127.0.0.1:{server.server_port}/slack/events")
        server.answers.append((200, {"Content-Type": "application/json"}, b'{"text": "by http"}'))
        result = sim.command("status")
        assert result["response"]["text"] == "by http"
        headers, body = server.heard[0]
        base = b"v0:" + headers["x-slack-request-timestamp"].encode() + b":" + body
        secret = sim.workspace.secrets.signing_secret.encode()
        expected = "v0=" + hmac.new(secret, base, hashlib.sha256).hexdigest()
        assert headers["x-slack-signature"] == expected
        assert parse_qs(body.decode())["command"] == ["/ops"]
        assert "x-slack-retry-num" not in headers


def test_http_events_are_redelivered_with_headers(start: Any) -> None:
    """A failing request URL gets the event again, numbered; x-slack-no-retry ends it."""
    with receiver() as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        sim = start(deliver_to=url, retry_delays=(0.0, 0.0, 0.0))
        server.answers += [(500, {}, b""), (200, {}, b"")]
        sim.act("message", user="ana", channel="ops", text="hello")
        eventually(lambda: len(server.heard) == 2, "the redelivery")
        assert server.heard[1][0]["x-slack-retry-num"] == "1"
        assert server.heard[1][0]["x-slack-retry-reason"] == "http_error"
        assert json.loads(server.heard[0][1]) == json.loads(server.heard[1][1])
        server.answers += [(500, {"X-Slack-No-Retry": "1"}, b""), (200, {}, b"")]
        sim.act("message", user="ana", channel="ops", text="once")
        sim.act("message", user="ana", channel="ops", text="twice")
        eventually(lambda: len(server.heard) >= 4, "both messages")
        retried = [headers for headers, _ in server.heard[2:] if "x-slack-retry-num" in headers]
        assert retried == []


@pytest.mark.parametrize(
    ("status", "name"), [(500, "http_service_error"), (404, "http_client_error")]
)
def test_http_errors_show_to_the_person(start: Any, status: int, name: str) -> None:
    """A command whose request URL answers with an error fails by Slack's name for it."""
    with receiver() as server:
        sim = start(deliver_to=f"http://127.0.0.1:{server.server_port}/")
        server.answers.append((status, {}, b""))
        assert sim.command("status")["status"] == name


def test_http_nobody_listens(start: Any, free_port: int) -> None:
    """A refused connection is dispatch_failed, and health says that there is no bot."""
    sim = start(deliver_to=f"http://127.0.0.1:{free_port}/")
    assert sim.command("status")["status"] == "dispatch_failed"
    assert sim.http.get("/sim/health").json()["bot"] is False
