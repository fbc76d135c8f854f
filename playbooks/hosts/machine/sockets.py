"""Sockets that are listened on, by the kernel's own tables."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from playbooks.hosts.shell import Shell

PROC = Path("/proc")
TABLES = (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07"))
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_CONTAINER = re.compile(r"([0-9a-f]{64})")
_WORD = 8
_SECONDS = 5.0

Table = Callable[[str], str]
"""The text of one of the kernel's tables; none where the kernel does not have it."""


@dataclass(frozen=True)
class Socket:
    """One that is listened on. `inode` is what its process has open."""

    address: str
    port: int
    protocol: str
    inode: str


def local_table(network: Path = PROC / "net") -> Table:
    """The tables of a network of this host: `/proc/PID/net` is that of a process."""

    def text(table: str) -> str:
        try:
            return (network / table).read_text()
        except OSError:  # a kernel without IPv6, or a process that is gone
            return ""

    return text


def table_elsewhere(shell: Shell) -> Table:
    """The tables of the host that the shell is on."""

    def text(table: str) -> str:
        done = shell.run(["cat", f"/proc/net/{table}"], seconds=_SECONDS)
        return done.output.decode(errors="replace") if done.code == 0 else ""

    return text


def sockets(table: Table, *protocols: str) -> Iterator[Socket]:
    """Those of these protocols (tcp, udp)."""
    for name, state in TABLES:
        if name[:3] not in protocols:
            continue
        for line in table(name).splitlines()[1:]:
            fields = line.split()
            if fields[3] == state:
                address, _, port = fields[1].partition(":")
                yield Socket(_address(address), int(port, 16), name[:3], fields[9])


def owners() -> dict[str, int]:
    """The process of every socket of this host that may be looked at, by inode."""
    found: dict[str, int] = {}
    for process in PROC.iterdir():
        if not process.name.isdigit():
            continue
        try:
            for handle in (process / "fd").iterdir():
                socket = _SOCKET.match(str(handle.readlink()))
                if socket:
                    found.setdefault(socket[1], int(process.name))
        except OSError:  # it has ended, or is not ours to look at
            continue
    return found


def program_of(pid: int) -> str:
    """The name of a process of this host."""
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "a process that has ended"


def container_of(pid: int) -> str:
    """The id of the container that a process of this host is in; none where it is in none."""
    try:
        found = _CONTAINER.search((PROC / str(pid) / "cgroup").read_text())
    except OSError:
        return ""
    return found[1] if found else ""


def _address(text: str) -> str:
    """The kernel writes each 32-bit word of an address with its lowest byte first."""
    words = [text[at : at + _WORD] for at in range(0, len(text), _WORD)]
    packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
    return str(IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed))
