"""Services as they are run: by processes, by units of systemd, by containers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from playbooks.hosts.colours.live import compose_now
from playbooks.hosts.logs.tail import Tail, tail
from playbooks.hosts.machine.usage import of_session
from playbooks.hosts.processes import LocalService
from playbooks.hosts.runner import Runner, Seen
from playbooks.hosts.systemd_runner import systemd_runner
from playbooks.model.base import JsonObject
from playbooks.model.service import Process
from playbooks.model.stack import Stack
from playbooks.model.stack_file import holds_secret
from playbooks.model.usage import Usage
from playbooks.ports import Secrets


def runner_of(stack: Stack, name: str) -> Runner | None:
    """How the service is run, None when it is only watched. Raises UnknownName."""
    service = stack.service(name)
    if service.process is not None:
        return _ProcessRunner(LocalService(name, service.process))
    if service.systemd is not None:
        return systemd_runner(service.systemd, stack.host_of(name))
    container, compose = stack.container_of(name), compose_now(stack, name)
    if compose is None or container is None:
        return None
    # Its engine's client is large, and a stack without containers does without.
    found: Runner = import_module("playbooks.hosts.compose_runner").compose_runner(
        compose, container
    )
    return found


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

    def usage(self) -> tuple[Usage, ...]:
        running = self.service.running()
        return () if running is None else (of_session(self.service.name, running.identity.pid),)

    def logs(self, lines: int, since: datetime | None, grep: str) -> Tail:
        return tail(self.service.log_file, lines, since, grep)


_USUAL_SECONDS = 10.0


def _nothing() -> None:
    return None


_NOTHING: Callable[[], None] = _nothing
