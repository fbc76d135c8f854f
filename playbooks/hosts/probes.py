"""Asks a service how it is in the ways that take more than HTTP or a port."""

import importlib
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import InvalidURI, WebSocketException
from websockets.sync.client import connect

from playbooks.errors import HostError, InterlockError
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.health import LOOPBACK
from playbooks.hosts.reach import address_on
from playbooks.hosts.shell import shell_of
from playbooks.model.health import CommandHealth, DatabaseHealth, WebSocketHealth
from playbooks.model.hosts import Host, LocalHost
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

_SHOWN = 200
_LARGEST_ANSWER = 1 << 20
_PORTS = {"ws": 80, "wss": 443}
Ping = Callable[[Stack, str, Secrets, float], None]


def wrong_with_database(stack: Stack, health: DatabaseHealth, secrets: Secrets) -> str:
    """What is wrong, or nothing."""
    module, _, name = _PINGS[stack.datastore(health.datastore).kind].partition(":")
    # The drivers are large, and a stack without such a store does without.
    ping: Ping = getattr(importlib.import_module(module), name)
    try:
        ping(stack, health.datastore, secrets, health.seconds)
    except InterlockError as error:
        return error.message.rstrip(".")
    return ""


def wrong_with_websocket(health: WebSocketHealth, on: Host) -> str:
    """What is wrong, or nothing. Raises HostError when the host is away."""
    try:
        with connect(
            _seen_from_here(health.url, on),
            open_timeout=health.seconds,
            close_timeout=1,
            max_size=_LARGEST_ANSWER,
            proxy=None,
        ) as socket:
            if health.send is None:
                return ""
            socket.send(health.send)
            answer = socket.recv(timeout=health.seconds)
    except TimeoutError:
        return f"{health.url} did not answer within {health.seconds:g} s"
    except (WebSocketException, InvalidURI, OSError, ValueError) as error:
        return f"{health.url} cannot be reached ({error})"
    said = answer if isinstance(answer, str) else answer.decode(errors="replace")
    return "" if health.expect in said else f"{health.url} answers {said[:_SHOWN]!r}"


def wrong_with_command(stack: Stack, service: str, health: CommandHealth) -> str:
    """What is wrong, or nothing. Raises HostError when its host cannot be reached."""
    argv = health.argv
    if not health.on_host:
        argv = (*_into_container(stack, service), *argv)
    done = shell_of(stack.host_of(service)).run(argv, seconds=health.seconds)
    if done.code == health.code:
        return ""
    said = " ".join((done.complaint or done.output).decode(errors="replace").split())
    return f"{health.argv[0]} ended with {done.code}: {said[-_SHOWN:] or 'it said nothing'}"


def _into_container(stack: Stack, service: str) -> tuple[str, ...]:
    compose, name = compose_now(stack, service), stack.container_of(service)
    if compose is None or name is None:
        raise HostError(f"{service} runs in no container.")
    found = importlib.import_module("playbooks.hosts.docker").containers_of(
        compose.project, name, compose.host
    )
    up = [container for container in found if container.status == "running"]
    if not up:
        raise HostError(f"{service} has no container that runs.")
    return ("docker", "exec", str(up[0].id))


def _seen_from_here(url: str, on: Host) -> str:
    parts = urlsplit(url)
    if isinstance(on, LocalHost) or parts.hostname not in LOOPBACK:
        return url
    host, port = address_on(on, parts.port or _PORTS[parts.scheme])
    return urlunsplit(parts._replace(netloc=f"{host}:{port}"))


_PINGS: Mapping[str, str] = MappingProxyType(
    {
        "postgres": "playbooks.hosts.postgres.ping:ping",
        "postgres-server": "playbooks.hosts.postgres.ping:ping",
        "redis": "playbooks.hosts.redis.ping:ping",
        "neo4j": "playbooks.hosts.neo4j.ping:ping",
    }
)


def whole_seconds(seconds: float) -> int:
    """For clients that know no fractions, one at least."""
    return max(1, math.ceil(seconds))
