"""What the engine has of a compose project, known by the labels that compose gives, and removing
exactly what is named of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

from playbooks.errors import HostError
from playbooks.hosts import compose as plugin
from playbooks.hosts.docker import engine
from playbooks.model.compose import Compose
from playbooks.model.project import Held, LeftoversFact, ProjectFact

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
_ENDED = frozenset({"exited", "created", "dead"})
_SECONDS = 60.0


def objects_of(compose: Compose) -> ProjectFact:
    """Raises HostError."""
    with engine(_SECONDS, compose.host) as client:
        filters = {"label": f"{_PROJECT}={compose.project}"}
        return ProjectFact(
            containers=tuple(_container(each) for each in _containers(client, filters)),
            networks=tuple(
                Held(id=each["Id"], name=each["Name"])
                for each in client.api.networks(filters=filters)
            ),
            volumes=_volumes(client, compose, unused=False),
        )


def leftovers_of(compose: Compose) -> LeftoversFact:
    """One-off containers that ended, containers that ended of services that no file has any more,
    images that were built for the project and have no name any more, and volumes that no container
    has. Raises HostError."""
    services = frozenset(plugin.images_of(compose))
    with engine(_SECONDS, compose.host) as client:
        filters = {"label": f"{_PROJECT}={compose.project}"}
        containers = _containers(client, filters, size=True)
        used = {each["ImageID"] for each in client.api.containers(all=True)}
        images = client.api.images(filters={**filters, "dangling": True})
        return LeftoversFact(
            containers=tuple(
                _container(each)
                for each in containers
                if each["State"] in _ENDED and _left_over(each, services)
            ),
            images=tuple(
                Held(
                    id=each["Id"], name=each["Id"].removeprefix("sha256:")[:12], bytes=each["Size"]
                )
                for each in images
                if each["Id"] not in used
            ),
            volumes=_volumes(client, compose, unused=True),
        )


def healths_of(compose: Compose) -> Mapping[str, str]:
    """What is wrong with each service that has containers, or nothing, by its name in the files; of
    all of them with one question. Raises HostError."""
    with engine(on=compose.host) as client:
        filters = {"label": [f"{_PROJECT}={compose.project}", f"{_ONE_OFF}=False"]}
        found = client.api.containers(all=True, filters=filters)
    wrong: dict[str, str] = {}
    for each in found:
        service, said = each["Labels"].get(_SERVICE, ""), _wrong(each)
        wrong[service] = ", ".join(filter(None, (wrong.get(service, ""), said)))
    return wrong


def _wrong(seen: Mapping[str, Any]) -> str:
    name, status = seen["Names"][0].lstrip("/"), str(seen["Status"])
    if seen["State"] != "running":
        return f"{name} is {seen['State']}"
    if "(" in status and "(healthy)" not in status:
        return f"{name} is {status.partition('(')[2].rstrip(')').removeprefix('health: ')}"
    return ""


def down(compose: Compose, *, volumes: bool) -> None:
    """Removes the project's containers and networks; with `volumes` those that the files name, too.
    Raises HostError."""
    more = ("--volumes",) if volumes else ()
    with plugin.alone(compose):
        argv = (*plugin.base_argv(compose), "down", "--remove-orphans", *more)
        plugin.run(argv, on=compose.host)


def remove(
    compose: Compose,
    *,
    containers: Iterable[str] = (),
    images: Iterable[str] = (),
    volumes: Sequence[Held] = (),
) -> list[str]:
    """Removes exactly these; what is gone already counts as removed, what is in use or was made
    anew is left. What was left, in sentences. Raises HostError."""
    with engine(_SECONDS, compose.host) as client:
        acts = [
            *((f"container {each[:12]}", _container_goes(client, each)) for each in containers),
            *((f"image {each[:19]}", _image_goes(client, each)) for each in images),
            *((f"volume {each.name}", _volume_goes(client, each)) for each in volumes),
        ]
    return [f"{what} {why}" for what, why in acts if why]


def _container_goes(client: DockerClient, container: str) -> str:
    try:
        if client.api.inspect_container(container)["State"]["Status"] not in _ENDED:
            return "runs"
        client.api.remove_container(container)
    except NotFound:
        return ""
    except APIError as error:
        return _why(error)
    return ""


def _image_goes(client: DockerClient, image: str) -> str:
    try:
        if client.api.inspect_image(image).get("RepoTags"):  # type: ignore[no-untyped-call]
            return "has a name again"
        client.api.remove_image(image)
    except NotFound:
        return ""
    except APIError as error:
        return _why(error)
    return ""


def _volume_goes(client: DockerClient, volume: Held) -> str:
    try:
        if _identity(client.api.inspect_volume(volume.name)) != volume.id:
            return "was made anew meanwhile"
        client.api.remove_volume(volume.name)
    except NotFound:
        return ""
    except APIError as error:
        return _why(error)
    return ""


def _why(error: APIError) -> str:
    if error.status_code is not None and error.status_code >= 500:
        raise HostError(f"The Docker Engine failed: {error.explanation}.") from error
    return f"is left: {error.explanation}"


def _containers(
    client: DockerClient, filters: Mapping[str, str], *, size: bool = False
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.api.containers(all=True, size=size, filters=dict(filters))
    return sorted(found, key=lambda each: str(each["Names"]))


def _container(seen: Mapping[str, Any]) -> Held:
    name = seen["Names"][0].lstrip("/") if seen["Names"] else seen["Id"][:12]
    one_off = seen["Labels"].get(_ONE_OFF) == "True"
    why = f"{'one-off, ' if one_off else ''}{seen['Status'].lower()}"
    return Held(id=seen["Id"], name=name, bytes=seen.get("SizeRw"), why=why)


def _left_over(seen: Mapping[str, Any], services: frozenset[str]) -> bool:
    labels = seen["Labels"]
    return labels.get(_ONE_OFF) == "True" or labels.get(_SERVICE) not in services


def _volumes(client: DockerClient, compose: Compose, *, unused: bool) -> tuple[Held, ...]:
    filters: dict[str, Any] = {"label": f"{_PROJECT}={compose.project}"}
    if unused:
        filters["dangling"] = True
    found = client.api.volumes(filters=filters)["Volumes"] or []
    sizes = _sizes(client) if found else {}
    return tuple(
        Held(id=_identity(each), name=each["Name"], bytes=sizes.get(each["Name"]))
        for each in sorted(found, key=lambda each: str(each["Name"]))
    )


def _identity(volume: Mapping[str, Any]) -> str:
    return f"{volume['Name']} {volume.get('CreatedAt', '')}".strip()


def _sizes(client: DockerClient) -> dict[str, int]:
    listed = client.api.df().get("Volumes") or []
    sizes = {each["Name"]: (each.get("UsageData") or {}).get("Size", -1) for each in listed}
    return {name: size for name, size in sizes.items() if size >= 0}
