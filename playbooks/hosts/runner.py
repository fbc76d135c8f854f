"""How a service is run, whatever runs it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from playbooks.hosts.containers.container import Container
from playbooks.hosts.logs.tail import Tail
from playbooks.hosts.systemd import UnitSeen
from playbooks.model.base import JsonObject
from playbooks.model.usage import Usage
from playbooks.ports import Secrets


@dataclass(frozen=True)
class Seen:
    """Whether a service runs, since when, as which process, in which containers, as which unit."""

    up: bool
    since: datetime | None = None
    pid: int | None = None
    containers: tuple[Container, ...] = ()
    unit: UnitSeen | None = None


class Runner(Protocol):
    """One service, however it is run. What fails comes as HostError."""

    def seen(self) -> Seen: ...

    def start(self, secrets: Secrets) -> JsonObject:
        """Starts it unless it runs; what runs now."""
        ...

    def create(self) -> JsonObject:
        """Makes what it runs in where that is not there, without starting it."""
        ...

    def stop(self, seconds: float | None) -> None:
        """Stops it if it runs; it has `seconds` to end by itself (0: it is killed), else its own
        time."""
        ...

    def usage(self) -> tuple[Usage, ...]:
        """What it uses now, one part a container, or one for all its processes. Takes a moment."""
        ...

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        """The end of what it wrote."""
        ...
