"""Objects at rest, over obstore: the URL decides where (`file://`, `s3://`, `azure://`).

One folder a backup, `STACK/ID/`. On a local disk a finished object is synced to it, file and
folder, because obstore's local store leaves that to the system.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import AzureStore, ObjectStore, S3Store

from playbooks.errors import NewerFormat, RepositoryError
from playbooks.model.base import JsonObject, Model, canonical_json
from playbooks.repository.address import Address, local_root
from playbooks.repository.opening import impatient_store_at, store_at
from playbooks.repository.trouble import explained

MARKER = "interlock-repository.json"
SCRATCH = ".scratch"
"""A folder in a local repository for plain copies while they are needed; it is no part of it."""
_VERSION = 1
_FORMAT: JsonObject = {"interlock_repository": _VERSION}
# What a file system puts into itself, and what we do.
_NOTHING = frozenset({"lost+found", SCRATCH})
_READ_BYTES = 1 << 20
# Parts of an upload held in memory: enough for 80 GB in the 10,000 parts that S3 takes.
_LOCAL_PART_BYTES = 1 << 20
_REMOTE_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 2


class Owner(Model):
    """Whose backups a repository holds, as its marker says."""

    stack: str
    environment: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.stack}"


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

    def link(self, path: str, lives: timedelta) -> str:
        """A URL that gives an object to whoever has it, for so long; a folder's is its path.

        Raises RepositoryError where the keys cannot sign.
        """
        if self.root is not None:
            return str(self.root / path)
        with explained(self.url, f"sign a link to {path}"):
            if not isinstance(self.store, S3Store | AzureStore):
                raise RepositoryError(f"{self.url} gives no links.")
            return obstore.sign(self.store, "GET", path, lives)

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


def connect(address: Address) -> Storage:
    """Opens a repository that is there.

    Raises RepositoryError: missing, unreachable, foreign, half there, unreadable; NewerFormat.
    """
    storage = _opened(address)
    if not _has_marker(address):
        raise _unmarked(storage)
    return storage


def at_folder(address: Address) -> Storage:
    """A folder of this host that is no repository, to be read from: what somebody brought."""
    return _opened(address)


def establish(address: Address, owner: Owner | None = None) -> Storage:
    """Opens a repository, and makes it where there is nothing yet, marked as the owner's.

    Raises RepositoryError when the place has something else in it, NewerFormat.
    """
    root = local_root(address.url)
    if root is not None:
        with explained(address.url, "make the repository"):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
    storage = _opened(address)
    if _has_marker(address):
        return storage
    empty = _is_empty(storage)
    try:
        if not empty:
            raise _unmarked(storage)
        storage.create(MARKER, marker_text(owner))
    except RepositoryError:
        # Another backup may have made it since we looked.
        if not _has_marker(address):
            raise
    return storage


def vacant(address: Address) -> bool:
    """Whether there is nothing at all, so that a repository could be made.

    Raises RepositoryError when that cannot be seen, NewerFormat.
    """
    root = local_root(address.url)
    if root is not None and not root.exists():
        return True
    storage = _opened(address)
    return not _has_marker(address) and _is_empty(storage)


def owner_of(storage: Storage) -> Owner | None:
    """Whose a repository that is there is; None where its marker does not say."""
    try:
        return Owner.model_validate(json.loads(storage.read(MARKER)).get("owner"))
    except ValueError:
        return None


def _is_empty(storage: Storage) -> bool:
    """Apart from plain copies that a restore from elsewhere fetches to the same disk meanwhile."""
    objects = (each for each in storage.objects("") if not each.path.startswith(f"{SCRATCH}/"))
    return not any(objects) and not set(storage.folders("")) - _NOTHING


def marker_text(owner: Owner | None) -> bytes:
    """What the marker of a new repository says."""
    of = {} if owner is None else {"owner": owner.model_dump(mode="json")}
    return (canonical_json({**_FORMAT, **of}) + "\n").encode()


def _opened(address: Address) -> Storage:
    root = local_root(address.url)
    if root is not None and not root.is_dir():
        raise RepositoryError(
            f"There is no backup repository at {address.url}.",
            "The first backup makes it; if there were backups, see whether its disk is mounted.",
        )
    return Storage(address.url, store_at(address), root)


def _has_marker(address: Address) -> bool:
    """Whether this is a repository that we can read. Raises NewerFormat, RepositoryError."""
    near = Storage(address.url, impatient_store_at(address), local_root(address.url))
    if not near.exists(MARKER):
        # A missing bucket answers like a missing object; only listing tells.
        near.folders("")
        return False
    try:
        version = json.loads(near.read(MARKER))["interlock_repository"]
    except (ValueError, KeyError, TypeError) as error:
        raise RepositoryError(
            f"{address.url} has a {MARKER} that says nothing about a repository.",
            f"Put back its text: {canonical_json(_FORMAT)}",
        ) from error
    if version != _VERSION:
        raise NewerFormat(
            f"{address.url} is a repository of version {version}; this Interlock reads "
            f"version {_VERSION}.",
            "Use the Interlock that wrote it, or a newer one.",
        )
    return True


def _unmarked(storage: Storage) -> RepositoryError:
    found = storage.objects("")
    if any(stored.path.endswith("/manifest.json") for stored in found):
        return RepositoryError(
            f"{storage.url} is half a repository: it holds backups, but its {MARKER} is missing.",
            f"Bring the rest of it back, or write {MARKER} with the text {canonical_json(_FORMAT)}",
        )
    if found or storage.folders(""):
        return RepositoryError(
            f"{storage.url} is no backup repository of Interlock: it has no "
            f"{MARKER}, but something else than backups.",
            "Name an empty or missing place in the stack file.",
        )
    return RepositoryError(
        f"{storage.url} is no backup repository of Interlock: it is empty.",
        "The first backup makes one.",
    )


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
