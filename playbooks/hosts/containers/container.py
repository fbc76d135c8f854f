"""A container, as it was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from playbooks.model.hosts import LOCAL, Host

UP = frozenset({"running", "restarting", "paused"})


class ContainerId(str):
    """The id of a container, which remembers the host whose engine gave it: who works in the
    container asks that engine. As plain text it is known to this host's engine alone, or to none:
    no two engines give the same id."""

    __slots__ = ("host",)
    host: Host

    def __new__(cls, text: str, host: Host) -> Self:
        made = super().__new__(cls, text)
        made.host = host
        return made

    def __getnewargs__(self) -> tuple[str, Host]:  # type: ignore[override]  # copies keep the host
        return str(self), self.host


def host_of(container: str) -> Host:
    """The host whose engine has the container with this id."""
    return container.host if isinstance(container, ContainerId) else LOCAL


@dataclass(frozen=True)
class Container:
    """A container as the engine describes it.

    `image` is the digest of what it was made from. `health` is what its own check says: healthy,
    unhealthy, starting, or nothing where it has none. `published` are addresses of its host by
    port of the container; `addresses` its own in its networks; `mounts` folders of its host by
    folder of the container. `tag` is what the image is called, `said` what its own check said last.
    """

    id: ContainerId
    name: str
    image: str
    status: str
    health: str
    restarts: int
    exit_code: int | None
    since: datetime | None
    pid: int | None
    published: Mapping[int, tuple[str, int]]
    addresses: tuple[str, ...]
    mounts: Mapping[str, str]
    tag: str = ""
    said: str = ""
    out_of_memory: bool = False

    @property
    def up(self) -> bool:
        return self.status in UP
