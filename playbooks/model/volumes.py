"""The kinds of datastores that are a mount of a service's container."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from playbooks.model.base import Model, Name
from playbooks.model.secret import SecretRef

_MOUNT_POINT = re.compile(r"(/[^/\x00]+)+")


def _mount_point(value: str) -> str:
    if not _MOUNT_POINT.fullmatch(value):
        raise ValueError("write where it is mounted in the container, like /data")
    return value


MountPoint = Annotated[str, AfterValidator(_mount_point)]


class MountedStore(Model):
    """What is mounted at `path` in the container of `service`: a docker volume or a folder of the
    host.

    `stops` are services that write there: they are down while it is copied. `tools` is an image of
    this host that has a shell, mv, find and stat, where the service's own image has none.
    """

    kind: str
    service: Name
    path: MountPoint
    stops: tuple[Name, ...] = ()
    tools: str = ""

    @property
    def writers(self) -> tuple[str, ...]:
        """The services that are down while it is copied."""
        return tuple(dict.fromkeys(self.stops))


class VolumeStore(MountedStore):
    """Any docker volume or folder that is mounted into a container of `service` at `path`.

    `stops` are the services that write there, its own too where it writes: they are down while it
    is copied. Without `stops` it is copied in use: crash-consistent, as after a power cut. For a
    restore `service` and `stops` are down in any case. `tools` is an image of this host that has a
    shell, mv, find and stat, where the service's own image has none.
    """

    kind: Literal["volume"]


class OfflineStore(MountedStore):
    """A mount whose own service writes there and is down for every copy."""

    @property
    def writers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.service, *self.stops)))


class AzuriteStore(OfflineStore):
    """The storage of Azurite: its JSON indexes and its blobs, copied together while it is down.

    `path` is where its volume is mounted; the folder of `-l` (`--location`) has to lie there.
    `stops` are further services to stop.
    """

    kind: Literal["azurite"]
    path: MountPoint = "/data"


class TerminusStore(OfflineStore):
    """The storage of TerminusDB, copied while it is down.

    Its bundles do not restore into another store, and it has no dump of a database: the archive of
    its storage is what can be restored. `path` is where its volume is mounted. `stops` are further
    services to stop. Its databases are asked, made and deleted at `port` of the container, as
    `user` with `password`.
    """

    kind: Literal["terminusdb"]
    port: int = 6363
    user: str = "admin"
    password: SecretRef | None = None
    path: MountPoint = "/app/terminusdb/storage"
