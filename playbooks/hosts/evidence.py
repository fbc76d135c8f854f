"""Containers that may have been broken into: taken off their networks, and kept as they are."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import DockerClient

from playbooks.errors import ActionFailed, HostError
from playbooks.hosts.docker import engine
from playbooks.model.breach import Attacked, EvidenceFile, Gathered, Joined
from playbooks.model.compose import Compose

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
_LOOK_SECONDS = 20.0
_COPY_SECONDS = 600.0
_SHORT_ID = 12
_READ_ONLY = 0o400
_CLOSED = 0o500
# What cleans a project up takes the image for nothing of the project's.
_NOBODYS = f'LABEL {_PROJECT}=""'
_CHUNK = 1 << 20

Step = Callable[[int], None]
"""Told how many bytes came; raises to stop."""


def attacked(compose: Compose, service: str, *, counted: bool = False) -> tuple[Attacked, ...]:
    """The containers of a service, by name; with `counted` what their file systems take. Raises
    HostError."""
    wanted = [
        f"{_PROJECT}={compose.project}",
        f"{_SERVICE}={service}",
        f"{_ONE_OFF}=False",
    ]
    with engine(_LOOK_SECONDS, compose.host) as client:
        found = client.api.containers(all=True, filters={"label": wanted}, size=counted)
        seen = [
            _attacked(client.api.inspect_container(each["Id"]), each.get("SizeRootFs"))
            for each in found
        ]
    return tuple(sorted(seen, key=lambda each: each.name))


def leave(compose: Compose, container: Attacked) -> None:
    """Takes a container off all its networks; it goes on running. Raises HostError."""
    with engine(_LOOK_SECONDS, compose.host) as client:
        for joined in container.networks:
            client.api.disconnect_container_from_network(container.id, joined.network)


def join(compose: Compose, container: Attacked, networks: Iterable[Joined]) -> None:
    """Puts a container back on the networks that it is not on. Raises HostError."""
    there = {joined.network for joined in container.networks}
    with engine(_LOOK_SECONDS, compose.host) as client:
        for joined in networks:
            if joined.network not in there:
                client.api.connect_container_to_network(
                    container.id,
                    joined.network,
                    aliases=list(joined.aliases) or None,
                    ipv4_address=joined.address or None,
                )


@dataclass(frozen=True)
class Keeping:
    """What is kept of one container, and where: `folder` is made for it, `tag` names the image."""

    service: str
    container: Attacked
    folder: Path
    repository: str
    tag: str
    volumes: bool


def gather(compose: Compose, keeping: Keeping, step: Step) -> Gathered:
    """Everything that can be kept of a container: what the engine knows of it, what it wrote, which
    processes run, what changed in its file system, all of that, and an image of it; each file with
    its checksum, for nobody to change. Raises HostError, ActionFailed."""
    _prepare(keeping.folder)
    container = keeping.container
    with engine(_COPY_SECONDS, compose.host) as client:
        files = [
            _kept(keeping.folder, name, content, step)
            for name, content in _contents(client, keeping)
        ]
        made = client.api.commit(
            container.id,
            repository=keeping.repository,
            tag=keeping.tag,
            message="evidence",
            changes=_NOBODYS,
        )
    return Gathered(
        service=keeping.service,
        container=container.name,
        id=container.id,
        image=container.image,
        kept_image=str(made["Id"]),
        files=tuple(files),
    )


def sealed(folder: Path, listed: bytes, name: str) -> EvidenceFile:
    """Writes the list of what is in the folder, and closes the folder. Raises ActionFailed."""
    _prepare(folder)
    kept = _kept(folder, name, [listed], lambda _: None)
    for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        each.chmod(_CLOSED)
    return kept


def wrong_with(folder: Path, files: Iterable[EvidenceFile], step: Step) -> tuple[str, ...]:
    """Files that are gone or are not what they were. Raises ActionFailed when one cannot be
    read."""
    return tuple(each.path for each in files if _checksum(folder / each.path, step) != each.sha256)


def checksum(file: Path) -> str | None:
    """None when it is not there. Raises ActionFailed."""
    return _checksum(file, lambda _: None)


def read_list(file: Path) -> dict[str, Any]:
    """The list of a folder of evidence. Raises ActionFailed."""
    try:
        listed: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ActionFailed(f"{file} cannot be read: {error}.") from error
    return listed


def _contents(client: DockerClient, keeping: Keeping) -> Iterator[tuple[str, Iterable[bytes]]]:
    api, container = client.api, keeping.container
    seen = api.inspect_container(container.id)
    yield "inspect.json", [_json(seen)]
    if seen["HostConfig"]["LogConfig"]["Type"] != "none":
        yield "logs.txt", api.logs(container.id, timestamps=True, stream=True, follow=False)
    if container.up:
        yield "processes.json", [_json(api.top(container.id))]
    yield "changes.json", [_json(api.diff(container.id) or [])]
    yield "filesystem.tar", api.export(container.id)
    for number, place in enumerate(container.volumes if keeping.volumes else ()):
        chunks, _ = api.get_archive(container.id, place)
        yield f"volume-{number}.tar", chunks


def _attacked(seen: dict[str, Any], counted: int | None) -> Attacked:
    networks = seen["NetworkSettings"]["Networks"] or {}
    return Attacked(
        id=seen["Id"],
        name=seen["Name"].lstrip("/"),
        image=seen["Image"],
        up=bool(seen["State"]["Running"]),
        mode=seen["HostConfig"].get("NetworkMode", ""),
        networks=tuple(_joined(name, each, seen["Id"]) for name, each in sorted(networks.items())),
        bytes=counted,
        volumes=tuple(sorted(each["Destination"] for each in seen["Mounts"])),
    )


def _joined(name: str, seen: dict[str, Any], container: str) -> Joined:
    own = container[:_SHORT_ID]
    fixed = (seen.get("IPAMConfig") or {}).get("IPv4Address", "")
    return Joined(
        network=seen["NetworkID"],
        name=name,
        aliases=tuple(each for each in seen.get("Aliases") or () if each != own),
        address=fixed,
    )


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _kept(folder: Path, name: str, content: Iterable[bytes], step: Step) -> EvidenceFile:
    """Written whole or not at all; what an earlier attempt left is replaced."""
    digest, size, part = hashlib.sha256(), 0, folder / f".{name}.part"
    try:
        part.unlink(missing_ok=True)
        with part.open("wb") as file:
            os.fchmod(file.fileno(), _READ_ONLY)
            for chunk in content:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                step(size)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return EvidenceFile(path=name, bytes=size, sha256=digest.hexdigest())


def _checksum(file: Path, step: Step) -> str | None:
    digest, size = hashlib.sha256(), 0
    try:
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                step(size)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ActionFailed(f"{file} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()


def _unwritable(folder: Path, error: OSError) -> HostError:
    return HostError(
        f"{folder} cannot be written: {error.strerror}.",
        "`breach.evidence` of the stack file says where evidence is kept.",
    )
