"""Free space."""

import os
from pathlib import Path

from playbooks.errors import FactUnavailable
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader


class PathArgs(Model):
    """A file or folder; where it is not there yet, its nearest folder above counts."""

    path: Path


def free(_: Reading, args: PathArgs) -> JsonObject:
    """`{free_bytes, total_bytes, device}`: what an ordinary process may still write, and an id of
    the file system, by which readers of several paths see that they share one."""
    path = args.path
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        space, identity = os.statvfs(path), path.stat()
    except OSError as error:
        raise FactUnavailable(f"the free space of {args.path}: {error.strerror}") from error
    return {
        "free_bytes": space.f_bavail * space.f_frsize,
        "total_bytes": space.f_blocks * space.f_frsize,
        "device": str(identity.st_dev),
    }


READERS = (Reader("disk.free", PathArgs, free),)
