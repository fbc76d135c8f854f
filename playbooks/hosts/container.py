"""A container, as it was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

UP = frozenset({"running", "restarting", "paused"})


@dataclass(frozen=True)
class Container:
    """A container as the engine describes it.

    `image` is the digest of what it was made from. `health` is what its own check says: healthy,
    unhealthy, starting, or nothing where it has none. `published` are addresses of this host by
    port of the container; `addresses` its own in its networks; `mounts` folders of the host by
    folder of the container.
    """

    id: str
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

    @property
    def up(self) -> bool:
        return self.status in UP
