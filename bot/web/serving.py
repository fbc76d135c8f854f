"""Serves the bot's HTTP side on a socket that is bound before anything else begins."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from playbooks.errors import InterlockError


class Served(uvicorn.Server):
    """A server that leaves signals to the process that runs it, and sleeps while nobody asks."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                date_header=False,
            )
        )
        self.up = asyncio.Event()
        self._asked_to_end = asyncio.Event()

    def end(self) -> None:
        """Answers what was asked already, and nothing more."""
        self.should_exit = True
        self._asked_to_end.set()

    async def main_loop(self) -> None:
        """Uvicorn's own wakes ten times a second, for a date that nobody needs."""
        await self.on_tick(0)
        await self._asked_to_end.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Sets `up` once requests are taken."""
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises InterlockError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that name it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InterlockError(
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            "Set INTERLOCK_PORT to a free port, or to 0.",
        ) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """How this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
