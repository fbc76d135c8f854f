"""Ports that are listened on, and by whom: from the kernel's tables and the Docker Engine."""

from collections.abc import Iterator, Mapping
from typing import Any

from playbooks.errors import HostError
from playbooks.hosts.docker import engine
from playbooks.hosts.machine.sockets import (
    container_of,
    local_table,
    owners,
    program_of,
    sockets,
    table_elsewhere,
)
from playbooks.hosts.shell import shell_of
from playbooks.model.holders import Holder, Holders
from playbooks.model.hosts import Host, LocalHost

_FORWARDER = "docker-proxy"
_EVERYWHERE = {"": "0.0.0.0"}
_PROTOCOLS = ("tcp", "udp")


def listening(host: Host) -> Holders:
    """Of a host. Processes are only seen on this one; `why` says what could not be. Raises
    HostError where neither sockets nor containers are known."""
    containers, no_containers = _containers(host)
    published = [holder for each in containers for holder in _published(each)]
    own, no_sockets = _own(host, containers)
    if no_containers and no_sockets:
        raise HostError(no_sockets)
    taken = {(holder.port, holder.protocol) for holder in published}
    rest = [
        holder
        for holder in own
        if holder.program != _FORWARDER or (holder.port, holder.protocol) not in taken
    ]
    found = {(each.port, each.protocol, each.address): each for each in (*rest, *published)}
    why = " ".join(filter(None, (no_containers, no_sockets)))
    return Holders(holders=tuple(found[key] for key in sorted(found)), why=why)


def _containers(host: Host) -> tuple[list[dict[str, Any]], str]:
    """Those that run; or why they are not known."""
    try:
        with engine(on=host) as client:
            return client.api.containers(), ""
    except HostError as error:
        return [], f"Containers are not known: {error.message}"


def _own(host: Host, containers: list[dict[str, Any]]) -> tuple[list[Holder], str]:
    """What the host itself listens on; or why it is not known."""
    if isinstance(host, LocalHost):
        return list(_with_processes({each["Id"]: each for each in containers})), ""
    try:
        found = sockets(table_elsewhere(shell_of(host)), *_PROTOCOLS)
        return [
            Holder(address=each.address, port=each.port, protocol=each.protocol) for each in found
        ], ""
    except HostError as error:
        return [], f"Sockets of the host are not known: {error.message}"


def _with_processes(containers: Mapping[str, Mapping[str, Any]]) -> Iterator[Holder]:
    """A container in the host's own network listens by its processes."""
    known = owners()
    for each in sockets(local_table(), *_PROTOCOLS):
        pid = known.get(each.inode)
        container = containers.get(container_of(pid)) if pid else None
        yield Holder(
            address=each.address,
            port=each.port,
            protocol=each.protocol,
            pid=pid,
            program=program_of(pid) if pid else "",
            **(_named(container) if container else {}),
        )


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
