"""The containers of a compose project, as the engine made them."""

from collections.abc import Mapping
from typing import Any

from docker import DockerClient
from docker.errors import NotFound

from playbooks.configuration.model import Contained, ContainedProject, PublishedPort
from playbooks.hosts.compose_config import rotates
from playbooks.hosts.containers.container import UP
from playbooks.hosts.docker import engine
from playbooks.model.compose import Compose

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
_HASH = "com.docker.compose.config-hash"


def contained(compose: Compose) -> ContainedProject:
    """Stopped ones too; one-off containers are not the project's services. Raises HostError."""
    wanted = {"label": [f"{_PROJECT}={compose.project}", f"{_ONE_OFF}=False"]}
    with engine(on=compose.host) as client:
        found = client.api.containers(all=True, filters=wanted)
        seen = [_seen(client, each["Id"]) for each in found]
    return ContainedProject(containers=tuple(sorted(seen, key=lambda each: each.name)))


def _seen(client: DockerClient, container: str) -> Contained:
    about = client.api.inspect_container(container)
    config, host = about["Config"], about["HostConfig"]
    labels, logs = config.get("Labels") or {}, host.get("LogConfig") or {}
    check = (config.get("Healthcheck") or {}).get("Test") or ["NONE"]
    restart = (host.get("RestartPolicy") or {}).get("Name") or ""
    return Contained(
        service=labels.get(_SERVICE, ""),
        name=about["Name"].lstrip("/"),
        hash=labels.get(_HASH, ""),
        up=about["State"]["Status"] in UP,
        health=check != ["NONE"],
        restart="" if restart == "no" else restart,
        memory=bool(host.get("Memory")),
        log_driver=logs.get("Type", ""),
        log_rotates=rotates(logs.get("Type", ""), logs.get("Config") or {}),
        ports=ports_of(about["NetworkSettings"].get("Ports") or {}),
        behind=_behind(client, config["Image"], about["Image"]),
    )


def ports_of(published: Mapping[str, Any]) -> tuple[PublishedPort, ...]:
    """The ports that the engine publishes for a container, as it describes them."""
    return tuple(
        PublishedPort(
            target=int(port.partition("/")[0]),
            published=place["HostPort"],
            address=place["HostIp"],
            protocol=port.partition("/")[2] or "tcp",
        )
        for port, places in published.items()
        for place in places or ()
    )


def _behind(client: DockerClient, name: str, digest: str) -> bool:
    """Whether the image's name stands for another image on this host by now."""
    try:
        return bool(client.images.get(name).id != digest)
    except NotFound:
        return False
