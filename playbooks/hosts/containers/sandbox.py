"""Throwaway containers: no network, limited memory, known by a label, removed in every ending.

Each belongs to one run, whose id is the value of its label, so that whoever comes after a crash
finds and removes what is left.
"""

import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docker import DockerClient
from docker.errors import ImageNotFound, NotFound
from docker.types import LogConfig, Mount

from playbooks.errors import HostError
from playbooks.hosts.compose import images_of
from playbooks.hosts.containers.tool import ContainerTool, output_in
from playbooks.hosts.docker import containers_of, engine
from playbooks.hosts.engines import elsewhere
from playbooks.model.stack import Stack

LABEL = "interlock.drill"
_BLOCK, _CHUNK = 512, 1 << 20
_LONG = 24 * 3600.0
_TICK = 0.1
_MEMORY = 2 << 30
_SHARED_MEMORY = 256 << 20
# Half of what a container gets by default: what is live goes first.
_CPU_SHARES = 512
_MOST_PROCESSES = 1024
_LAST_LINES = 5


@dataclass(frozen=True)
class Recipe:
    """What a throwaway container is made from.

    `image` is a digest. `entrypoint` and `argv` replace the image's own when they are given;
    `binds` are folders of this host by folder of the container, `fresh` folders that are empty
    volumes of its own. `user` is empty for the image's.
    """

    image: str
    argv: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    binds: Mapping[str, Path] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()
    memory_bytes: int = _MEMORY


