"""Files brought into containers, as a stream."""

import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from playbooks.errors import HostError
from playbooks.hosts.containers.tool import output_in
from playbooks.hosts.docker import engine_with

SCRATCH = "/tmp"
# The size, what is used and what is left, before the share in percent.
_COUNTS = re.compile(r"\s(\d+)\s+\d+\s+(\d+)\s+\d+%")
_KIB = 1024
_CHUNK = 1024 * 1024
_BLOCK = 512
_SECONDS = 24 * 3600.0


@dataclass(frozen=True)
class Room:
    """What a filesystem of a container has, and has left, in bytes: two places with the same
    answer are one filesystem."""

    bytes: int
    free_bytes: int


def room_in(container: str, folder: str) -> Room:
    """The filesystem under a folder of the container. Raises HostError, also without a df."""
    said = output_in(container, ["df", "-Pk", "--", folder], {}).decode(errors="replace")
    found = _COUNTS.search(said)
    if found is None:
        raise HostError(f"df in {container[:12]} said nothing of {folder}.")
    return Room(int(found[1]) * _KIB, int(found[2]) * _KIB)


@contextmanager
def brought_into(
    container: str, file: Path, folder: str, each: Callable[[], None]
) -> Iterator[PurePosixPath]:
    """A copy of `file` in a new folder of the container, gone again at the end.

    `each` is called for every chunk. The folder's name is the caller's own; what an earlier
    attempt left there is removed first. Raises HostError.
    """
    place = PurePosixPath(SCRATCH) / folder
    _remove(container, place)
    try:
        with engine_with(container, _SECONDS) as client:
            client.api.put_archive(container, SCRATCH, _archive(file, folder, each))
        yield place / file.name
    finally:
        _remove(container, place)


def _remove(container: str, place: PurePosixPath) -> None:
    output_in(container, ["rm", "-rf", "--", str(place)], {})


def _archive(file: Path, folder: str, each: Callable[[], None]) -> Iterator[bytes]:
    directory = tarfile.TarInfo(folder)
    directory.type, directory.mode = tarfile.DIRTYPE, 0o755
    yield directory.tobuf()
    entry = tarfile.TarInfo(f"{folder}/{file.name}")
    entry.size, entry.mode = file.stat().st_size, 0o644
    yield entry.tobuf()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            each()
            yield chunk
    yield b"\0" * (-entry.size % _BLOCK) + b"\0" * (2 * _BLOCK)
