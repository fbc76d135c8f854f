"""What is mounted into a service's container: which volume or folder, and who else has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbooks.errors import HostError
from playbooks.hosts.composed import ComposedService
from playbooks.hosts.containers.helper import PURPOSE_LABEL
from playbooks.hosts.docker import engine_with
from playbooks.model.stack import Stack

_SHARED = frozenset({"volume", "bind"})


@dataclass(frozen=True)
class Mounted:
    """One mount. `container` is the id of the container that it was found in, `name` the volume's
    name, or the folder of the host; `source` is the folder of the host in either case. `argv` is
    what the container runs.
    """

    container: str
    image: str
    kind: str
    name: str
    source: str
    argv: tuple[str, ...]


def mounted(stack: Stack, service: str, path: str) -> Mounted | None:
    """What is mounted there; None when the service has no container (yet).

    Raises HostError when it has one without that mount, or with another mount below it.
    """
    name, compose = stack.container_of(service), stack.compose_of(service)
    if compose is None or name is None:
        raise HostError(
            f"{stack.name}/{service} runs in no container.",
            "Give the stack file `compose`, and the service no `process`.",
        )
    containers = ComposedService(compose, name).containers()
    if not containers:
        return None
    container = containers[0].id
    with engine_with(container) as client:
        return _found(container, client.api.inspect_container(container), path)


def running_with(mount: Mounted) -> tuple[str, ...]:
    """Names of running containers that have the same volume or folder mounted. Raises HostError."""
    with engine_with(mount.container) as client:
        running = client.api.containers()
    return tuple(
        sorted(
            each["Names"][0].lstrip("/")
            for each in running
            if PURPOSE_LABEL not in each["Labels"]
            and any(_name(other) == mount.name for other in each["Mounts"])
        )
    )


def _found(container: str, seen: Mapping[str, Any], path: str) -> Mounted:
    shared = [each for each in seen["Mounts"] if each["Type"] in _SHARED]
    own = next((each for each in shared if each["Destination"].rstrip("/") == path), None)
    who = seen["Name"].lstrip("/")
    if own is None:
        there = ", ".join(sorted(each["Destination"] for each in shared)) or "nothing"
        raise HostError(
            f"Nothing is mounted at {path} of {who}; what is: {there}.",
            "Name a mount point as `path` of the datastore.",
        )
    below = [e["Destination"] for e in shared if e["Destination"].startswith(f"{path}/")]
    if below:
        raise HostError(
            f"{', '.join(sorted(below))} is mounted below {path} of {who}, and would be copied "
            "with it and could not be exchanged.",
            "Give it a mount point outside, or make it a datastore and the other one several.",
        )
    return Mounted(
        container=container,
        image=seen["Image"],
        kind=own["Type"],
        name=_name(own),
        source=str(own.get("Source") or ""),
        argv=(seen["Path"], *seen["Args"]),
    )


def _name(mount: Mapping[str, Any]) -> str:
    return str(mount.get("Name") or mount.get("Source") or "")
