"""A folder of this host, kept as one archive."""

import fnmatch
import tarfile
from collections.abc import Sequence
from pathlib import Path

from playbooks.errors import HostError
from playbooks.ports import Work


def archive_folder(folder: Path, without: Sequence[str], file: Path, work: Work) -> int:
    """The bytes of the archive, which is there whole or not at all. What is called as one of
    `without` says is left out, at any depth. Raises HostError."""
    part = file.with_name(f".{file.name}.part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=1) as archive:
            for path in _members(folder, without, file.parent):
                work.check_stop()
                archive.add(path, arcname=str(path.relative_to(folder.parent)), recursive=False)
        part.replace(file)
        return file.stat().st_size
    except OSError as error:
        what = error.filename or folder
        raise HostError(f"{what} cannot be archived: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)


def _members(folder: Path, without: Sequence[str], into: Path) -> list[Path]:
    """The folder and all below it, apart from archives made before."""
    found, todo = [folder], [folder]
    while todo:
        for path in sorted(todo.pop().iterdir()):
            if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in without):
                continue
            if path.parent == into and path.name.endswith((".tar.gz", ".tar.gz.part")):
                continue
            found.append(path)
            if path.is_dir() and not path.is_symlink():
                todo.append(path)
    return found
