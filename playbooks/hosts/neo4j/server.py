"""A Neo4j server's container, and helpers with its mounts and its image."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from playbooks.datastores.neo4j_model import neo4j_store
from playbooks.errors import DatastoreError, HostError
from playbooks.folders.places import OWN_PREFIX
from playbooks.hosts.composed import ComposedService
from playbooks.hosts.containers.container import Container, host_of
from playbooks.hosts.containers.helper import HelperOrder, output_of
from playbooks.hosts.docker import engine
from playbooks.hosts.neo4j.cypher import version_at
from playbooks.hosts.neo4j.scripts import RESTORED
from playbooks.hosts.neo4j.tools import VERSION, data_setting, version_in
from playbooks.model.hosts import LOCAL, Host
from playbooks.model.neo4j import Neo4jStore
from playbooks.model.stack import Stack

# What the entrypoint says must not get into a dump: only descriptor 3 leads to the helper's stdout.
_APART = 'exec 3>&1 1>&2; exec "$@"'
_MEMORY = 2 << 30
_FACTS = "facts"
_WORK = "work"
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Server:
    """The one container of a datastore's service, running or not, and what to do with it."""

    stack: str
    name: str
    store: Neo4jStore
    container: Container

    def as_root(
        self,
        run: str,
        script: str,
        words: Sequence[str],
        *,
        purpose: str = _WORK,
        read_only: bool = False,
    ) -> HelperOrder:
        """A helper with a shell and the same mounts; its `$1` is the data folder.

        All that a run does to the server has one purpose: so each helper first ends the one that a
        killed bot left at work on the same databases.
        """
        return HelperOrder(
            container=self.container.id,
            run=run,
            purpose=self._purpose(purpose),
            entrypoint=("sh", "-c", script, "sh", self.store.folder),
            argv=tuple(words),
            user="0:0",
            read_only=read_only,
        )

    def as_itself(
        self, run: str, argv: Sequence[str], settings: Mapping[str, str] = _NONE
    ) -> HelperOrder:
        """A helper in which the image's own entrypoint runs a tool as the server's own user.

        What the tool writes to descriptor 3 is the helper's output.
        """
        on = host_of(self.container.id)
        return HelperOrder(
            container=self.container.id,
            run=run,
            purpose=self._purpose(_WORK),
            entrypoint=("sh", "-c", _APART, "sh", *entrypoint_of(self.container.image, on)),
            argv=tuple(argv),
            # A plugin would be fetched from somewhere before any tool begins.
            environment={"NEO4J_PLUGINS": "", **settings},
            memory_bytes=_MEMORY,
        )

    def settings_for(self, version: str, folder: str) -> dict[str, str]:
        """What makes the image's tools work on the databases in `folder`."""
        return data_setting(version, folder)

    def side(self, run: str) -> str:
        """The data folder that the run `run` fills beside the live one."""
        return f"{self.store.folder}/{OWN_PREFIX}{run}/{RESTORED}"

    def version(self) -> str:
        """That of the image: `5.26.0`. Raises HostError, DatastoreError.

        A server that runs is asked, which is quicker than to start a tool.
        """
        said = version_at(self.store, self.container) if self.container.up else ""
        return version_in(said) if said else _version(self.container.image, self.container.id)

    def _purpose(self, purpose: str) -> str:
        return f"{purpose}-{self.stack}-{self.name}"


def server_of(stack: Stack, name: str) -> Server:
    """Raises UnknownName, BadArgument, and HostError when it has no container with its volume."""
    store = neo4j_store(stack, name)
    service, compose = stack.container_of(store.service), stack.compose_of(store.service)
    if compose is None or service is None:
        raise HostError(
            f"{stack.name}/{store.service} runs in no container.",
            "Give the stack file `compose`, and the service no `process`.",
        )
    found = ComposedService(compose, service).containers()
    if not found:
        raise HostError(
            f"{stack.name}/{store.service} has no container, so its {store.folder} is not there.",
            f"Start {store.service} once.",
        )
    if store.folder not in found[0].mounts:
        mounts = ", ".join(sorted(found[0].mounts)) or "nothing"
        raise HostError(
            f"Nothing is mounted at {store.folder} of {found[0].name}; what is: {mounts}.",
            "Name the mount point of its data as `folder` of the datastore.",
        )
    return Server(stack.name, name, store, found[0])


def stopped_server(stack: Stack, name: str) -> Server:
    """The same. Raises DatastoreError while it runs."""
    server = server_of(stack, name)
    if server.container.up:
        raise DatastoreError(f"{server.container.name} runs, and has to be down for this.")
    return server


@lru_cache(maxsize=32)
def entrypoint_of(image: str, on: Host = LOCAL) -> tuple[str, ...]:
    """The entrypoint of an image, by digest. Raises HostError."""
    with engine(on=on) as client:
        seen = client.images.get(image).attrs["Config"]
    return tuple(seen["Entrypoint"] or ())


@lru_cache(maxsize=32)
def _version(image: str, container: str) -> str:
    """One image has one version, so it is asked once. Its entrypoint is left out: it might change
    the owner of what is mounted."""
    order = HelperOrder(
        container=container,
        run=_FACTS,
        purpose=f"version-{uuid.uuid4().hex[:8]}",
        entrypoint=VERSION[:1],
        argv=VERSION[1:],
        image=image,
        read_only=True,
    )
    return version_in(output_of(order).decode(errors="replace"))
