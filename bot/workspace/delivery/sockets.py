"""Socket Mode: tickets, connections, envelopes and acks."""

import asyncio
import itertools
import json
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.workspace.clock import new_secret
from bot.workspace.delivery.outcome import Outcome, Parcel
from bot.workspace.inspector import Inspector
from bot.workspace.types import Json

CONNECTIONS_MOST = 10
TICKET_SECONDS = 30.0
WARNING_SECONDS = 10.0

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Connection:
    """One open socket of the bot."""

    websocket: WebSocket

    async def send(self, frame: Json) -> bool:
        """Sends a frame; False when the socket is gone."""
        try:
            await self.websocket.send_text(json.dumps(frame, ensure_ascii=False))
        except (WebSocketDisconnect, RuntimeError):
            return False
        return True


@dataclass(slots=True)
class SocketHub:
    """The bot's sockets; a payload goes to any one of them."""

    app_id: str
    ack_seconds: float
    connection_seconds: float
    inspector: Inspector
    changed: Callable[[bool], None]
    _tickets: dict[str, float] = field(default_factory=dict)
    _connections: list[Connection] = field(default_factory=list)
    _acks: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)
    _closed_until: float = 0.0

    @property
    def connected(self) -> bool:
        """Whether a bot is connected now."""
        return bool(self._connections)

    async def bot_is_there(self) -> bool:
        """Whether a bot is connected now."""
        return self.connected

    def ticket(self) -> str:
        """A secret that admits one connection within half a minute."""
        now = time.monotonic()
        self._tickets = {key: end for key, end in self._tickets.items() if end > now}
        ticket = new_secret()
        self._tickets[ticket] = now + TICKET_SECONDS
        return ticket

    async def serve(self, websocket: WebSocket, ticket: str) -> None:
        """Lives as long as the connection."""
        now = time.monotonic()
        admitted = self._tickets.pop(ticket, 0.0) > now >= self._closed_until
        if not admitted:
            await websocket.close(1008)
            return
        await websocket.accept()
        connection = Connection(websocket)
        if len(self._connections) >= CONNECTIONS_MOST:
            await connection.send({"type": "disconnect", "reason": "too_many_websockets"})
            await websocket.close()
            return
        await self._live(connection)

    async def _live(self, connection: Connection) -> None:
        self._connections.append(connection)
        ageing = asyncio.create_task(self._age(connection))
        try:
            await connection.send(self._hello())
            self.changed(True)
            while True:
                self._heard(await connection.websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError):
            log.info("a socket of the bot has gone")
        finally:
            ageing.cancel()
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self.changed(self.connected)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {
                "host": "applink-local",
                "build_number": 1,
                "approximate_connection_time": int(self.connection_seconds),
            },
            "connection_info": {"app_id": self.app_id},
        }

    async def _age(self, connection: Connection) -> None:
        warning = min(WARNING_SECONDS, self.connection_seconds / 2)
        await asyncio.sleep(self.connection_seconds - warning)
        await self._ask_to_leave(connection, "warning")
        await asyncio.sleep(warning)
        await self._ask_to_leave(connection, "refresh_requested")
        await self._close(connection)

    async def _ask_to_leave(self, connection: Connection, reason: str) -> None:
        frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-local"}}
        await connection.send(frame)

    async def _close(self, connection: Connection) -> None:
        self._drop(connection)
        try:
            await connection.websocket.close()
        except (WebSocketDisconnect, RuntimeError):
            log.info("a socket of the bot was closed already")

    def _heard(self, text: str) -> None:
        try:
            frame = json.loads(text)
            envelope_id = frame["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self.inspector.delivered("ack", {"text": text}, Outcome("no_envelope_id"))
            log.warning("the bot sent a frame without envelope_id: %.200s", text)
            return
        waiting = self._acks.pop(envelope_id, None)
        if waiting is None:
            self.inspector.delivered("ack", frame, Outcome("too_late"))
            log.warning("the ack of envelope %s came too late or twice", envelope_id)
        elif not waiting.done():
            waiting.set_result(frame.get("payload"))

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Sends an envelope to one connection and waits for its ack."""
        envelope_id = str(uuid.uuid4())
        ack: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._acks[envelope_id] = ack
        begin = time.perf_counter()
        try:
            if not await self._send(_envelope(parcel, envelope_id)):
                return Outcome("dispatch_failed", reason="connection_failed")
            async with asyncio.timeout(self.ack_seconds):
                payload = await ack
        except TimeoutError:
            return Outcome("operation_timeout", reason="timeout")
        finally:
            self._acks.pop(envelope_id, None)
        return Outcome("ok", (time.perf_counter() - begin) * 1000, payload)

    async def _send(self, envelope: Json) -> bool:
        while self._connections:
            chosen = self._connections[next(self._turn) % len(self._connections)]
            if await chosen.send(envelope):
                return True
            self._drop(chosen)
        return False

    async def disconnect(self, refuse_seconds: float) -> None:
        """Closes every socket now, and admits none for a while."""
        self._closed_until = time.monotonic() + refuse_seconds
        for connection in list(self._connections):
            await self._close(connection)

    async def refresh(self) -> None:
        """Asks every connection to be replaced, as Slack does every few hours, and closes it."""
        for connection in list(self._connections):
            await self._ask_to_leave(connection, "refresh_requested")
            await self._close(connection)


def _envelope(parcel: Parcel, envelope_id: str) -> Json:
    envelope: Json = {
        "envelope_id": envelope_id,
        "payload": parcel.payload,
        "type": parcel.kind,
        "accepts_response_payload": parcel.kind != "events_api",
    }
    if parcel.kind == "events_api":
        envelope["retry_attempt"] = parcel.attempt
        envelope["retry_reason"] = parcel.reason
    return envelope
