"""How often the containers of a project were started again by themselves, or killed."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

from playbooks.hosts.docker import engine
from playbooks.model.compose import Compose
from playbooks.model.lives import Life

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
_SECONDS = 8.0
# The engine forgets that a container was killed when it starts it again, and keeps some 250 events.
_LOOKED_BACK = 900


def lives_of(compose: Compose, services: Mapping[str, str]) -> list[Life]:
    """Of the compose services in `services`, under the names given there. Raises HostError."""
    filters = {"label": [f"{_PROJECT}={compose.project}", f"{_ONE_OFF}=False"]}
    with engine(_SECONDS, compose.host) as client:
        kills = _kills(client, compose.project)
        found = client.api.containers(all=True, filters=filters)
        ours = [each for each in found if each["Labels"].get(_SERVICE) in services]
        return [
            _life(services[each["Labels"][_SERVICE]], seen, kills)
            for each in ours
            if (seen := _inspected(client, each["Id"])) is not None
        ]


def _inspected(client: DockerClient, container: str) -> Mapping[str, Any] | None:
    try:
        seen: Mapping[str, Any] = client.api.inspect_container(container)
    except NotFound:
        return None
    return seen


def _kills(client: DockerClient, project: str) -> dict[str, datetime]:
    """When containers were killed for want of memory, the last time, by their ids."""
    now = int(time.time())
    wanted = {"type": "container", "event": "oom", "label": f"{_PROJECT}={project}"}
    events = client.api.events(since=now - _LOOKED_BACK, until=now, filters=wanted, decode=True)
    return {each["Actor"]["ID"]: datetime.fromtimestamp(each["time"], UTC) for each in events}


def _life(service: str, seen: Mapping[str, Any], kills: Mapping[str, datetime]) -> Life:
    state = seen["State"]
    killed_at = kills.get(seen["Id"])
    if killed_at is None and state.get("OOMKilled"):
        killed_at = _moment(state.get("FinishedAt", ""))
    return Life(
        id=seen["Id"],
        service=service,
        name=seen["Name"].lstrip("/"),
        restarts=int(seen.get("RestartCount") or 0),
        killed_at=killed_at,
        limit=(seen.get("HostConfig") or {}).get("Memory") or None,
    )


def _moment(text: str) -> datetime | None:
    """The engine's times have nanoseconds; what never happened is in the year 1."""
    try:
        moment = datetime.fromisoformat(f"{text[:19]}+00:00")
    except ValueError:
        return None
    return moment if moment.year > 1 else None
