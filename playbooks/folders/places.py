"""Where a folder's other copies are while it is restored, and how they are called.

Beside `/srv/uploads` the run k3f9q2 works in `/srv/.uploads.interlock-k3f9q2`. A mount point has
nothing beside it on its own disk: there it is `/srv/uploads/.interlock-k3f9q2/`.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from playbooks.errors import DatastoreError
from playbooks.folders.include import Include

OWN_PREFIX = ".interlock-"
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\(\d{3})")


@dataclass(frozen=True)
class Place:
    """A folder and the copy of it that one run made.

    `side` holds the restored data before the exchange and the replaced data afterwards.
    `mounted` says that the folder itself stays where it is and its content is exchanged: a mount
    point, or a folder of which only what `include` chooses is ours.
    """

    live: Path
    run: str
    mounted: bool
    include: Include = ()

    @property
    def holder(self) -> Path:
        """For a mount point: the folder in it that holds what is not live."""
        return self.live / f"{OWN_PREFIX}{self.run}"

    @property
    def side(self) -> Path:
        if self.mounted:
            return self.holder / "restored"
        return self.live.with_name(f".{self.live.name}{OWN_PREFIX}{self.run}")

    @property
    def aside(self) -> Path:
        """Where the live folder steps while the two are exchanged one after the other."""
        return self.side.with_name(self.side.name + ".aside")

    @property
    def marker(self) -> Path:
        """A file with the identity of the folder that this run filled: only that may be removed
        again, never what was live before."""
        return self.side.with_name(self.side.name + ".new")


def place_of(path: Path, run: str, include: Include = ()) -> Place:
    """Raises DatastoreError when the folder is a link to nowhere or the root of the machine."""
    try:
        live = path.resolve(strict=False)
    except (OSError, RuntimeError) as error:
        raise DatastoreError(f"The folder {path} leads nowhere: {error}") from error
    if live == live.parent:
        raise DatastoreError(f"{path} is the root of this machine.", "Name a folder below it.")
    inside = bool(include) or is_mount_point(live)
    return Place(live=live, run=run, mounted=inside, include=include)


def identity(path: Path) -> str | None:
    """Tells a folder from any other that ever bears its name; None when it is not there."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return f"{status.st_dev}:{status.st_ino}"


def is_mount_point(path: Path) -> bool:
    """True for a bind mount within one file system too, which `os.path.ismount` does not see."""
    return path.is_mount() or os.fspath(path) in _mount_points()


def _mount_points() -> frozenset[str]:
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return frozenset()
    return frozenset(
        _OCTAL.sub(lambda code: chr(int(code[1], 8)), line.split(" ")[4]) for line in lines
    )
