"""The ways to ask a service that are neither HTTP nor a port: on real servers and commands."""

import sys
import threading
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from websockets.sync.server import ServerConnection, serve

from playbooks.facts.service import check_of
from playbooks.model.health import CommandHealth, DatabaseHealth, Health, WebSocketHealth
from playbooks.model.service import Service
from playbooks.model.stack import Stack
from tests.support.work import KnownSecrets


def checked(health: Health) -> tuple[bool, str]:
    """Whether it is healthy, and what was said."""
    stack = Stack(
        name="harbor", environment="prod", channel="c", services={"api": Service(health=health)}
    )
    answer = check_of(stack, "api", KnownSecrets())
    return answer["healthy"], answer["detail"]


@pytest.fixture
def echo() -> Iterator[int]:
    """A websocket that answers `pong` and what it heard."""

    def answer(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(f"pong {message!r}")

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.socket.getsockname()[1])
        server.shutdown()
        thread.join(5)


def websocket(port: int, **more: object) -> WebSocketHealth:
    url = f"ws://127.0.0.1:{port}/live"
    return WebSocketHealth.model_validate({"kind": "websocket", "url": url, "seconds": 2, **more})


def test_a_websocket_opens_and_answers(echo: int) -> None:
    """Opening is enough; with `send` the answer has to contain what is expected."""
    assert checked(websocket(echo)) == (True, "healthy")
    assert checked(websocket(echo, send="ping", expect="pong 'ping'")) == (True, "healthy")
    healthy, detail = checked(websocket(echo, send="ping", expect="other"))
    assert not healthy and "pong" in detail


def test_a_websocket_that_is_not_there_is_said(free_port: int) -> None:
    """Within its time limit."""
    healthy, detail = checked(websocket(free_port))
    assert not healthy and "cannot be reached" in detail


def command(program: str, **more: object) -> CommandHealth:
    argv = (sys.executable, "-c", program)
    return CommandHealth.model_validate({"kind": "command", "argv": argv, "on_host": True, **more})


def test_a_commands_exit_code_decides() -> None:
    """Zero unless another code is meant; its last words are told."""
    assert checked(command("pass")) == (True, "healthy")
    assert checked(command("raise SystemExit(3)", code=3)) == (True, "healthy")
    healthy, detail = checked(command("import sys; sys.exit('no queue')"))
    assert not healthy and "ended with 1: no queue" in detail


def test_a_check_that_cannot_be_is_refused() -> None:
    """A command in a container that is not there, an unknown datastore, an answer to nothing."""
    with pytest.raises(ValidationError, match="runs in no container"):
        checked(command("pass", on_host=False))
    with pytest.raises(ValidationError, match="is no datastore of the kinds"):
        checked(DatabaseHealth(kind="database", datastore="none"))
    with pytest.raises(ValidationError, match="expect goes with send"):
        websocket(1, expect="pong")
