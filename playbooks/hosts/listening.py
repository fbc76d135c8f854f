"""Ports that are listened on, and by whom: from the kernel's tables and the Docker Engine."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from playbooks.errors import HostError
from playbooks.hosts.docker import engine
from playbooks.model.holders import Holder, Holders

_PROC = Path("/proc")
_TABLES = (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07"))
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_CONTAINER = re.compile(r"([0-9a-f]{64})")
_FORWARDER = "docker-proxy"
_WORD = 8
_EVERYWHERE = {"": "0.0.0.0"}


def listening() -> Holders:
    """Of this host. Raises HostError off Linux; without an engine its containers have no names."""
    if not (_PROC / "net" / "tcp").is_file():
        raise HostError("Who listens can only be seen on Linux.")
    try:
        containers, why = _containers(), ""
    except HostError as error:
        containers, why = [], f"containers are not known: {error.message}"
    published = [holder for each in containers for holder in _published(each)]
    names = {each["Id"]: each for each in containers}
    taken = {(holder.port, holder.protocol) for holder in published}
    own = (
        holder
        for holder in _sockets(names)
        if holder.program != _FORWARDER or (holder.port, holder.protocol) not in taken
    )
    found = {(each.port, each.protocol, each.address): each for each in (*own, *published)}
    return Holders(holders=tuple(found[key] for key in sorted(found)), why=why)


def listened_at(network: Path, port: int) -> tuple[str, ...]:
    """The addresses at which a TCP port is listened on, by the tables of a network (`/proc/PID/net`
    is that of a process)."""
    rows = [row for table, state in _TABLES[:2] for row in _rows(network / table, state)]
    return tuple(sorted({address for address, found, _ in rows if found == port}))


def _containers() -> list[dict[str, Any]]:
    with engine() as client:
        found: list[dict[str, Any]] = client.api.containers()
    return found


def _published(container: Mapping[str, Any]) -> Iterator[Holder]:
    for port in container.get("Ports") or ():
        if port.get("PublicPort"):
            yield Holder(
                address=_EVERYWHERE.get(port.get("IP", ""), port.get("IP", "")),
                port=port["PublicPort"],
                protocol=port["Type"],
                target=port["PrivatePort"],
                **_named(container),
            )


def _named(container: Mapping[str, Any]) -> dict[str, str]:
    labels = container.get("Labels") or {}
    return {
        "container": container["Names"][0].lstrip("/"),
        "project": labels.get("com.docker.compose.project", ""),
        "service": labels.get("com.docker.compose.service", ""),
    }


def _sockets(containers: Mapping[str, Mapping[str, Any]]) -> Iterator[Holder]:
    """A container in the host's own network listens by its processes."""
    owners = _owners()
    for table, state in _TABLES:
        for address, port, inode in _rows(_PROC / "net" / table, state):
            pid = owners.get(inode)
            container = containers.get(_container_of(pid)) if pid else None
            yield Holder(
                address=address,
                port=port,
                protocol=table[:3],
                pid=pid,
                program=_program(pid) if pid else "",
                **(_named(container) if container else {}),
            )


def _rows(table: Path, state: str) -> Iterator[tuple[str, int, str]]:
    """Address, port and inode of the sockets of a table that are in that state."""
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:  # a kernel without IPv6, or a process that is gone
        return
    for line in lines:
        fields = line.split()
        if fields[3] == state:
            address, _, port = fields[1].partition(":")
            yield _address(address), int(port, 16), fields[9]


def _address(text: str) -> str:
    """The kernel writes each 32-bit word of an address with its lowest byte first."""
    words = [text[at : at + _WORD] for at in range(0, len(text), _WORD)]
    packed = b"".join(bytes.fromhex(word)[::-1] for word in words)
    return str(IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed))


def _owners() -> dict[str, int]:
    """The process of every socket that may be seen, by inode."""
    found: dict[str, int] = {}
    for process in _PROC.iterdir():
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


def _program(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "a process that has ended"


def _container_of(pid: int) -> str:
    try:
        found = _CONTAINER.search((_PROC / str(pid) / "cgroup").read_text())
    except OSError:
        return ""
    return found[1] if found else ""
