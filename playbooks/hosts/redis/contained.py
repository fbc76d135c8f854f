"""A Redis server in a container: which one it is, and what lies in its folders."""

import base64
import json
import os
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from docker.errors import NotFound

from playbooks.errors import BadArgument, HostError
from playbooks.hosts.containers.container import Container, host_of
from playbooks.hosts.docker import containers_of, engine_with
from playbooks.hosts.redis.cli import Cli
from playbooks.model.datastores import RedisStore
from playbooks.model.hosts import LocalHost
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

_MISSING = 404
_SMALL = 1 << 20


def redis_store(stack: Stack, name: str) -> RedisStore:
    """Raises UnknownName, BadArgument for another kind or a service that runs in no container."""
    store = stack.datastore(name)
    if not isinstance(store, RedisStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, not redis.")
    if stack.compose is None or stack.container_of(store.service) is None:
        raise BadArgument(
            f"{store.service} of {stack.name} runs in no container, and Redis is only backed up "
            "and restored in one.",
            "Give the stack file `compose`, and the service no `process`.",
        )
    return store


def container_of(stack: Stack, name: str) -> Container:
    """The one container of the datastore, running or not. Raises HostError."""
    store = redis_store(stack, name)
    compose, service = stack.compose_of(store.service), stack.container_of(store.service)
    assert compose is not None
    assert service is not None
    found = containers_of(compose.project, service, compose.host)
    if len(found) != 1:
        seen = ", ".join(each.name for each in found) or "none"
        raise HostError(
            f"{service} of the compose project {compose.project} is needed with one "
            f"container; it has: {seen}.",
            "Start it once, so that its container and volumes are made." if not found else "",
        )
    return found[0]


def cli_of(stack: Stack, name: str, container: Container, secrets: Secrets) -> Cli:
    """Raises SecretUnavailable."""
    store = redis_store(stack, name)
    password = secrets.resolve(store.password) if store.password else None
    return Cli(container.id, store.port, store.user, password)


def on_host(container: Container, folder: str) -> Path | None:
    """Where this host has a folder of the container, None when it is not mounted from here."""
    if not isinstance(host_of(container.id), LocalHost):
        return None
    inside = PurePosixPath(folder)
    holding = [mount for mount in container.mounts if inside.is_relative_to(mount)]
    if not holding:
        return None
    mount = max(holding, key=len)
    place = Path(container.mounts[mount]) / inside.relative_to(mount)
    return place if os.access(place, os.F_OK) else None


def stat_of(container: str, path: str) -> Mapping[str, Any] | None:
    """`{name, size, mode, mtime}` of a path in a container, running or not; None when nothing is
    there. Raises HostError."""
    with engine_with(container) as client:
        api = client.api
        url = f"{api.base_url}/v{api.api_version}/containers/{container}/archive"
        answer = api.head(url, params={"path": path}, timeout=api.timeout)
        if answer.status_code == _MISSING:
            return None
        if not answer.ok:
            raise HostError(f"{path} in {container[:12]} cannot be looked at: {answer.reason}.")
        said = base64.b64decode(answer.headers["X-Docker-Container-Path-Stat"])
    found: Mapping[str, Any] = json.loads(said)
    return found


def text_of(container: str, path: str) -> str | None:
    """A small file of a container, running or not; None when it is not there. Raises HostError."""
    with engine_with(container) as client, tempfile.TemporaryFile() as tar:
        try:
            pieces, _ = client.api.get_archive(container, path)
        except NotFound:
            return None
        for piece in pieces:
            tar.write(piece)
            if tar.tell() > _SMALL:
                raise HostError(f"{path} in {container[:12]} is larger than it should be.")
        tar.seek(0)
        with tarfile.open(fileobj=tar) as archive:
            content = archive.extractfile(archive.getmembers()[0])
            return content.read().decode() if content else None
