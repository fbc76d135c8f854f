"""Services as they are run: by processes of this host, or by containers of a compose project."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from playbooks.hosts.composed import ComposedService
from playbooks.hosts.docker import Container
from playbooks.hosts.logs import Tail, tail
from playbooks.hosts.processes import LocalService
from playbooks.model.base import JsonObject
from playbooks.model.stack import Process, Stack
from playbooks.model.stack_file import holds_secret
from playbooks.ports import Secrets


@dataclass(frozen=True)
class Seen:
    """Whether a service runs, since when, as which process or in which containers."""

    up: bool
    since: datetime | None = None
    pid: int | None = None
    containers: tuple[Container, ...] = ()


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
        """Stops it if it runs; it has `seconds` to end by itself, else its own time."""
        ...

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        """The end of what it wrote."""
        ...


def runner_of(stack: Stack, name: str) -> Runner | None:
    """How the service is run, None when it is only watched. Raises UnknownName."""
    service = stack.service(name)
    if service.process is not None:
        return _ProcessRunner(LocalService(name, service.process))
    container = stack.container_of(name)
    if stack.compose is None or container is None:
        return None
    return _ComposeRunner(ComposedService(stack.compose, container))


def variables(process: Process, secrets: Secrets) -> Mapping[str, str]:
    """The environment that a process is started with, its secrets resolved."""
    return {
        name: secrets.resolve(value).reveal() if holds_secret(name) else value
        for name, value in process.environment.items()
    }


@dataclass(frozen=True)
class _ProcessRunner:
    service: LocalService

    def seen(self) -> Seen:
        running = self.service.running()
        if running is None:
            return Seen(up=False)
        return Seen(up=True, since=running.since, pid=running.identity.pid)

    def start(self, secrets: Secrets) -> JsonObject:
        running = self.service.start(variables(self.service.process, secrets))
        return {"pid": running.identity.pid}

    def create(self) -> JsonObject:
        return {}

    def stop(self, seconds: float | None) -> None:
        self.service.stop(_USUAL_SECONDS if seconds is None else seconds, watch=_NOTHING)

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        return tail(self.service.log_file, lines, since, grep)


@dataclass(frozen=True)
class _ComposeRunner:
    service: ComposedService

    def seen(self) -> Seen:
        containers = self.service.containers()
        up = bool(containers) and all(container.up for container in containers)
        moments = [container.since for container in containers if container.since]
        return Seen(up=up, since=max(moments, default=None), containers=containers)

    def start(self, secrets: Secrets) -> JsonObject:  # noqa: ARG002  # compose has its env file
        return {"containers": [container.id for container in self.service.start()]}

    def create(self) -> JsonObject:
        return {"containers": [container.id for container in self.service.create()]}

    def stop(self, seconds: float | None) -> None:
        self.service.stop(seconds)

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        return self.service.logs(lines, since, grep)


_USUAL_SECONDS = 10.0


def _nothing() -> None:
    return None


_NOTHING: Callable[[], None] = _nothing
