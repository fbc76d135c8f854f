"""All connections of this process, kept in a loop of their own for threads that ask."""

import asyncio
import atexit
import concurrent.futures
import hashlib
import shutil
import tempfile
import threading
from collections.abc import Coroutine
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from playbooks.errors import HostError
from playbooks.hosts.keyring import keyring
from playbooks.hosts.ssh.link import LOGIN_SECONDS, Link
from playbooks.model.hosts import SshHost

T = TypeVar("T")
_SLACK_SECONDS = 5.0


class Links:
    """A link a host, whoever asks for it: one connection carries all that is said to the host."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._links: dict[SshHost, Link] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="interlock-ssh-"))
        threading.Thread(target=self._loop.run_forever, name="ssh", daemon=True).start()

    def call(self, work: Coroutine[Any, Any, T], seconds: float | None) -> T:
        """What the coroutine gives, run in the loop; it is cancelled when it takes longer.

        Raises TimeoutError, and what it raises.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(seconds)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise

    def spawn(self, work: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        """Runs the coroutine in the loop meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def connection(self, host: SshHost) -> asyncssh.SSHClientConnection:
        """For coroutines of the loop. Raises HostError, SecretUnavailable."""
        return await self._link(host).connection(keyring())

    def standing(self, host: SshHost) -> int:
        """Which connection it is, by number. Opens one where none is open; raises HostError."""
        return self._within(host, self._standing(host))

    def engine_socket(self, host: SshHost) -> Path:
        """A socket of this host that leads to that host's Docker Engine. Raises HostError."""
        return self._within(host, self._link(host).engine_socket(keyring()))

    def port(self, host: SshHost, port: int, at: str) -> int:
        """A port of 127.0.0.1 here that leads to one at an address that the host knows. Raises
        HostError."""
        return self._within(host, self._link(host).port(keyring(), port, at))

    def open_port(self, host: SshHost, port: int, seconds: float) -> None:
        """Opens a port of that host's 127.0.0.1 once. Raises HostError when the host is away,
        TimeoutError, ConnectionError when the port is not open."""
        self.standing(host)
        try:
            self.call(self._open_port(host, port), seconds)
        except asyncssh.ChannelOpenError as error:
            raise ConnectionRefusedError(error.code, error.reason) from error
        except asyncssh.Error as error:
            raise ConnectionAbortedError(error.code, error.reason) from error

    def close(self) -> None:
        """Ends all connections and the loop."""
        for link in self._links.values():
            self.call(link.close(), _SLACK_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _standing(self, host: SshHost) -> int:
        link = self._link(host)
        await link.connection(keyring())
        return link.number

    async def _open_port(self, host: SshHost, port: int) -> None:
        connection = await self.connection(host)
        _, writer = await connection.open_connection("127.0.0.1", port)
        writer.close()

    def _within(self, host: SshHost, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self.call(work, host.connect_seconds + LOGIN_SECONDS + _SLACK_SECONDS)
        except TimeoutError as error:
            raise HostError(f"{host.title} does not answer any more.") from error
        except (asyncssh.Error, OSError) as error:
            raise HostError(f"{host.title} refused: {error}.") from error

    def _link(self, host: SshHost) -> Link:
        # One step for the interpreter, so that two threads never get two links.
        return self._links.setdefault(host, Link(host, self._folder / f"{_name(host)}.sock"))


def links() -> Links:
    """Those of this process, which ends them when it ends."""
    with _MAKING:
        return _made()


# Without it the first two threads would each make them.
_MAKING = threading.Lock()


@lru_cache(maxsize=1)
def _made() -> Links:
    made = Links()
    atexit.register(made.close)
    return made


def _name(host: SshHost) -> str:
    return hashlib.sha256(host.model_dump_json().encode()).hexdigest()[:16]
