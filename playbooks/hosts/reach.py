"""Whether another host can be reached, known soon and asked of it once for all who want to know."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from playbooks.errors import HostError, OutcomeUnknown
from playbooks.hosts.away import LOOPBACK, REMEMBERED_SECONDS, away
from playbooks.model.hosts import LocalHost, SshHost, TlsHost


class Gate:
    """One address. Who comes while somebody tries waits for what that one finds, and a failure
    stands for some seconds, so that many readers of a host that is away cost one attempt."""

    def __init__(self, host: TlsHost) -> None:
        self._host = host
        self._trying = threading.Lock()
        self._failed: HostError | None = None
        self._until = 0.0

    def check(self) -> None:
        """Raises HostError when no connection opens in time."""
        with self._trying:
            if self._failed is not None and time.monotonic() < self._until:
                raise HostError(self._failed.message, self._failed.hint)
            self._failed = self._tried()
            self._until = time.monotonic() + REMEMBERED_SECONDS
            if self._failed is not None:
                raise self._failed

    def _tried(self) -> HostError | None:
        host = self._host
        try:
            socket.create_connection((host.address, host.port), host.connect_seconds).close()
        except TimeoutError:
            return away(host, f"no connection within {host.connect_seconds:g} s")
        except OSError as error:
            return away(host, error.strerror or str(error))
        return None


def check_reach(host: TlsHost) -> None:
    """Raises HostError, within the host's `connect_seconds`, when it is away."""
    _gate(host).check()


@contextmanager
def reached(host: LocalHost | SshHost | TlsHost) -> Iterator[None]:
    """Raises HostError when the host is away beforehand. What fails in the block while the host
    goes away comes as OutcomeUnknown: what was asked of it may have happened."""
    if isinstance(host, LocalHost):
        yield
        return
    before = _standing(host)
    try:
        yield
    except HostError as error:
        if _standing_still(host, before):
            raise
        raise OutcomeUnknown(
            f"{host.title} went away while it was at work ({error.message.rstrip('.')}).",
            "Look there whether it was done.",
        ) from error


def _standing(host: SshHost | TlsHost) -> int:
    """Which connection it is; 0 where each call makes its own."""
    if isinstance(host, TlsHost):
        check_reach(host)
        return 0
    number: int = _links().standing(host)
    return number


def _standing_still(host: SshHost | TlsHost, before: int) -> bool:
    try:
        return _standing(host) == before
    except HostError:
        return False


def tunnel_to(host: SshHost) -> Path:
    """A socket of this host that leads to the engine's on that one. Raises HostError."""
    path: Path = _links().engine_socket(host)
    return path


def address_on(
    host: LocalHost | SshHost | TlsHost, port: int, at: str = LOOPBACK
) -> tuple[str, int]:
    """Where this host reaches a port that the other one has on its loopback, or at another address
    that it knows: through ssh; where there is none, at its own address. Raises HostError when it
    is away."""
    match host:
        case LocalHost():
            return at, port
        case SshHost():
            return LOOPBACK, int(_links().port(host, port, at))
        case TlsHost():
            check_reach(host)
            return host.address, port


def open_port(host: LocalHost | SshHost | TlsHost, port: int, seconds: float) -> None:
    """Opens a port that the host has on its loopback, and closes it. Raises OSError when it is not
    open, TimeoutError when that is not known in time, HostError when the host is away."""
    if isinstance(host, SshHost):
        # A forwarded port is always open at this end.
        _links().open_port(host, port, seconds)
        return
    socket.create_connection(address_on(host, port), timeout=seconds).close()


def _links() -> Any:
    # The client of ssh is large, and who has no such host does without.
    return import_module("playbooks.hosts.ssh.links").links()


@lru_cache(maxsize=256)
def _gate(host: TlsHost) -> Gate:
    return Gate(host)
