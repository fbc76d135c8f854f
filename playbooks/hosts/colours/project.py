"""One of the two projects: made, looked at, drained and removed."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playbooks.errors import BadArgument, HostError
from playbooks.hosts import compose as plugin
from playbooks.hosts.adjusting import hand_on
from playbooks.hosts.colours.live import compose_in, compose_now, version_file
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.docker import containers_of
from playbooks.model.bluegreen import BlueGreen
from playbooks.model.compose import Compose
from playbooks.model.stack import Stack

_READ_SECONDS = 20.0
_TICK = 0.25
_QUIET_SECONDS = 2.5
_ESTABLISHED = "01"
_LOOPBACK = frozenset({"0100007F", "00000000000000000000000001000000"})


@dataclass(frozen=True)
class Colour:
    """The project called `name`."""

    stack: Stack
    rules: BlueGreen
    name: str

    @property
    def compose(self) -> Compose:
        """Raises BadArgument where the stack has no compose project."""
        own = self.stack.compose
        if own is None:
            raise BadArgument(f"{self.stack.name} has no `compose`, so there is nothing to double.")
        return compose_in(own, self.rules, self.name)

    @property
    def version_file(self) -> Path:
        """Where it is kept which version the project has."""
        return version_file(self.rules, self.name)

    @property
    def version(self) -> str:
        """The version it was brought up with, nothing where that was by another hand."""
        try:
            line = self.version_file.read_text().strip()
        except FileNotFoundError:
            return ""
        return line.removeprefix(f"{self.rules.variable}=")

    @property
    def services(self) -> tuple[str, ...]:
        """As the compose files call them."""
        return tuple(self._composed(name) for name in self.rules.services)

    def containers(self, service: str) -> tuple[Container, ...]:
        """Those of a service of the stack, stopped ones too. Raises HostError."""
        return containers_of(self.name, self._composed(service), self.compose.host)

    def fixed(self) -> tuple[str, ...]:
        """What keeps the project from being beside the other one, in sentences without a full stop.
        Raises HostError."""
        argv = (*plugin.base_argv(self.compose), "config", "--format", "json")
        described = json.loads(plugin.run(argv, _READ_SECONDS)).get("services") or {}
        return tuple(why for name in self.services for why in _fixed(name, described.get(name)))

    def up(self, version: str) -> tuple[Container, ...]:
        """Its services run with that version afterwards, and with what was changed for good where
        the traffic is. Raises HostError."""
        self._note(version)
        serves = compose_now(self.stack, self.rules.entry)
        if serves is not None and serves.project != self.name:
            hand_on(serves, self.compose, self.services)
        plugin.run(
            (
                *plugin.base_argv(self.compose),
                *("up", "--detach", "--no-deps", "--no-build", "--pull", "missing"),
                *self.services,
            ),
            on=self.compose.host,
        )
        return tuple(each for name in self.rules.services for each in self.containers(name))

    def remove(self) -> None:
        """Only its own services are gone afterwards; what they share with the other project stays.
        Raises HostError."""
        plugin.run(
            (*plugin.base_argv(self.compose), "rm", "--stop", "--force", *self.services),
            on=self.compose.host,
        )
        self.version_file.unlink(missing_ok=True)

    def servers(self) -> tuple[str, ...]:
        """`HOST:PORT` of every container of the entry. Raises HostError where none runs."""
        running = [each for each in self.containers(self.rules.entry) if each.up]
        if not running:
            raise HostError(f"No container of {self.rules.entry} runs in {self.name}.")
        if self.rules.reached == "name":
            return tuple(f"{each.name}:{self.rules.port}" for each in running)
        return tuple(self._published(each) for each in running)

    def drain(self, seconds: float, look_around: Callable[[float], None]) -> int | None:
        """Waits until nobody is connected to the entry any more, or the time is over; how many are
        left then. None where it cannot be seen: then all of the time was waited. `look_around` gets
        the seconds gone by."""
        began, quiet_since = time.monotonic(), None
        left: int | None = None
        while (gone := time.monotonic() - began) < seconds:
            look_around(gone)
            left = self._connected()
            quiet_since = (quiet_since or time.monotonic()) if left == 0 else None
            if quiet_since and time.monotonic() - quiet_since >= _QUIET_SECONDS:
                return 0
            time.sleep(_TICK)
        return left

    def _connected(self) -> int | None:
        """Connections from outside to the entry's port; None where the container does not tell."""
        try:
            tables = [
                output_in(each.id, ("cat", "/proc/net/tcp", "/proc/net/tcp6"), {})
                for each in self.containers(self.rules.entry)
                if each.up
            ]
        except HostError:
            return None
        return sum(connected(table.decode(), self.rules.port) for table in tables)

    def _note(self, version: str) -> None:
        """Whole or not at all."""
        fresh = self.version_file.with_suffix(".new")
        try:
            fresh.write_text(f"{self.rules.variable}={version}\n")
            fresh.replace(self.version_file)
        except OSError as error:
            raise HostError(
                f"{self.version_file} cannot be written: {error.strerror}.",
                "Interlock needs to write beside the compose files of the stack.",
            ) from error

    def _published(self, container: Container) -> str:
        """As the container's own host has it, where the proxy is, too."""
        if self.rules.port not in container.published:
            raise HostError(
                f"{container.name} publishes no port {self.rules.port}.",
                "Publish it in the files of `deploy.bluegreen`, or let `reached` be name.",
            )
        host, port = container.published[self.rules.port]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _composed(self, service: str) -> str:
        return self.stack.container_of(service) or service


def connected(table: str, port: int) -> int:
    """How many connections to the port a table of /proc/net/tcp has that do not come from the
    container itself."""
    return sum(_counts(line.split(), f"{port:04X}") for line in table.splitlines())


def _counts(words: Sequence[str], port: str) -> bool:
    if len(words) < 4 or words[3] != _ESTABLISHED:
        return False
    return words[1].endswith(f":{port}") and words[2].partition(":")[0] not in _LOOPBACK


def _fixed(name: str, described: object) -> Iterator[str]:
    if not isinstance(described, dict):
        yield f"its files have no service {name!r}"
        return
    if described.get("container_name"):
        yield f"{name} has the fixed container_name {described['container_name']}"
    for port in described.get("ports") or ():
        published = str(port.get("published") or "0")
        if "-" not in published and published != "0":
            yield f"{name} publishes the fixed port {published}"
