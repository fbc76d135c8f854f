"""A PostgreSQL server in a container: where it is reached, and where its tools run."""

import os
from pathlib import Path, PurePosixPath

from playbooks.errors import HostError
from playbooks.hosts.containers.container import Container, host_of
from playbooks.hosts.containers.ports import address_of
from playbooks.hosts.docker import containers_of
from playbooks.hosts.postgres.contained_store import ContainedStore
from playbooks.model.compose import Compose
from playbooks.model.datastores import PostgresStore
from playbooks.model.hosts import LocalHost
from playbooks.model.stack import Stack


def contained(stack: Stack, store: PostgresStore) -> PostgresStore:
    """The store as it can be reached; one that is in no container as it is.

    The published port is taken where there is one, else the container's own address. Raises
    HostError when the container is not there or does not run.
    """
    service = stack.container_of(store.service) if store.service else None
    compose = stack.compose_of(store.service) if store.service else None
    if compose is None or service is None:
        return store
    container = _running(compose, service)
    host, port = address_of(container, store.port)
    place = {
        "host": host,
        "port": port,
        "container": container.id,
        "container_name": container.name,
        "image": container.image,
        "inside_port": store.port,
        "mounts": dict(container.mounts),
    }
    return ContainedStore.model_validate(store.model_dump() | place)


def on_host(store: ContainedStore, folder: str) -> Path | None:
    """Where this host has a folder of the container, None when it is not mounted from here."""
    if not isinstance(host_of(store.container), LocalHost):
        return None
    inside = PurePosixPath(folder)
    holding = [Path(each) for each in store.mounts if inside.is_relative_to(each)]
    if not holding:
        return None
    mount = max(holding, key=lambda path: len(path.parts))
    place = store.mounts[str(mount)] / inside.relative_to(mount)
    return place if os.access(place, os.F_OK) else None


def _running(compose: Compose, service: str) -> Container:
    found = containers_of(compose.project, service, compose.host)
    up = [container for container in found if container.status == "running"]
    if len(up) == 1:
        return up[0]
    seen = ", ".join(f"{each.name} is {each.status}" for each in found) or "it has no container"
    raise HostError(
        f"{service} of the compose project {compose.project} is needed with one running "
        f"container: {seen}.",
        "Start it first.",
    )
