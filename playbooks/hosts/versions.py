"""The versions of a compose project: its images, and containers made anew from others."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import ImageNotFound

from playbooks.errors import HostError
from playbooks.hosts import compose as plugin
from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.containers.container import Container
from playbooks.hosts.docker import containers_of, engine
from playbooks.hosts.env_file import read_variable, write_variable
from playbooks.model.compose import Compose
from playbooks.model.deploy import VersionVariable
from playbooks.model.stack import Stack

_UP_SECONDS = 600.0
_KEPT_RELEASES = 5
_MISSING = re.compile(r"manifest unknown|not found: manifest|name unknown|pull access denied", re.I)
_AWAY = re.compile(
    r"connection refused|no such host|no route to host|timeout|deadline exceeded|i/o|"
    r"canceled while waiting|server misbehaving|\bEOF\b",
    re.I,
)
_REGISTRY_SAYS = (
    (_MISSING, "Push it to its registry, or name a version that is there."),
    (_AWAY, "Its registry does not answer: ask again when it does."),
)


@dataclass(frozen=True)
class Composed:
    """A service of the stack as its compose project knows it."""

    service: str
    compose: Compose
    name: str

    def containers(self) -> tuple[Container, ...]:
        """Raises HostError."""
        return containers_of(self.compose.project, self.name, self.compose.host)

    @property
    def reference(self) -> str:
        """What its files say that it is made from; what they build without a name has compose's
        own name. Raises HostError."""
        named = plugin.images_of(self.compose).get(self.name, "")
        return named or f"{self.compose.project}-{self.name}"


def composed(stack: Stack, service: str) -> Composed:
    """In the project that has the traffic, where there are two. Raises HostError for a service that
    no container runs, UnknownName."""
    compose, name = compose_now(stack, service), stack.container_of(service)
    if compose is None or name is None:
        raise HostError(
            f"{service} runs in no container, so no other image can be rolled out.",
            "Use `restart` for it in `deploy.ways`.",
        )
    return Composed(service, compose, name)


def env_file_of(stack: Stack, variable: VersionVariable) -> Path:
    """The file in which the version stands. Raises HostError."""
    files = stack.compose.env_files if stack.compose else ()
    if variable.file is not None:
        return variable.file
    if not files:
        raise HostError(
            f"{stack.name} has no env file for {variable.name}.",
            "Name one as `compose.env_files` or `deploy.variable.file` in the stack file.",
        )
    return files[-1]


def version_now(stack: Stack) -> str | None:
    """What the version variable holds. Raises HostError."""
    variable = stack.deploy.variable if stack.deploy else None
    return read_variable(env_file_of(stack, variable), variable.name) if variable else None


def set_version(stack: Stack, value: str | None) -> None:
    """`value` is what the variable holds afterwards; with None it is gone. Raises HostError."""
    variable = stack.deploy.variable if stack.deploy else None
    if variable is None:
        raise HostError(f"{stack.name} names no `deploy.variable`.")
    write_variable(env_file_of(stack, variable), variable.name, value)


def up_argv(compose: Compose, names: Sequence[str]) -> tuple[str, ...]:
    """Makes anew what is not as its files and images say, and starts it."""
    return (
        *plugin.base_argv(compose),
        *("up", "--detach", "--no-deps", "--no-build", "--pull", "never", "--"),
        *names,
    )


def pull_argv(compose: Compose, names: Sequence[str]) -> tuple[str, ...]:
    """Of all of them, those that are built here are left out; one that is named is not."""
    left_out = () if names else ("--ignore-buildable",)
    return (*plugin.base_argv(compose), "pull", "--quiet", *left_out, "--", *names)


def build_argv(compose: Compose, names: Sequence[str]) -> tuple[str, ...]:
    return (*plugin.base_argv(compose), "build", "--", *names)


def push_argv(compose: Compose, names: Sequence[str]) -> tuple[str, ...]:
    """Only what has a `build` in the compose files is pushed."""
    return (*plugin.base_argv(compose), "push", "--quiet", "--", *names)


def registry_hint(said: str) -> str:
    """What to do about what compose said of a registry; empty where it is about something else."""
    return next((hint for pattern, hint in _REGISTRY_SAYS if pattern.search(said)), "")


def run_argv(compose: Compose, name: str, container: str, argv: Sequence[str]) -> tuple[str, ...]:
    """A container of its own, which is gone afterwards; without input and without a terminal."""
    options = ("run", "--rm", "--no-deps", "-T", "--name", container)
    return (*plugin.base_argv(compose), *options, name, *argv)


def up(services: Sequence[Composed]) -> None:
    """All of them, at the same time. Raises HostError, with compose's own words."""
    if services:
        compose = services[0].compose
        with plugin.alone(compose):
            names = [each.name for each in services]
            plugin.run(up_argv(compose, names), _UP_SECONDS, on=compose.host)


def image_id(compose: Compose, reference: str) -> str | None:
    """The image of this name on the project's host, None where it has none. Raises HostError."""
    with engine(on=compose.host) as client:
        try:
            return str(client.api.inspect_image(reference)["Id"])  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return None


def name_image(compose: Compose, image: str, reference: str) -> None:
    """The image is called `reference` from now on. Raises HostError when it is not there."""
    repository, _, tag = reference.rpartition(":")
    if not repository or "/" in tag:
        repository, tag = reference, "latest"
    with engine(on=compose.host) as client:
        try:
            client.api.tag(image, repository, tag)
        except ImageNotFound as error:
            raise HostError(
                f"The image {image[:19]} of {reference} is not on the host any more.",
                "Pull it by its digest, or deploy a version that a registry has.",
            ) from error


def keep(services: Mapping[str, str], stack: Stack, release: str) -> None:
    """Gives the images, by service, names of our own, so that nothing that cleans up removes them;
    only those of the last releases. Raises HostError."""
    for service, image in services.items():
        known = composed(stack, service)
        repository = f"interlock-kept/{known.compose.project}/{known.name}"
        name_image(known.compose, image, f"{repository}:{release}")
        with engine(on=known.compose.host) as client:
            for old in _outdated(client.api.images(name=repository), repository):
                client.api.remove_image(old)


def remove_container(compose: Compose, name: str) -> None:
    """Removes it where it is still there. Raises HostError."""
    with engine(on=compose.host) as client:
        for found in client.api.containers(all=True, filters={"name": f"^/{name}$"}):
            client.api.remove_container(found["Id"], force=True)


def is_there(compose: Compose, name: str) -> bool:
    with engine(on=compose.host) as client:
        return bool(client.api.containers(all=True, filters={"name": f"^/{name}$"}))


def _outdated(images: Iterable[Mapping[str, Any]], repository: str) -> list[str]:
    names = [
        str(name)
        for image in images
        for name in (image.get("RepoTags") or ())
        if str(name).startswith(f"{repository}:")
    ]
    return sorted(names)[:-_KEPT_RELEASES]
