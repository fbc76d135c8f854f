"""A Docker Engine, read and used through its API."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import docker
import requests
import urllib3
from docker import DockerClient
from docker.errors import DockerException
from docker.tls import TLSConfig

from playbooks.errors import HostError
from playbooks.hosts.containers.container import UP, Container, ContainerId, host_of
from playbooks.hosts.reach import check_reach, tunnel_to
from playbooks.model.hosts import LOCAL, Host, LocalHost, SshHost, TlsHost

READ_SECONDS = 10
_OLDEST_VERSION = "1.24"
_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
_SHOWN = 200
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})


@contextmanager
def engine(seconds: float = READ_SECONDS, on: Host = LOCAL) -> Iterator[DockerClient]:
    """A client of a host's engine; this host's is the one that DOCKER_HOST names, else that of the
    local socket.

    `seconds` is the limit of one answer. What goes wrong comes as HostError.
    """
    try:
        client = _client(on, int(seconds))
    except (DockerException, requests.RequestException, OSError) as error:
        raise _away(on, error) from error
    try:
        yield client
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        # It may be another version by now, which does not speak the API of the former one.
        _own_version.cache_clear()
        _version_of.cache_clear()
        raise HostError(f"The Docker Engine{_at(on)} refused: {_words(error)}.") from error
    finally:
        client.close()


def engine_with(
    container: str, seconds: float = READ_SECONDS
) -> AbstractContextManager[DockerClient]:
    """A client of the engine that has the container with this id, as `engine`."""
    return engine(seconds, host_of(container))


def containers_of(project: str, service: str, on: Host = LOCAL) -> tuple[Container, ...]:
    """The containers of a compose service, stopped ones too, by name. Raises HostError."""
    wanted = [f"{_PROJECT}={project}", f"{_SERVICE}={service}", f"{_ONE_OFF}=False"]
    with engine(on=on) as client:
        found = client.api.containers(all=True, filters={"label": wanted})
        seen = [_described(client.api.inspect_container(each["Id"]), on) for each in found]
    return tuple(sorted(seen, key=lambda container: container.name))


def _client(on: Host, seconds: int) -> DockerClient:
    match on:
        case LocalHost():
            version = _own_version(os.environ.get("DOCKER_HOST", ""))
            return docker.from_env(version=version, timeout=seconds)
        case _:
            return _of_version(on, seconds, _version_of(on))


@lru_cache(maxsize=4)
def _own_version(_address: str) -> str:
    """That of the API of the engine here, asked once: a client that asks each time asks twice."""
    client = docker.from_env(timeout=READ_SECONDS)
    try:
        return str(client.api.api_version)
    finally:
        client.close()


@lru_cache(maxsize=256)
def _version_of(on: SshHost | TlsHost) -> str:
    """That of the engine's API, asked once a host: each call is a way to another machine."""
    client = _of_version(on, READ_SECONDS, _OLDEST_VERSION)
    try:
        return str(client.api.version(api_version=False)["ApiVersion"])
    finally:
        client.close()


def _of_version(on: SshHost | TlsHost, seconds: int, version: str) -> DockerClient:
    if isinstance(on, SshHost):
        place, shown = f"unix://{tunnel_to(on)}", None
    else:
        check_reach(on)
        own = (str(on.cert), str(on.key))
        place = on.url
        shown = TLSConfig(client_cert=own, ca_cert=str(on.ca), verify=True)
    client = DockerClient(base_url=place, tls=shown or False, timeout=seconds, version=version)
    # No proxy, and no authority but the host's own, whatever the environment names.
    client.api.trust_env = False
    return client


def _described(seen: Mapping[str, Any], on: Host) -> Container:
    state, network = seen["State"], seen["NetworkSettings"]
    up = state["Status"] in UP
    return Container(
        id=ContainerId(seen["Id"], on),
        name=seen["Name"].lstrip("/"),
        image=seen["Image"],
        status=state["Status"],
        health=(state.get("Health") or {}).get("Status", "").replace("none", ""),
        restarts=seen.get("RestartCount", 0),
        exit_code=None if up else state["ExitCode"],
        since=_moment(state["StartedAt"]) if up else _moment(state["FinishedAt"]),
        pid=state["Pid"] or None,
        published=_published(network.get("Ports") or {}),
        addresses=tuple(
            each["IPAddress"] for each in network["Networks"].values() if each["IPAddress"]
        ),
        mounts={each["Destination"]: each["Source"] for each in seen["Mounts"] if each["Source"]},
        tag=(seen.get("Config") or {}).get("Image", ""),
        said=_said(state.get("Health") or {}),
        out_of_memory=bool(state.get("OOMKilled")),
    )


def _said(health: Mapping[str, Any]) -> str:
    """What the newest of its own checks wrote, in one line."""
    checks = health.get("Log") or []
    words = " ".join(str(checks[-1].get("Output", "")).split()) if checks else ""
    return words[:_SHOWN]


def _published(ports: Mapping[str, Any]) -> dict[int, tuple[str, int]]:
    found: dict[int, tuple[str, int]] = {}
    for port, places in ports.items():
        number, _, protocol = port.partition("/")
        if protocol == "tcp" and places:
            host = places[0]["HostIp"]
            where = "127.0.0.1" if host in _EVERYWHERE else host
            found[int(number)] = (where, int(places[0]["HostPort"]))
    return found


def _moment(text: str) -> datetime | None:
    """Docker's time to the second; the year 1 stands for never."""
    moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    return moment if moment.year > 1 else None


def _away(on: Host, error: Exception) -> HostError:
    hint = "Look whether dockerd runs and whether its socket may be used."
    if isinstance(on, TlsHost):
        hint = "Look whether dockerd listens there, and at `ca`, `cert` and `key` of the host."
    return HostError(f"The Docker Engine{_at(on)} cannot be reached: {_words(error)}.", hint)


def _at(on: Host) -> str:
    return "" if isinstance(on, LocalHost) else f" of {on.title}"


def _words(error: Exception) -> str:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    lines = str(getattr(error, "explanation", None) or cause or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
