"""A folder's tree as a list of entries in one fixed order, and the digest that identifies it.

The order is that of the path's parts, compared as bytes: a folder comes before what is in it. The
*index* of a tree has one line of JSON an entry; its SHA-256 is the tree's digest.
"""

import base64
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Literal

from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.folders.include import Include, chosen
from playbooks.folders.places import OWN_PREFIX

READ_BYTES = 1 << 20

# What a restore can put back without being root's root: labels of security modules stay out.
_XATTRS = ("user.", "system.posix_acl_", "security.capability")

Kind = Literal["folder", "file", "link"]


@dataclass(frozen=True)
class Entry:
    """One folder, file or symbolic link.

    `path` is relative, `.` for the tree's root; undecodable bytes are surrogate escapes.
    `same_as` is the path of the entry that a hard link shares its content with. `xattrs` are
    base64.
    """

    path: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int = 0
    sha256: str = ""
    target: str = ""
    same_as: str = ""
    xattrs: dict[str, str] = field(default_factory=dict)

    def line(self) -> bytes:
        """One line of the index."""
        return (json.dumps(vars(self), sort_keys=True, separators=(",", ":")) + "\n").encode()

    @property
    def order(self) -> tuple[bytes, ...]:
        return () if self.path == "." else tuple(os.fsencode(self.path).split(b"/"))

    @property
    def has_content(self) -> bool:
        return self.kind == "file" and not self.same_as


@dataclass(frozen=True)
class Measure:
    """A tree in numbers. `bytes` are those of files; hard links count once."""

    digest: str
    entries: int
    files: int
    bytes: int


def entry_of_line(line: bytes) -> Entry:
    """Raises BrokenBackup."""
    try:
        values: dict[str, Any] = json.loads(line)
        return Entry(**values)
    except (ValueError, TypeError) as error:
        raise BrokenBackup(f"The index of a folder is broken: {error}.") from error


def entries(root: Path, skipped: Callable[[str], None], include: Include = ()) -> Iterator[Entry]:
    """All entries of a tree, their content not yet read. Changes nothing, follows no link.

    With `include` only those of what is chosen, and without the root itself: it has more in it
    than ours, and so is not ours to bring back.
    `skipped` is told the paths of sockets, pipes and devices, and of what vanished meanwhile.
    Raises DatastoreError for what may not be read.
    """
    first_links: dict[tuple[int, int], str] = {}
    waiting = ["."]
    while waiting:
        path = waiting.pop()
        try:
            entry = _entry(root, path, first_links)
            if entry is not None and entry.kind == "folder":
                waiting += reversed(_children(root, path, include))
        except FileNotFoundError:
            if path == ".":
                raise DatastoreError(f"The folder {root} is not there.") from None
            entry = None
        except OSError as error:
            raise DatastoreError(
                f"{root / path} cannot be read: {error.strerror}.",
                "Let Interlock's user read it.",
            ) from error
        if entry is None:
            skipped(path)
        elif path != "." or not include:
            yield entry


def measure(
    root: Path,
    progress: Callable[[int], None],
    check_stop: Callable[[], None],
    include: Include = (),
) -> Measure:
    """Reads a whole tree. Its digest is equal to that of the index of an equal tree."""
    counter = Counter()
    for entry in entries(root, skipped=lambda _: None, include=include):
        if entry.has_content:
            entry = replace(entry, sha256=_hash(root / entry.path, progress, check_stop, counter))
        check_stop()
        counter.add(entry)
    return counter.measure()


class Counter:
    """Adds up entries in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._entries = 0
        self._files = 0
        self.bytes = 0

    def add(self, entry: Entry) -> bytes:
        """Returns the entry's line of the index."""
        line = entry.line()
        self._hash.update(line)
        self._entries += 1
        if entry.kind == "file":
            self._files += 1
        if entry.has_content:
            self.bytes += entry.size
        return line

    def measure(self) -> Measure:
        return Measure(self._hash.hexdigest(), self._entries, self._files, self.bytes)


def content_hash(path: Path) -> str:
    """SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def index_entries(index: IO[bytes]) -> Iterator[Entry]:
    """The entries of an index file, in order. Raises BrokenBackup."""
    for line in index:
        yield entry_of_line(line)


def _children(root: Path, path: str, include: Include) -> list[str]:
    with os.scandir(root / path) as found:
        names = [f.name for f in found if path != "." or _is_content(f.name, include)]
    names.sort(key=os.fsencode)
    return names if path == "." else [f"{path}/{name}" for name in names]


def _is_content(name: str, include: Include) -> bool:
    return not name.startswith(OWN_PREFIX) and chosen(name, include)


def _entry(root: Path, path: str, first_links: dict[tuple[int, int], str]) -> Entry | None:
    full = root / path
    status = full.lstat()
    kind = _kind(status.st_mode)
    if kind is None:
        return None
    entry = Entry(
        path=path,
        kind=kind,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime_ns=status.st_mtime_ns,
        xattrs=_xattrs(full),
    )
    if kind == "link":
        return replace(entry, target=os.readlink(full))  # noqa: PTH115  (pathlib tidies targets up)
    if kind == "folder":
        return entry
    first = path
    if status.st_nlink > 1:
        first = first_links.setdefault((status.st_dev, status.st_ino), path)
    return replace(entry, size=status.st_size, same_as="" if first == path else first)


def _kind(mode: int) -> Kind | None:
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "file"
    return "link" if stat.S_ISLNK(mode) else None


def _xattrs(path: Path) -> dict[str, str]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except (OSError, AttributeError):  # the file system, or this system, has none
        return {}
    return {
        name: base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode()
        for name in sorted(names)
        if name.startswith(_XATTRS)
    }


def _hash(
    path: Path,
    progress: Callable[[int], None],
    check_stop: Callable[[], None],
    counter: Counter,
) -> str:
    digest = hashlib.sha256()
    done = counter.bytes
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            digest.update(chunk)
            done += len(chunk)
            progress(done)
            check_stop()
    return digest.hexdigest()
