"""The one connection to a host: opened when it is first needed, kept, and opened anew when cut."""

import asyncio
import contextlib
import socket
from pathlib import Path

import asyncssh

from playbooks.errors import HostError
from playbooks.hosts.away import LOOPBACK, REMEMBERED_SECONDS, away
from playbooks.hosts.ssh.trust import client_keys, known_hosts
from playbooks.model.hosts import SshHost
from playbooks.ports import Secrets

LOGIN_SECONDS = 10.0
_KEEPALIVE_SECONDS = 5
_UNANSWERED = 2


class Link:
    """Lives in the loop of `Links`. What is forwarded goes with the connection that it went
    through, and is made anew on the next."""

    def __init__(self, host: SshHost, socket: Path) -> None:
        self._host = host
        self._socket = socket
        self._opening = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._engine: asyncssh.SSHListener | None = None
        self._ports: dict[tuple[str, int], asyncssh.SSHListener] = {}
        self._failed: HostError | None = None
        self._until = 0.0
        self.number = 0

    async def connection(self, secrets: Secrets) -> asyncssh.SSHClientConnection:
        """The connection as it is, or a new one. Raises HostError, SecretUnavailable.

        Who comes while it is being opened waits for that attempt, and its failure stands for some
        seconds: many readers of a host that is away cost one attempt.
        """
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        async with self._opening:
            if self._connection is not None and not self._connection.is_closed():
                return self._connection
            now = asyncio.get_running_loop().time
            if self._failed is not None and now() < self._until:
                raise HostError(self._failed.message, self._failed.hint)
            try:
                self._connection = await self._opened(secrets)
            except HostError as error:
                self._failed, self._until = error, now() + REMEMBERED_SECONDS
                raise
            self._failed, self._engine, self._ports = None, None, {}
            self.number += 1
            return self._connection

    async def engine_socket(self, secrets: Secrets) -> Path:
        """A socket of this host that leads to the Docker Engine's on that one."""
        connection = await self.connection(secrets)
        async with self._opening:
            if self._engine is None:
                self._socket.unlink(missing_ok=True)
                self._engine = await connection.forward_local_path(
                    str(self._socket), str(self._host.docker_socket)
                )
        return self._socket

    async def port(self, secrets: Secrets, port: int, at: str) -> int:
        """A port of this host's loopback that leads to one at an address that the host knows."""
        connection = await self.connection(secrets)
        async with self._opening:
            if (at, port) not in self._ports:
                self._ports[at, port] = await connection.forward_local_port(LOOPBACK, 0, at, port)
            return self._ports[at, port].get_port()

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            with contextlib.suppress(asyncssh.Error, OSError):
                await self._connection.wait_closed()
        self._socket.unlink(missing_ok=True)

    async def _opened(self, secrets: Secrets) -> asyncssh.SSHClientConnection:
        host = self._host
        options = {
            "username": host.user,
            "known_hosts": known_hosts(host),
            "config": None,
            "keepalive_interval": _KEEPALIVE_SECONDS,
            "keepalive_count_max": _UNANSWERED,
            **client_keys(host, secrets),
        }
        opened = await self._dialled()
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                return await asyncssh.connect(host.address, host.port, sock=opened, **options)
        except TimeoutError as error:
            opened.close()
            why = f"it took the connection, and let nobody in within {LOGIN_SECONDS:g} s"
            raise away(host, why) from error
        except asyncssh.HostKeyNotVerifiable as error:
            raise _stranger(host) from error
        except asyncssh.PermissionDenied as error:
            raise HostError(
                f"{host.title} does not let {host.user} in: {error.reason.rstrip('.')}.",
                "Give the host a `key` that it knows, or the ssh agent one.",
            ) from error
        except (asyncssh.Error, OSError) as error:
            why = getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error)
            raise away(host, why) from error

    async def _dialled(self) -> socket.socket:
        """An open connection, at the first of the host's addresses that takes one. Raises
        HostError."""
        host, loop = self._host, asyncio.get_running_loop()
        failed: OSError = OSError("it has no address")
        try:
            async with asyncio.timeout(host.connect_seconds):
                found = await loop.getaddrinfo(host.address, host.port, type=socket.SOCK_STREAM)
                for family, kind, protocol, _, address in found:
                    opened = socket.socket(family, kind, protocol)
                    opened.setblocking(False)
                    try:
                        await loop.sock_connect(opened, address)
                    except OSError as error:
                        opened.close()
                        failed = error
                    else:
                        return opened
        except TimeoutError as error:
            raise away(host, f"no connection within {host.connect_seconds:g} s") from error
        except OSError as error:
            failed = error
        raise away(host, failed.strerror or str(failed)) from failed


def _stranger(host: SshHost) -> HostError:
    place = host.known_hosts or Path("~/.ssh/known_hosts")
    expected = "its `host_key`" if host.host_key else f"the one in {place}"
    return HostError(
        f"{host.title} is not who it should be: the key it shows is not {expected}, so nothing was "
        "said to it.",
        "When the host was really made anew, compare its key's fingerprint on the host itself and "
        f"write the new one into {'`host_key`' if host.host_key else place}.",
    )
