"""A service of a stack: how it runs, what it needs and how its health is asked."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from playbooks.model.base import Model, Name
from playbooks.model.health import Health
from playbooks.model.hosts import Host
from playbooks.model.size import Size
from playbooks.model.systemd import SystemdUnit
from playbooks.model.telemetry import LogFile

Port = Annotated[int, Field(ge=1, le=65535)]


class Process(Model):
    """How a service runs as a local process of its own session.

    `argv` is started in `directory` with `environment` added. `state` is a folder that holds the
    pid file and the log `SERVICE.log`.
    """

    argv: tuple[str, ...] = Field(min_length=1)
    directory: Path
    state: Path
    environment: dict[str, str] = {}


class Service(Model):
    """One service. Without `process` or `systemd` it is not ours to start and stop, only to watch.

    In a stack with `compose` it is the compose service `container`, which may be left out where
    the names are the same. `host` is where it runs, when that is not where the stack does: a name
    of `hosts`, or an address as the stack's own `host` has it. `ports` are open to others,
    `internal` only to the stack's own services and its host. `logs` are what it writes besides its
    output.
    """

    process: Process | None = None
    systemd: SystemdUnit | None = None
    container: str | None = None
    host: Host | None = None
    ports: tuple[Port, ...] = ()
    internal: tuple[Port, ...] = ()
    needs: tuple[Name, ...] = ()
    health: Health | None = None
    start_seconds: float = 30.0
    logs: tuple[LogFile, ...] = ()
    size: Size | None = None

    @property
    def managed(self) -> bool:
        return self.process is not None or self.systemd is not None
