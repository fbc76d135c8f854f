"""What registries have under the tags of a stack's images, as the Docker Engine asks them."""

from collections.abc import Mapping
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound
from docker.utils import parse_repository_tag

from playbooks.hosts.docker import containers_of, engine
from playbooks.model.compose import Compose
from playbooks.model.updates import ImageUpdate

_SECONDS = 12.0


def image_update(compose: Compose, service: str, name: str) -> ImageUpdate:
    """Of the containers of the compose service `name`, which people call `service`. Raises
    HostError where the engine cannot be asked; a registry that cannot is only unknown."""
    made = containers_of(compose.project, name, compose.host)
    if not made:
        return ImageUpdate(service=service, image="", why="it has no container")
    with engine(_SECONDS, compose.host) as client:
        image = str(client.api.inspect_container(made[0].id)["Config"]["Image"])
        running = _digests(client, made[0].image, parse_repository_tag(image)[0])
        found = ImageUpdate(service=service, image=image, running=running)
        if "@sha256:" in image:
            return found.model_copy(update={"why": "it is pinned to a digest"})
        return _asked(client, found)


def _asked(client: DockerClient, found: ImageUpdate) -> ImageUpdate:
    if not found.running:
        return found.model_copy(update={"why": "it was made on its host, not pulled"})
    try:
        seen: Mapping[str, Any] = client.api.inspect_distribution(found.image)  # type: ignore[no-untyped-call]
    except APIError as error:
        said = str(error.explanation or error).strip().rstrip(".")
        return found.model_copy(update={"why": f"its registry does not say: {said}"})
    return found.model_copy(update={"newest": str(seen["Descriptor"]["digest"])})


def _digests(client: DockerClient, image: str, repository: str) -> tuple[str, ...]:
    """Under which it was pulled from (or pushed to) that repository, and no other."""
    try:
        names = client.images.get(image).attrs.get("RepoDigests") or ()
    except NotFound:
        return ()
    parts = (str(name).rpartition("@") for name in names)
    return tuple(sorted({digest for place, _, digest in parts if place == repository}))
