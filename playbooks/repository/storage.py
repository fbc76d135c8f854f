"""Objects at rest, over obstore: the URL decides where (`file://`, later `s3://`, `az://`).

One folder a backup, `STACK/ID/`. On a local disk a finished object is synced to it, file and
folder, because obstore's local store leaves that to the system.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from playbooks.errors import BadArgument, RepositoryError
from playbooks.model.base import canonical_json
from playbooks.repository.trouble import explained

MARKER = "interlock-repository.json"
_MARKER_TEXT = (canonical_json({"interlock_repository": 1}) + "\n").encode()
_READ_BYTES = 1 << 20
# Parts of an upload held in memory: enough for 80 GB in the 10,000 parts that S3 takes.
_LOCAL_PART_BYTES = 1 << 20
_REMOTE_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 2


class Sink(Protocol):
    """Where stored bytes go."""

    def write(self, data: bytes, /) -> int: ...


@dataclass(frozen=True)
class _ExplainedSink:
    """Only what the storage itself raises is the storage's trouble, not what its source raises."""

    url: str
    doing: str
    sink: Sink

    def write(self, data: bytes, /) -> int:
        with explained(self.url, self.doing):
            return self.sink.write(data)


@dataclass(frozen=True)
class Stored:
    """An object: its path in the repository, its size in bytes, when it was written."""

    path: str
    bytes: int
    written: datetime


@dataclass(frozen=True)
class Storage:
    """A repository. `root` is its folder when it is on a local disk.

    Every method raises RepositoryError, or NoSpace where a disk is full.
    """

    url: str
    store: ObjectStore
    root: Path | None

    @contextmanager
    def writing(self, path: str) -> Iterator[Sink]:
        """Writes one object. It exists under `path` only when the block ends without an error."""
        doing = f"write {path}"
        with explained(self.url, doing):
            writer = obstore.open_writer(
                self.store, path, buffer_size=self._part_bytes, max_concurrency=_PARTS_AT_ONCE
            )
        with ExitStack() as aborting:
            aborting.push(writer)
            yield _ExplainedSink(self.url, doing, writer)
            aborting.pop_all()
        with explained(self.url, doing):
            writer.close()
        self._settle(path)

    def create(self, path: str, content: bytes) -> None:
        """Writes a small object that must not be there yet."""
        with explained(self.url, f"write {path}"):
            obstore.put(self.store, path, content, mode="create")
        self._settle(path)

    def read(self, path: str) -> bytes:
        """All of a small object."""
        with explained(self.url, f"read {path}"):
            return bytes(obstore.get(self.store, path).bytes())

    def chunks(self, path: str) -> Iterator[bytes]:
        """An object piece by piece."""
        with explained(self.url, f"read {path}"):
            for chunk in obstore.get(self.store, path).stream(min_chunk_size=_READ_BYTES):
                yield bytes(chunk)

    def exists(self, path: str) -> bool:
        with explained(self.url, f"look for {path}"):
            try:
                obstore.head(self.store, path)
            except FileNotFoundError:
                return False
        return True

    def objects(self, folder: str) -> tuple[Stored, ...]:
        """All finished objects under a folder, in order of their paths."""
        with explained(self.url, f"list {folder}"):
            found = obstore.list(self.store, prefix=folder).collect()
        stored = (Stored(o["path"], o["size"], o["last_modified"]) for o in found)
        return tuple(sorted(stored, key=lambda o: o.path))

    def folders(self, folder: str) -> tuple[str, ...]:
        """Names of the folders right under a folder, also of those with nothing finished."""
        with explained(self.url, f"list {folder}"):
            if self.root is not None:
                return _local_folders(self.root / folder)
            found = obstore.list_with_delimiter(self.store, prefix=folder)
        return tuple(sorted(prefix.rsplit("/", 1)[-1] for prefix in found["common_prefixes"]))

    def remove(self, path: str) -> None:
        """Removes one object; one that is not there is fine."""
        with explained(self.url, f"remove {path}"):
            try:
                obstore.delete(self.store, path)
            except FileNotFoundError:
                return
        self._sync_folder_of(path)

    def remove_folder(self, folder: str) -> None:
        """Removes a folder with all that is in it, pieces of broken uploads too."""
        with explained(self.url, f"remove {folder}"):
            if self.root is None:
                paths = [o.path for o in self.objects(folder)]
                obstore.delete(self.store, paths)
            elif (self.root / folder).exists():
                shutil.rmtree(self.root / folder)
                _sync((self.root / folder).parent)

    @property
    def _part_bytes(self) -> int:
        return _REMOTE_PART_BYTES if self.root is None else _LOCAL_PART_BYTES

    def _settle(self, path: str) -> None:
        if self.root is None:
            return
        with explained(self.url, f"write {path}"):
            _sync(self.root / path)
        self._sync_folder_of(path)

    def _sync_folder_of(self, path: str) -> None:
        if self.root is None:
            return
        with explained(self.url, f"write {path}"):
            folder = (self.root / path).parent
            while folder != self.root.parent:
                _sync(folder)
                folder = folder.parent


def connect(url: str) -> Storage:
    """Opens a repository that is there. Raises RepositoryError: missing, foreign, unreadable."""
    storage = _opened(url)
    if not storage.exists(MARKER):
        raise RepositoryError(
            f"{url} is no backup repository of Interlock: it has no {MARKER}.",
            "The first backup makes one, in an empty or missing folder.",
        )
    return storage


def establish(url: str) -> Storage:
    """Opens a repository, and makes it where there is nothing yet.

    Raises RepositoryError when the place has something else in it.
    """
    root = local_root(url)
    if root is not None:
        with explained(url, "make the repository"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
    storage = _opened(url)
    if storage.exists(MARKER):
        return storage
    if storage.folders("") or storage.objects(""):
        raise RepositoryError(
            f"{url} holds something else than backups.",
            "Name an empty or missing folder as backup.repository.",
        )
    storage.create(MARKER, _MARKER_TEXT)
    return storage


def local_root(url: str) -> Path | None:
    """The folder of a `file://` repository, None for any other. Raises BadArgument."""
    if not url.startswith("file://"):
        if "://" not in url:
            raise BadArgument(f"{url!r} is no URL.", f"Write file://{url} for a local folder.")
        return None
    path = Path(url.removeprefix("file://"))
    if not path.is_absolute():
        raise BadArgument(f"{url} names no absolute folder.", "Write file:///var/backups/STACK.")
    return path


def _opened(url: str) -> Storage:
    root = local_root(url)
    if root is None:
        with explained(url, "open the repository"):
            return Storage(url, from_url(url), None)
    if not root.is_dir():
        raise RepositoryError(
            f"There is no backup repository at {url}.",
            "The first backup makes it; if there were backups, see whether its disk is mounted.",
        )
    try:
        return Storage(url, LocalStore(root), root)
    except (BaseError, OSError) as error:
        raise RepositoryError(f"{url} cannot be opened: {error}") from error


def _local_folders(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in os.scandir(folder) if entry.is_dir()))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
