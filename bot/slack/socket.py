"""Socket Mode, and a watchdog for sockets that are open but hear nothing."""

import asyncio
import time

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.web.metrics import Metrics

_log = structlog.get_logger(__name__)
_PING_SECONDS = 5.0
_DEAF_SECONDS = 30.0
_LOOK_SECONDS = 5.0


class Socket:
    """One connection, replaced by slack_sdk's own monitor, and by ours where that has failed."""

    def __init__(self, app: AsyncApp, app_token: str, metrics: Metrics) -> None:
        self._handler = AsyncSocketModeHandler(app, app_token, ping_interval=_PING_SECONDS)
        self._metrics = metrics
        self._since = time.time()

    @property
    def client(self) -> SocketModeClient:
        client: SocketModeClient = self._handler.client
        return client

    async def connect(self) -> None:
        """Returns once connected; tries until it is."""
        await self._handler.connect_async()  # type: ignore[no-untyped-call]
        self._since = time.time()

    async def connected(self) -> bool:
        return await self.client.is_connected()

    async def watch(self) -> None:
        """Replaces a deaf connection, for ever."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            why = deafness(self.client, self._since, time.time())
            if why:
                _log.warning("slack.deaf_socket", why=why)
                self._metrics.reconnects.labels(why).inc()
                await self._replace()

    async def close(self) -> None:
        await self._handler.close_async()  # type: ignore[no-untyped-call]

    async def _replace(self) -> None:
        client = self.client
        if client.message_processor.done():
            waiting = client.process_messages()  # type: ignore[no-untyped-call]
            client.message_processor = asyncio.ensure_future(waiting)
        client.last_ping_pong_time = None
        try:
            async with asyncio.timeout(_DEAF_SECONDS):
                await client.connect_to_new_endpoint(force=True)
        except TimeoutError:
            _log.warning("slack.still_deaf")
        self._since = time.time()


def deafness(client: SocketModeClient, since: float, now: float) -> str:
    """Why this connection hears nothing, or nothing. `since` is when it was made."""
    for name in ("message_receiver", "current_session_monitor", "message_processor"):
        task = getattr(client, name)
        if task is not None and task.done():
            return f"{name} ended"
    heard = max(client.last_ping_pong_time or since, since)
    if now - heard > _DEAF_SECONDS:
        return "no pong"
    return ""
