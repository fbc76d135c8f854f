"""What takes space on a host, and how much is left."""

from playbooks.model.base import Model


class Mount(Model):
    """A file system and one place where it is mounted."""

    device: str
    path: str
    kind: str


class Mounts(Model):
    """Those that hold data: of each device the place with the shortest path."""

    mounts: tuple[Mount, ...]


class FileSystem(Model):
    """How full a file system is. `free` is what ordinary processes may still write."""

    device: str
    path: str
    total: int
    used: int
    free: int

    @property
    def free_percent(self) -> float:
        """As `df` counts: of what ordinary processes may use at all."""
        usable = self.used + self.free
        return 100 * self.free / usable if usable else 0.0


class FileSystems(Model):
    """All of a host that hold data."""

    systems: tuple[FileSystem, ...]


class Folder(Model):
    """The space that a folder takes; `whole` is false where parts of it may not be looked at."""

    bytes: int
    whole: bool


class Taken(Model):
    """One thing that takes space: its name, what it is for, and its size where that is known."""

    name: str
    of: str = ""
    bytes: int | None = None


class EngineDisk(Model):
    """What a compose project takes on its engine's disk, which is at `root`. `folders` are bound
    from the host. `written` is what containers wrote into themselves. Sizes are None where the
    engine did not count them in time, as `why` says."""

    root: str
    volumes: tuple[Taken, ...] = ()
    images: tuple[Taken, ...] = ()
    folders: tuple[Taken, ...] = ()
    written: int | None = None
    why: str = ""
