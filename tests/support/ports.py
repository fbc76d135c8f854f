"""Ports that stay free until a test's own server listens on them.

What the kernel hands out for outgoing connections would do only until somebody else connects, so
these lie below its range, and those of long-lived stacks are held besides.
"""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 12_000
_USUAL_CEILING = 32_768
# Not the one that libraries seed: two runs of tests must not draw the same numbers.
_DICE = random.SystemRandom()


def free_port() -> int:
    """A TCP port that nobody listens on, and that no outgoing connection gets."""
    with _bound() as probe:
        return _port_of(probe)


@contextmanager
def held_ports(count: int) -> Iterator[tuple[int, ...]]:
    """Ports that nobody else gets meanwhile. Servers that reuse addresses can listen on them."""
    sockets = [_bound() for _ in range(count)]
    try:
        yield tuple(_port_of(held) for held in sockets)
    finally:
        for held in sockets:
            held.close()


def _bound() -> socket.socket:
    """Bound, not listening: so a server that sets SO_REUSEADDR can have the port all the same."""
    while True:
        port = _DICE.randrange(_LOWEST, _ceiling())
        if _listened_on(port):
            continue
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            made.bind(("127.0.0.1", port))
            return made
        made.close()


def _listened_on(port: int) -> bool:
    """Whether it is taken on any address, or held by another test."""
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return True
    return False


def _port_of(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def _ceiling() -> int:
    """Where the ports of outgoing connections begin; the usual place if that leaves no room."""
    lowest = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else _USUAL_CEILING
    return lowest if lowest > _LOWEST + 1000 else _USUAL_CEILING
