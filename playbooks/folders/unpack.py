"""A tree from a tar, into an empty folder beside the live one.

Nothing is written outside that folder: names that are absolute or climb are refused, symbolic
links are made last and never followed, hard links lead only to files that came from the same tar.
"""

import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.folders.pack import ENCODING, ERRORS, XATTR
from playbooks.folders.tree import READ_BYTES

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@dataclass(frozen=True)
class _Attributes:
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    xattrs: dict[str, bytes]


def unpack(
    archive: IO[bytes],
    into: Path,
    progress: Callable[[int], None],
    check_stop: Callable[[], None],
) -> None:
    """Fills `into`, an empty folder of ours. `progress` counts bytes of files.

    Raises BrokenBackup when the archive is not one that we would write, DatastoreError when the
    system refuses something (an owner, a full disk comes as OSError with its errno).
    """
    _Unpacking(into, progress, check_stop).run(archive)


class _Unpacking:
    def __init__(
        self, into: Path, progress: Callable[[int], None], check_stop: Callable[[], None]
    ) -> None:
        self._into = into
        self._progress = progress
        self._check_stop = check_stop
        self._done = 0
        self._folders: list[tuple[Path, _Attributes]] = []
        self._links: list[tuple[Path, str, _Attributes]] = []

    def run(self, archive: IO[bytes]) -> None:
        try:
            with tarfile.open(fileobj=archive, mode="r:", encoding=ENCODING, errors=ERRORS) as tar:
                for info in _members(tar):
                    self._check_stop()
                    self._one(tar, info)
        except tarfile.TarError as error:
            raise BrokenBackup(f"The archive of the folder is broken: {error}.") from error
        for path, target, attributes in self._links:
            path.symlink_to(target)
            _dress(path, attributes, link=True)
        for path, attributes in reversed(self._folders):
            _dress(path, attributes)

    def _one(self, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        path, attributes = self._into / _safe(info.name), _attributes(info)
        if info.isdir():
            if info.name != ".":
                path.mkdir(mode=0o700)
            self._folders.append((path, attributes))
        elif info.issym():
            self._links.append((path, info.linkname, attributes))
        elif info.islnk():
            path.hardlink_to(self._into / _safe(info.linkname))
        elif info.isreg():
            self._file(tar, info, path, attributes)
        else:
            raise BrokenBackup(
                f"The archive holds {info.name!r}, which is no file, folder or link."
            )

    def _file(
        self, tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path, attributes: _Attributes
    ) -> None:
        source = tar.extractfile(info)
        if source is None:
            raise BrokenBackup(f"The archive has no content for {info.name!r}.")
        with os.fdopen(os.open(path, _NEW_FILE, 0o600), "wb", buffering=0) as file:
            while chunk := source.read(READ_BYTES):
                file.write(chunk)
                self._done += len(chunk)
                self._progress(self._done)
                self._check_stop()
        _dress(path, attributes)


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Like iterating, but without keeping every member in memory."""
    while (info := tar.next()) is not None:
        yield info
        vars(tar)["members"].clear()


def _safe(name: str) -> str:
    parts = name.split("/")
    if name != "." and (name.startswith("/") or any(part in {"", ".", ".."} for part in parts)):
        raise BrokenBackup(f"The archive holds the unsafe name {name!r}.")
    return name


def _attributes(info: tarfile.TarInfo) -> _Attributes:
    seconds, _, fraction = info.pax_headers.get("mtime", str(int(info.mtime))).partition(".")
    nanoseconds = int(fraction[:9].ljust(9, "0")) if fraction else 0
    xattrs = {
        name.removeprefix(XATTR): value.encode(ENCODING, ERRORS)
        for name, value in info.pax_headers.items()
        if name.startswith(XATTR)
    }
    return _Attributes(info.mode, info.uid, info.gid, int(seconds) * 10**9 + nanoseconds, xattrs)


def _dress(path: Path, attributes: _Attributes, *, link: bool = False) -> None:
    """Owner before mode: changing the owner takes set-user-id away."""
    try:
        status = path.lstat()
        if (status.st_uid, status.st_gid) != (attributes.uid, attributes.gid):
            os.chown(path, attributes.uid, attributes.gid, follow_symlinks=False)
        if not link:
            path.chmod(attributes.mode)
        for name, value in attributes.xattrs.items():
            os.setxattr(path, name, value, follow_symlinks=False)
        os.utime(path, ns=(attributes.mtime_ns, attributes.mtime_ns), follow_symlinks=False)
    except PermissionError as error:
        raise DatastoreError(
            f"{path.name!r} cannot get its owner {attributes.uid}:{attributes.gid} and "
            f"attributes back: {error.strerror}.",
            "Run Interlock as root or as the owner of the folder.",
        ) from error
