"""What a compose project takes on the disk of its engine."""

from collections.abc import Iterable, Mapping
from typing import Any

from docker import DockerClient

from playbooks.errors import HostError
from playbooks.hosts.docker import engine
from playbooks.model.compose import Compose
from playbooks.model.disk import EngineDisk, Taken

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_LOOK_SECONDS = 5.0
_COUNT_SECONDS = 9.0
_SOCKETS = (".sock",)


def engine_disk(compose: Compose) -> EngineDisk:
    """Raises HostError where the engine cannot be asked; sizes that it does not count in time are
    not known, and no error."""
    with engine(_LOOK_SECONDS, compose.host) as client:
        found = client.api.containers(all=True, filters={"label": f"{_PROJECT}={compose.project}"})
        named = _named_volumes(client, compose)
        root = str(client.api.info().get("DockerRootDir", ""))
    counted, why = _counted(compose)
    sizes = {
        each["Name"]: _known((each.get("UsageData") or {}).get("Size"))
        for each in counted.get("Volumes") or ()
    }
    images = {each["Id"]: each for each in counted.get("Images") or ()}
    return EngineDisk(
        root=root,
        volumes=tuple(
            Taken(name=name, of=", ".join(users), bytes=sizes.get(name))
            for name, users in sorted({**named, **_mounted(found, "volume", "Name")}.items())
        ),
        images=_images(found, images),
        folders=tuple(
            Taken(name=path, of=", ".join(users))
            for path, users in sorted(_mounted(found, "bind", "Source").items())
            if not path.endswith(_SOCKETS)
        ),
        written=_written(found, counted),
        why=why,
    )


def _counted(compose: Compose) -> tuple[Mapping[str, Any], str]:
    """The engine walks through all volumes for this."""
    try:
        with engine(_COUNT_SECONDS, compose.host) as client:
            return client.api.df(), ""
    except HostError:
        return {}, f"the engine had not counted sizes after {_COUNT_SECONDS:g} s"


def _named_volumes(client: DockerClient, compose: Compose) -> dict[str, list[str]]:
    """Also those that no container has."""
    listed = client.api.volumes(filters={"label": f"{_PROJECT}={compose.project}"})
    return {each["Name"]: [] for each in listed.get("Volumes") or ()}


def _mounted(found: Iterable[Mapping[str, Any]], kind: str, key: str) -> dict[str, list[str]]:
    """The services that have each mount of a kind."""
    users: dict[str, list[str]] = {}
    for container in found:
        service = (container.get("Labels") or {}).get(_SERVICE, "")
        for mount in container.get("Mounts") or ():
            if mount["Type"] == kind and mount.get(key):
                known = users.setdefault(mount[key], [])
                if service and service not in known:
                    known.append(service)
    return users


def _images(
    found: Iterable[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]
) -> tuple[Taken, ...]:
    """Each image once, with the services that run it."""
    users: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for container in found:
        image = container["ImageID"]
        names.setdefault(image, container["Image"])
        users.setdefault(image, []).append((container.get("Labels") or {}).get(_SERVICE, ""))
    return tuple(
        Taken(
            name=names[image],
            of=", ".join(dict.fromkeys(filter(None, services))),
            bytes=_known(known.get(image, {}).get("Size")),
        )
        for image, services in sorted(users.items(), key=lambda item: names[item[0]])
    )


def _written(found: Iterable[Mapping[str, Any]], counted: Mapping[str, Any]) -> int | None:
    own = {container["Id"] for container in found}
    listed = counted.get("Containers")
    if listed is None:
        return None
    return sum(each.get("SizeRw") or 0 for each in listed if each["Id"] in own)


def _known(size: int | None) -> int | None:
    """The engine says -1 for what it has not counted."""
    return size if size is not None and size >= 0 else None
