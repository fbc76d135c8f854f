"""A tree that the engine sends as a tar, checked, listed and told apart from what is ours in it.

The engine keeps owners, modes, links, capabilities and times to the second; other extended
attributes and ACLs are not in its archives.
"""

import base64
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import IO

from playbooks.errors import DatastoreError
from playbooks.folders.pack import ENCODING, ERRORS, XATTR, Noticed, header
from playbooks.folders.places import OWN_PREFIX
from playbooks.folders.tree import READ_BYTES, Counter, Entry, Kind, Measure

_KINDS: dict[bytes, Kind] = {
    tarfile.DIRTYPE: "folder",
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.LNKTYPE: "file",
    tarfile.SYMTYPE: "link",
}
_END = 2 * tarfile.BLOCKSIZE
_SET_IDS = stat.S_ISUID | stat.S_ISGID


class CutArchive(DatastoreError):
    """The engine's archive ends too early: something vanished or shrank while it was read."""


class Passing:
    """Passes one tree on as a tar of ours: take all of `chunks`, then ask the rest.

    `index` receives the tree's index. `check_stop` is called for every piece.
    """

    def __init__(
        self, pieces: Iterable[bytes], index: IO[bytes], check_stop: Callable[[], None]
    ) -> None:
        self._source = _Source(pieces)
        self._index = index
        self._check_stop = check_stop
        self._counter = Counter()
        self.skipped = Noticed()

    def chunks(self) -> Iterator[bytes]:
        """The tar, in pieces of about a megabyte. Raises CutArchive."""
        gathered = bytearray()
        for piece in self._pieces():
            gathered += piece
            if len(gathered) >= READ_BYTES:
                yield bytes(gathered)
                gathered.clear()
        yield bytes(gathered)

    def measure(self) -> Measure:
        return self._counter.measure()

    def _pieces(self) -> Iterator[bytes]:
        for entry, content in _entries(self._source, self.skipped):
            self._check_stop()
            if not entry.has_content:
                self._index.write(self._counter.add(entry))
                yield header(entry)
                continue
            yield header(entry)
            digest = sha256()
            for chunk in content:
                digest.update(chunk)
                yield chunk
                self._check_stop()
            yield tarfile.NUL * (-entry.size % tarfile.BLOCKSIZE)
            self._index.write(self._counter.add(replace(entry, sha256=digest.hexdigest())))
        yield tarfile.NUL * _END


def measured(
    pieces: Iterable[bytes],
    progress: Callable[[int], None],
    check_stop: Callable[[], None],
    modes: Mapping[str, int] | None = None,
) -> Measure:
    """A tree that the engine sends, in numbers. `modes` count for those paths instead of what is
    read. Raises CutArchive."""
    counter = Counter()
    for entry, content in _entries(_Source(pieces), Noticed()):
        check_stop()
        entry = replace(entry, mode=(modes or {}).get(entry.path, entry.mode))
        if entry.has_content:
            digest, done = sha256(), counter.bytes
            for chunk in content:
                digest.update(chunk)
                done += len(chunk)
                progress(done)
                check_stop()
            entry = replace(entry, sha256=digest.hexdigest())
        counter.add(entry)
    return counter.measure()


class Moving:
    """A tar of ours with everything in it below another folder: `.` becomes `below`.

    Take all of `chunks`, then ask the rest. `undressed` are the modes of hard-linked files, by
    path, that lose set-user-id or set-group-id when the engine makes a further link to them.
    """

    def __init__(self, archive: IO[bytes], below: str) -> None:
        self._archive = archive
        self._below = below
        self.undressed: dict[str, int] = {}

    def chunks(
        self, progress: Callable[[int], None], check_stop: Callable[[], None]
    ) -> Iterator[bytes]:
        """The tar in pieces. `progress` counts bytes of files."""
        done = 0
        with _opened(self._archive) as tar:
            for entry, content in _members(tar, Noticed()):
                yield header(_under(entry, self._below))
                if entry.same_as and entry.mode & _SET_IDS:
                    self.undressed |= {entry.path: entry.mode, entry.same_as: entry.mode}
                if not entry.has_content:
                    continue
                for chunk in content:
                    done += len(chunk)
                    progress(done)
                    check_stop()
                    yield chunk
                yield tarfile.NUL * (-entry.size % tarfile.BLOCKSIZE)
        yield tarfile.NUL * _END


def _opened(stream: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(
        fileobj=stream, mode="r|", bufsize=READ_BYTES, encoding=ENCODING, errors=ERRORS
    )


_Content = Iterator[bytes]


def _entries(source: "_Source", skipped: Noticed) -> Iterator[tuple[Entry, _Content]]:
    """The tree's entries without what restores keep in it. Each content is read before the next."""
    stream: IO[bytes] = source  # type: ignore[assignment]  # tarfile only reads
    try:
        with _opened(stream) as tar:
            for entry, content in _members(tar, skipped):
                if not entry.path.startswith(OWN_PREFIX):
                    yield entry, content
            # Where the archive simply stops, tarfile sees an end like any other.
            if source.drained() - tar.offset < _END:
                raise _cut("it has no end")
    except tarfile.TarError as error:
        raise _cut(str(error)) from error


def _members(tar: tarfile.TarFile, skipped: Noticed) -> Iterator[tuple[Entry, _Content]]:
    while (info := tar.next()) is not None:
        vars(tar)["members"].clear()  # tarfile would keep them all
        kind = _KINDS.get(info.type)
        if kind is None:
            skipped.add(_path(info.name))
        else:
            yield _entry(info, kind), _content(tar, info)


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    file = tar.extractfile(info) if info.isreg() else None
    try:
        while file is not None and (chunk := file.read(READ_BYTES)):
            yield chunk
    except tarfile.TarError as error:
        raise _cut(str(error)) from error


def _cut(why: str) -> CutArchive:
    return CutArchive(
        f"The engine's archive was cut: a file vanished or shrank while it was read ({why}).",
        "Name what writes there as `stops` of the datastore, so that it is down meanwhile.",
    )


def _entry(info: tarfile.TarInfo, kind: Kind) -> Entry:
    seconds, _, fraction = info.pax_headers.get("mtime", str(int(info.mtime))).partition(".")
    linked = info.type == tarfile.LNKTYPE
    return Entry(
        path=_path(info.name),
        kind=kind,
        mode=info.mode & 0o7777,
        uid=info.uid,
        gid=info.gid,
        mtime_ns=int(seconds) * 10**9 + int(fraction[:9].ljust(9, "0") or 0),
        size=info.size if kind == "file" else 0,
        target=info.linkname if kind == "link" else "",
        same_as=_path(info.linkname) if linked else "",
        xattrs={
            name.removeprefix(XATTR): base64.b64encode(value.encode(ENCODING, ERRORS)).decode()
            for name, value in info.pax_headers.items()
            if name.startswith(XATTR)
        },
    )


def _path(name: str) -> str:
    return name.removeprefix("./") or "."


def _under(entry: Entry, below: str) -> Entry:
    path = below if entry.path == "." else f"{below}/{entry.path}"
    same_as = f"{below}/{entry.same_as}" if entry.same_as else ""
    return replace(entry, path=path, same_as=same_as)


class _Source:
    """Pieces as a file that can only be read forwards."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")
        self._given = 0

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
            part = bytes(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(part)
            parts.append(part)
        self._given += sum(len(part) for part in parts)
        return b"".join(parts)

    def drained(self) -> int:
        """Reads to the end; how many bytes there were in all."""
        while self.read(READ_BYTES):
            pass
        return self._given
