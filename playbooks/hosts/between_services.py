"""Whether the containers of two services reach each other: networks, names, connections."""

import time
from collections.abc import Mapping
from typing import Any

from docker import DockerClient

from playbooks.errors import HostError, InputError
from playbooks.hosts.connecting import Answered, Asked, ask_from
from playbooks.hosts.containers.helper import sweep
from playbooks.hosts.docker import engine
from playbooks.hosts.machine.sockets import PROC, local_table, sockets
from playbooks.model.compose import Compose
from playbooks.model.hosts import LocalHost
from playbooks.model.reach import Reach
from playbooks.model.stack import Stack

_RUN = "net"
_FORGOTTEN_SECONDS = 120.0
_SECONDS = 12.0
_HELPERS_SECONDS = 7.0
_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"


def reach(stack: Stack, source: str, target: str, port: int | None) -> Reach:
    """Raises HostError where it cannot be looked at, InputError where no port is known."""
    until = time.monotonic() + _HELPERS_SECONDS
    compose = _compose(stack)
    with engine(_SECONDS, compose.host) as client:
        running = _running(client, compose)
        here, there = _one(stack, running, source), _one(stack, running, target)
        wanted = port or _port(stack, target, there)
        known = Reach(
            source=source,
            target=target,
            port=wanted,
            networks=_networks(here),
            target_networks=_networks(there),
            listens=_listens(compose, there, wanted),
        )
        images = [each for each in _images(running) if each != here["Image"]]
        asked = Asked(stack.container_of(target) or target, wanted)
        answered = ask_from(client, here["Id"], images, asked, until)
    sweep(_RUN, _FORGOTTEN_SECONDS, compose.host)
    return _with(known, answered)


def _with(known: Reach, answered: Answered) -> Reach:
    why = answered.unknown if answered.tool else "no image of the stack has a tool to ask with"
    return known.model_copy(
        update={
            "resolved": answered.addresses,
            "dns_ms": answered.dns_ms,
            "times_ms": answered.times_ms,
            "opened": answered.opened,
            "failures": answered.failures,
            "tool": answered.tool,
            "why": why,
        }
    )


def _compose(stack: Stack) -> Compose:
    if stack.compose is None:
        raise HostError(f"{stack.name} has no containers.", "Only those have networks to look at.")
    return stack.compose


def _running(client: DockerClient, compose: Compose) -> list[Mapping[str, Any]]:
    wanted = {"label": [f"{_PROJECT}={compose.project}", f"{_ONE_OFF}=False"]}
    found = client.api.containers(filters=wanted)
    return [client.api.inspect_container(each["Id"]) for each in found]


def _one(stack: Stack, running: list[Mapping[str, Any]], service: str) -> Mapping[str, Any]:
    """The first running container of a service."""
    name = stack.container_of(service)
    for each in sorted(running, key=lambda each: str(each["Name"])):
        if each["Config"]["Labels"].get(_SERVICE) == name:
            return each
    raise HostError(
        f"{service} has no container that runs.", f"Start it: /ops start {stack.name} {service}."
    )


def _networks(container: Mapping[str, Any]) -> dict[str, str]:
    networks = container["NetworkSettings"]["Networks"]
    return {name: each.get("IPAddress") or "" for name, each in networks.items()}


def _images(running: list[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(each["Image"]) for each in running))


def _port(stack: Stack, service: str, container: Mapping[str, Any]) -> int:
    """What the stack file has as an inner port, else what the container publishes or exposes."""
    described = stack.service(service)
    exposed = container["Config"].get("ExposedPorts") or {}
    published = container["NetworkSettings"].get("Ports") or {}
    numbers = sorted(
        int(each.partition("/")[0]) for each in {*exposed, *published} if each.endswith("/tcp")
    )
    fitting = [port for port in (*described.internal, *described.ports) if port in numbers]
    for port in (*fitting, *described.internal, *numbers, *described.ports):
        return port
    raise InputError(
        f"No port of {service} is known.", f"Name it: /ops net {stack.name} SERVICE {service} PORT."
    )


def _listens(compose: Compose, container: Mapping[str, Any], port: int) -> tuple[str, ...] | None:
    """By the kernel's tables of the container's network, where its processes are of this host."""
    if not isinstance(compose.host, LocalHost):
        return None
    pid = container["State"]["Pid"]
    network = PROC / str(pid) / "net"
    if not pid or not network.is_dir():
        return None
    found = sockets(local_table(network), "tcp")
    return tuple(sorted({each.address for each in found if each.port == port}))
