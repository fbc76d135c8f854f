"""What the engine knows of a stack's containers, networks and volumes, without secrets."""

from collections.abc import Iterable, Mapping
from typing import Any

from playbooks.configuration.masking import masked
from playbooks.hosts.docker import engine, engine_with
from playbooks.hosts.logs.container import composed, secrets_in
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack

_SECONDS = 10.0
_PROJECT = "com.docker.compose.project"
_NETWORK = ("Name", "Driver", "Scope", "Internal", "IPAM", "Options", "Labels", "Created")


def inspected(stack: Stack, service: str) -> JsonObject:
    """{containers: [what `docker inspect` says, with secrets masked]}. Raises HostError."""
    found = []
    for container in composed(stack, service).containers():
        with engine_with(container.id, _SECONDS) as client:
            seen = client.api.inspect_container(container.id)
        known = secrets_in(seen)
        environment = [_named(each) for each in seen["Config"].get("Env") or ()]
        shown = masked(seen, known)
        shown["Config"]["Env"] = environment
        found.append(shown)
    return {"containers": found}


def networks(stack: Stack) -> JsonObject:
    """{networks: […]} of the project, each with the names and addresses of what is in it."""
    return {"networks": [_network(seen) for seen in _of_project(stack, "networks")]}


def volumes(stack: Stack) -> JsonObject:
    """{volumes: [{name, driver, mountpoint, made, labels}]} of the project."""
    return {
        "volumes": [
            {
                "name": each["Name"],
                "driver": each["Driver"],
                "mountpoint": each.get("Mountpoint", ""),
                "made": each.get("CreatedAt", ""),
                "labels": each.get("Labels") or {},
            }
            for each in _of_project(stack, "volumes")
        ]
    }


def _of_project(stack: Stack, kind: str) -> Iterable[Mapping[str, Any]]:
    if stack.compose is None:
        return ()
    wanted = {"label": f"{_PROJECT}={stack.compose.project}"}
    with engine(_SECONDS, on=stack.compose.host) as client:
        if kind == "volumes":
            found: list[Mapping[str, Any]] = client.api.volumes(filters=wanted)["Volumes"] or []
            return found
        listed = client.api.networks(filters=wanted)
        return [client.api.inspect_network(each["Id"]) for each in listed]


def _network(seen: Mapping[str, Any]) -> JsonObject:
    members = {
        each["Name"]: each.get("IPv4Address", "")
        for each in (seen.get("Containers") or {}).values()
    }
    return {**{name: seen.get(name) for name in _NETWORK}, "members": members}


def _named(setting: str) -> str:
    """A variable's name: what it holds is nobody's to read here."""
    return f"{setting.partition('=')[0]}=…"
