"""Drives a local workspace in tests: people through /sim, the bot through the Web API."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from bot.workspace.testing import RunningWorkspace

Found = TypeVar("Found")
Json = dict[str, Any]
DEADLINE_SECONDS = 30.0


def eventually(look: Callable[[], Found | None], what: str) -> Found:
    """The first true thing that `look` gives; fails after half a minute, naming `what`."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"did not happen within {DEADLINE_SECONDS:.0f} s: {what}")


@dataclass(frozen=True)
class Sim:
    """People of a workspace, and a bare bot without Bolt."""

    workspace: RunningWorkspace
    http: httpx.Client

    def act(self, path: str, **body: Any) -> Json:
        """POST /sim/`path`, which has to succeed."""
        answer = self.http.post(f"/sim/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def command(self, text: str, user: str = "ana", channel: str = "ops") -> Json:
        """Types `/ops text`."""
        return self.act("command", user=user, channel=channel, command="/ops", text=text)

    def messages(self, user: str = "ana", channel: str = "ops", **query: str) -> list[Json]:
        """What a user sees of a channel."""
        query |= {"user": user, "channel": channel}
        found: list[Json] = self.http.get("/sim/messages", params=query).json()
        return found

    def views(self, user: str = "ana") -> list[Json]:
        """A user's open modals."""
        found: list[Json] = self.http.get("/sim/views", params={"user": user}).json()
        return found

    def calls(self, method: str) -> list[Json]:
        """Calls the bot made of one method."""
        found: list[Json] = self.http.get("/sim/calls", params={"method": method}).json()
        return found

    def raw_api(self, method: str, **args: Any) -> httpx.Response:
        """A Web API call with the bot's token (the app's for apps.*)."""
        secrets = self.workspace.secrets
        token = secrets.app_token if method.startswith("apps.") else secrets.bot_token
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.post(f"/api/{method}", json=args, headers=headers)

    def api(self, method: str, **args: Any) -> Json:
        """The JSON of such a call."""
        body: Json = self.raw_api(method, **args).json()
        return body

    def post(self, text: str = "hello", channel: str = "C0OPS", **args: Any) -> str:
        """Posts as the bot and returns the timestamp."""
        answer = self.api("chat.postMessage", channel=channel, text=text, **args)
        assert answer["ok"], answer
        return str(answer["ts"])

    def socket(self) -> "BareSocket":
        """A Socket Mode connection that has heard hello."""
        connection = connect(self.api("apps.connections.open")["url"], legacy=True)
        socket = BareSocket(connection)
        assert socket.frame()["type"] == "hello"
        return socket


@dataclass(frozen=True)
class BareSocket:
    """The bot's end of a Socket Mode connection, frame by frame."""

    connection: ClientConnection

    def frame(self, seconds: float = DEADLINE_SECONDS) -> Json:
        """The next frame."""
        frame: Json = json.loads(self.connection.recv(timeout=seconds))
        return frame

    def ack(self, frame: Json, payload: Json | None = None) -> None:
        """Acknowledges an envelope."""
        answer: Json = {"envelope_id": frame["envelope_id"]}
        self.connection.send(json.dumps(answer | ({"payload": payload} if payload else {})))

    def close(self) -> None:
        """Goes away."""
        self.connection.close()