@dataclass(frozen=True)
class Sandbox:
    """One throwaway container. It is made, filled, started, used; its maker removes it."""

    id: str
    name: str

    def put(
        self,
        file: Path,
        folder: str,
        each: Callable[[], None],
        *,
        name: str = "",
        mode: int = 0o644,
    ) -> str:
        """Copies a file into a folder that is there, also before the start; its path inside.

        `each` is called for every chunk. A put that is cut leaves a part of the file: a failure
        is the end of this container.
        """
        shown = name or file.name
        self.put_archive(_archive(file, shown, mode, each), folder)
        return f"{folder.rstrip('/')}/{shown}"

    def put_archive(self, tar: Iterator[bytes], folder: str) -> None:
        """Unpacks a tar, plain, into a folder that is there, with its owners and modes."""
        with engine(_LONG) as client:
            client.api.put_archive(self.id, folder, tar)

    def start(self) -> None:
        with engine() as client:
            client.api.start(self.id)

    def tool(self, argv: Sequence[str], environment: Mapping[str, str]) -> ContainerTool:
        """A program inside it, running; leaving the context ends it."""
        return ContainerTool(self.id, argv, environment)

    def output(self, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> bytes:
        """All that a short program inside it writes to stdout. Raises HostError unless it ended
        with 0."""
        return output_in(self.id, argv, environment or {})

    def wait_until(
        self, ready: Callable[[], bool], seconds: float, each: Callable[[], None]
    ) -> None:
        """Waits, calling `each` meanwhile. Raises HostError with the end of its log when it ended
        or was not ready in time."""
        deadline = time.monotonic() + seconds
        while not ready():
            each()
            if not self.running:
                raise HostError(f"{self.name} ended. {self.last_words()}")
            if time.monotonic() > deadline:
                raise HostError(f"{self.name} was not ready in {seconds:g} s. {self.last_words()}")
            time.sleep(_TICK)

    @property
    def running(self) -> bool:
        with engine() as client:
            return bool(client.api.inspect_container(self.id)["State"]["Running"])

    def exit_code(self) -> int | None:
        """With what it ended; None while it runs."""
        with engine() as client:
            state = client.api.inspect_container(self.id)["State"]
        return None if state["Running"] else int(state["ExitCode"])

    def last_words(self) -> str:
        with engine() as client:
            said = client.api.logs(self.id, tail=_LAST_LINES).decode(errors="replace")
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return f"Its log ends: {' | '.join(lines)}" if lines else "Its log is empty."


@contextmanager
def sandbox(run: str, name: str, recipe: Recipe) -> Iterator[Sandbox]:
    """A container of the run, made and not started; gone with its volumes at the end.

    `name` is unique in the run, a datastore's name for instance; what an earlier attempt left
    under it is removed first. Raises HostError, also when the image is not on this host.
    """
    called = f"interlock-drill-{run}-{name}"
    with engine(_LONG) as client:
        _remove(client, called)
        made = _made(client, called, run, recipe)
    try:
        yield made
    finally:
        with engine(_LONG) as client:
            _remove(client, made.id)


def clear(run: str) -> int:
    """Removes every container, volume and network of the run; how many there were. Idempotent."""
    wanted = {"label": f"{LABEL}={run}"}
    with engine(_LONG) as client:
        containers = [each["Id"] for each in client.api.containers(all=True, filters=wanted)]
        for container in containers:
            _remove(client, container)
        volumes = client.volumes.list(filters=wanted)
        for volume in volumes:
            volume.remove(force=True)
        networks = client.networks.list(filters=wanted)
        for network in networks:
            network.remove()
    return len(containers) + len(volumes) + len(networks)


def image_of(stack: Stack, service: str) -> str:
    """The digest of the image that the service of a compose stack runs on, or would be made from.

    Raises UnknownName, HostError.
    """
    name = stack.container_of(service)
    if stack.compose is None or name is None:
        raise HostError(f"{stack.name}/{service} runs in no container.")
    if away := elsewhere(stack, service):
        raise HostError(
            f"{stack.name}/{service} runs on {away}, and rehearsals are made on this host.",
            "Rehearse its backups where its images are.",
        )
    for container in containers_of(stack.compose.project, name):
        return container.image
    described = images_of(stack.compose)
    if name not in described:
        raise HostError(f"The compose files of {stack.compose.project} have no service {name!r}.")
    with engine() as client:
        try:
            api: Any = client.api
            return str(api.inspect_image(described[name])["Id"])
        except ImageNotFound as error:
            raise _no_image(described[name]) from error


def engine_folder() -> Path:
    """Where the engine keeps what containers write, as a folder of its host. Raises HostError."""
    with engine() as client:
        return Path(client.api.info()["DockerRootDir"])


def throwaway_folder() -> Path:
    """Where this host keeps what drills throw away; not made here."""
    return Path(tempfile.gettempdir()) / f"interlock-drill-{os.getuid()}"


def _made(client: DockerClient, name: str, run: str, recipe: Recipe) -> Sandbox:
    api = client.api
    host = api.create_host_config(
        network_mode="none",
        mem_limit=recipe.memory_bytes,
        memswap_limit=recipe.memory_bytes,
        cpu_shares=_CPU_SHARES,
        pids_limit=_MOST_PROCESSES,
        init=True,
        shm_size=_SHARED_MEMORY,
        binds={str(path): {"bind": inside} for inside, path in recipe.binds.items()},
        mounts=[_empty(folder, run) for folder in recipe.fresh],
        log_config=LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
    )
    try:
        made = api.create_container(
            recipe.image,
            name=name,
            entrypoint=list(recipe.entrypoint) if recipe.entrypoint is not None else None,
            command=list(recipe.argv) or None,
            environment=dict(recipe.environment),
            user=recipe.user or None,
            labels={LABEL: run},
            # Without a network its own name would lead nowhere, and some servers look it up.
            hostname="localhost",
            host_config=host,
        )
    except ImageNotFound as error:
        raise _no_image(recipe.image) from error
    return Sandbox(made["Id"], name)


def _empty(folder: str, run: str) -> Mount:
    """A volume without a name, which goes with its container."""
    return Mount(target=folder, source=None, type="volume", no_copy=True, labels={LABEL: run})


def _no_image(image: str) -> HostError:
    return HostError(
        f"The image {image} is not on this host, so nothing can be rehearsed in it.",
        "Start the service once, or pull the image.",
    )


def _remove(client: DockerClient, container: str) -> None:
    try:
        client.api.remove_container(container, v=True, force=True)
    except NotFound:
        return


def _archive(file: Path, name: str, mode: int, each: Callable[[], None]) -> Iterator[bytes]:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = file.stat().st_size, mode
    yield entry.tobuf()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            each()
            yield chunk
    yield b"\0" * (-entry.size % _BLOCK) + b"\0" * (2 * _BLOCK)
