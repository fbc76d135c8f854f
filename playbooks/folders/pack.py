"""A tree as a stream of tar (pax), with its index on the side.

The folder may be in use meanwhile: the copy is crash-consistent, and what changed while it was
read is reported.
"""

import base64
import errno
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import IO

from playbooks.errors import DatastoreError
from playbooks.folders.include import Include
from playbooks.folders.tree import READ_BYTES, Counter, Entry, Measure, entries

XATTR = "SCHILY.xattr."
ENCODING = "utf-8"
ERRORS = "surrogateescape"
_EXAMPLES = 20
_TYPES = {"folder": tarfile.DIRTYPE, "file": tarfile.REGTYPE, "link": tarfile.SYMTYPE}


@dataclass
class Noticed:
    """Paths worth a word: how many there are, and the first of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(os.fsencode(path).decode(ENCODING, "replace"))


class Packing:
    """Packs one tree once: take all of `chunks`, then ask the rest.

    `index` receives the tree's index. `check_stop` is called for every entry.
    """

    def __init__(
        self,
        root: Path,
        index: IO[bytes],
        check_stop: Callable[[], None],
        include: Include = (),
    ) -> None:
        self._root = root
        self._include = include
        self._index = index
        self._check_stop = check_stop
        self._counter = Counter()
        self._gone: set[str] = set()
        self.changed = Noticed()
        self.skipped = Noticed()

    def chunks(self) -> Iterator[bytes]:
        """The tar, in pieces of about a megabyte. Raises DatastoreError for what cannot be read."""
        gathered = bytearray()
        for piece in self._pieces():
            gathered += piece
            if len(gathered) >= READ_BYTES:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)

    def _pieces(self) -> Iterator[bytes]:
        for entry in entries(self._root, self.skipped.add, self._include):
            self._check_stop()
            if entry.same_as in self._gone:
                entry = replace(entry, same_as="")
            if entry.has_content:
                yield from self._file(entry)
            else:
                self._index.write(self._counter.add(entry))
                yield header(entry)
        yield tarfile.NUL * (2 * tarfile.BLOCKSIZE)

    def measure(self) -> Measure:
        return self._counter.measure()

    def _file(self, entry: Entry) -> Iterator[bytes]:
        descriptor = self._opened(entry)
        if descriptor is None:
            return
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            yield header(entry)
            digest = sha256()
            for chunk in self._exactly(file, entry):
                digest.update(chunk)
                yield chunk
            yield tarfile.NUL * (-entry.size % tarfile.BLOCKSIZE)
            status = os.fstat(file.fileno())
        if (status.st_size, status.st_mtime_ns) != (entry.size, entry.mtime_ns):
            self.changed.add(entry.path)
        self._index.write(self._counter.add(replace(entry, sha256=digest.hexdigest())))

    def _exactly(self, file: IO[bytes], entry: Entry) -> Iterator[bytes]:
        """As much as the header says, whatever happens meanwhile: zeros where it got shorter."""
        left = entry.size
        while left:
            wanted = min(READ_BYTES, left)
            try:
                chunk = file.read(wanted) or bytes(wanted)
            except OSError as error:
                raise self._unreadable(entry, error) from error
            left -= len(chunk)
            yield chunk

    def _unreadable(self, entry: Entry, error: OSError) -> DatastoreError:
        return DatastoreError(
            f"{self._root / entry.path} cannot be read: {error.strerror}.",
            "Let Interlock's user read it.",
        )

    def _opened(self, entry: Entry) -> int | None:
        """None when the file is gone or something else took its name."""
        path = self._root / entry.path
        try:
            # Never through a link that took the file's place, never waiting for such a pipe.
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ELOOP, errno.ENXIO}:
                raise self._unreadable(entry, error) from error
        self.skipped.add(entry.path)
        self._gone.add(entry.path)
        return None


def header(entry: Entry) -> bytes:
    """The tar header of an entry."""
    info = tarfile.TarInfo(entry.path)
    info.type = tarfile.LNKTYPE if entry.same_as else _TYPES[entry.kind]
    info.mode, info.uid, info.gid = entry.mode, entry.uid, entry.gid
    info.linkname = entry.same_as or entry.target
    info.size = entry.size if entry.has_content else 0
    # Nanoseconds do not fit tarfile's own float.
    info.pax_headers = {"mtime": f"{entry.mtime_ns // 10**9}.{entry.mtime_ns % 10**9:09}"}
    for name, value in entry.xattrs.items():
        info.pax_headers[XATTR + name] = base64.b64decode(value).decode(ENCODING, ERRORS)
    return info.tobuf(tarfile.PAX_FORMAT, ENCODING, ERRORS)
