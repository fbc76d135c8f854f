"""What is known of a Redis server, of its data folder and of its backups."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import NonNegativeInt

from playbooks.model.base import Model
from playbooks.sizes import counted

# Where a restore works, inside the data folder: what cannot be renamed is the folder itself.
OWN_PREFIX = ".interlock-"
RESTORED: Literal["restored"] = "restored"
ORIGINAL: Literal["original"] = "original"
# While this file is in the holder, what lies beside was never live.
NEVER_LIVE = "never-live"
ABOUT = "about.json"
DUMP_MEDIA = "application/x-redis-dump"


class Keys(Model):
    """How many keys a database has, and how many of them end by themselves."""

    keys: NonNegativeInt
    expires: NonNegativeInt = 0


# By the number of the database; one without keys is not in it.
Keyspace = Mapping[str, Keys]


class Module(Model):
    """A module that a server was started with. `path` is in its container."""

    path: str
    args: tuple[str, ...] = ()


class Layout(Model):
    """Where a server keeps its data, and how. `append_folder` is empty before Redis 7."""

    version: str
    folder: str
    dump: str = "dump.rdb"
    aof: bool = False
    append_folder: str = ""
    append_file: str = "appendonly.aof"
    databases: int = 16
    modules: tuple[Module, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything in the folder that holds data."""
        return tuple(name for name in (self.dump, self.append_folder, self.append_file) if name)

    @property
    def major(self) -> int:
        digits = self.version.split(".")[0]
        return int(digits) if digits.isdigit() else 0

    def holder(self, run: str) -> str:
        """The folder in the data folder where this run works."""
        return f"{self.folder.rstrip('/')}/{OWN_PREFIX}{run}"


class RedisFact(Model):
    """The answer of `redis.state`. Of a server that does not run only its container is known.

    `mounts` are the folders of the container that outlive it. `used_bytes` is the memory that the
    data take, `free_bytes` the room in the data folder, `memory_bytes` what the host can spare.
    """

    running: bool
    container: str
    container_name: str
    image: str
    mounts: tuple[str, ...] = ()
    layout: Layout | None = None
    keys: dict[str, Keys] = {}
    used_bytes: int = 0
    free_bytes: int | None = None
    device: str = ""
    memory_bytes: int | None = None


class DumpFacts(Model):
    """What a backup says of its server.

    `keys` were counted when the snapshot began, `keys_read` and `expires_read` are what
    redis-check-rdb found in it. `exact` says that they agree: nobody wrote in between.
    """

    layout: Layout
    keys: dict[str, Keys]
    keys_read: int
    expires_read: int
    exact: bool
    used_bytes: int
    image: str = ""


class About(Model):
    """What a restore notes beside its copy: the server's keys when it began, if it ran."""

    run: str
    at: datetime
    keys: dict[str, Keys] | None = None


class KeptFact(Model):
    """The answer of `redis.kept`: what run `run` left beside the live data.

    `part` names the folder in its holder; `aof` says that it can be read by a server with an
    append-only file, `snapshot` by one without.
    """

    run: str
    part: Literal["original", "restored"]
    role: Literal["kept", "beside"]
    path: str
    since: datetime
    aof: bool
    snapshot: bool
    keys: dict[str, Keys] | None = None


def total(keys: Keyspace) -> int:
    return sum(each.keys for each in keys.values())


def counts(keys: Keyspace) -> str:
    """`12 keys in db0, 3 keys in db2`, or `no keys`."""
    said = ", ".join(f"{counted(keys[db].keys, 'key')} in db{db}" for db in in_order(keys))
    return said or "no keys"


def in_order(*keyspaces: Keyspace) -> Sequence[str]:
    """The numbers of all databases that any of them has."""
    return sorted({db for keys in keyspaces for db in keys}, key=int)
