"""Services as containers of a compose project run them."""

from dataclasses import dataclass
from datetime import datetime

from playbooks.hosts.composed import ComposedService
from playbooks.hosts.containers.usage import of_container
from playbooks.hosts.logs.tail import Tail
from playbooks.hosts.runner import Seen
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.model.usage import Usage
from playbooks.ports import Secrets


@dataclass(frozen=True)
class ComposeRunner:
    """A `Runner` of a compose service."""

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

    def usage(self) -> tuple[Usage, ...]:
        return tuple(of_container(each.id) for each in self.service.containers() if each.up)


def compose_runner(compose: Compose, container: str) -> ComposeRunner:
    """How the compose service `container` is run."""
    return ComposeRunner(ComposedService(compose, container))
