"""A small stack with one folder, its repository beside it, and a folder's tree to compare."""

import os
import stat
from pathlib import Path

from playbooks.model.stack import Stack


def harbor(root: Path, uploads: Path | None = None, **backup: object) -> Stack:
    """A stack whose `uploads` is `root/uploads` and whose repository is `root/repository`."""
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"uploads": {"kind": "files", "path": str(uploads or root / "uploads")}},
            "backup": {"repository": f"file://{root}/repository", **backup},
        }
    )


def tree_of(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything that a restore has to bring back, by relative path."""
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in [*folders, *files]:
            path = Path(folder) / name
            status = path.lstat()
            content: object = None
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)  # noqa: PTH115
            elif stat.S_ISREG(status.st_mode):
                content = path.read_bytes()
            found[str(path.relative_to(root))] = (
                stat.S_IFMT(status.st_mode),
                stat.S_IMODE(status.st_mode),
                status.st_uid,
                status.st_gid,
                status.st_mtime_ns,
                status.st_nlink if stat.S_ISREG(status.st_mode) else 0,
                content,
            )
    return found
