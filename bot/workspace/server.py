"""Runs a workspace: the socket, the HTTP server, the wiring."""

import asyncio
import logging
import socket
from collections.abc import Callable

import aiohttp
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.workspace.errors import SetupError
from bot.workspace.settings import WorkspaceSettings
from bot.workspace.web.app import application
from bot.workspace.web.replies import TRANSPORT
from bot.workspace.workspace import Workspace, build

SHUTDOWN_SECONDS = 2
BACKLOG = 2048
log = logging.getLogger(__name__)

Started = Callable[[Workspace, uvicorn.Server], None]


class CuttableProtocol(H11Protocol):
    """Lets a route cut its own connection, which ASGI has no word for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Puts the transport into the scope of every request of this connection."""
        super().connection_made(transport)
        inner = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport


def bind(settings: WorkspaceSettings) -> socket.socket:
    """The listening socket; raises SetupError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that name it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)  # from here on nobody is refused, only waits
    except OSError as error:
        listener.close()
        raise SetupError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror});"
            " choose another --port"
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """How this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def run(settings: WorkspaceSettings, started: Started) -> None:
    """Serves until the server is told to exit; `started` is called before the first request."""
    with bind(settings) as listener:
        async with aiohttp.ClientSession() as session:
            workspace = build(settings, url_of(listener), session)
            server = uvicorn.Server(_config(workspace))
            workspace.events.resume()
            started(workspace, server)
            try:
                await server.serve(sockets=[listener])
            finally:
                workspace.events.forget()
                workspace.database.close()


def _config(workspace: Workspace) -> uvicorn.Config:
    return uvicorn.Config(
        application(workspace),
        http=CuttableProtocol,
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        backlog=BACKLOG,
    )


def serve(settings: WorkspaceSettings) -> None:
    """Serves in this process until Ctrl-C or SIGTERM; raises SetupError for bad settings."""

    def started(workspace: Workspace, _server: uvicorn.Server) -> None:
        log.info("workspace at %s, state in %s", workspace.url, settings.state)

    asyncio.run(run(settings, started))
