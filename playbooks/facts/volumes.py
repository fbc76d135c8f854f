"""What is mounted into a container is like now, and what runs kept in it."""

import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from playbooks.errors import ActionFailed, FactUnavailable
from playbooks.hosts.containers.helper import HelperOrder, sweep
from playbooks.hosts.containers.mounted import mounted, running_with
from playbooks.hosts.docker import engine
from playbooks.hosts.engines import engines_of
from playbooks.model.base import JsonObject, Model
from playbooks.model.hosts import LocalHost
from playbooks.model.stack import Stack
from playbooks.model.volumes import AzuriteStore
from playbooks.ports import Reading
from playbooks.registry import Reader
from playbooks.volumes import scripts
from playbooks.volumes.looking import Kept, Seen, look, order_for, told
from playbooks.volumes.store import holder_of, mounted_store

# Readers share one deadline; past this a number is less useful than an answer.
_SECONDS = 3.0
_RUN = "facts"
# A look that was killed leaves its helper; none takes as long as this.
_FORGOTTEN_SECONDS = 600.0

T = TypeVar("T")


class StoreArgs(Model):
    """A datastore that is a mount."""

    datastore: str


class WrittenArgs(Model):
    """A datastore that is a mount, and a backup's whole id."""

    datastore: str
    backup: str


class KeptArgs(Model):
    """A datastore that is a mount, and the run that kept a copy of it."""

    datastore: str
    run: str


def state(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{there, path, volume, kind, identity, image, argv, users, files, bytes, free_bytes, device,
    kept: [{run, path, role, since}]}`.

    `there` is false when the service has no container; `free_bytes` and `device` are then those of
    the engine's own disk. `device` is as in `disk.free`, null where the folder cannot be seen from
    here. `argv` is Azurite's command line, and empty for other kinds: it may hold secrets.
    `identity` changes when another volume takes the name. `users` are names
    of running containers that have it mounted. `files` and `bytes` are null where counting took
    too long.
    """
    return _read(lambda: _state(reading, args.datastore))


def _state(reading: Reading, name: str) -> JsonObject:
    store = mounted_store(reading.stack, name)
    mount = mounted(reading.stack, store.service, store.path)
    if mount is None:
        return {
            "there": False,
            "path": store.path,
            "identity": "",
            "kept": [],
            **_engine_disk(reading.stack),
        }
    seen = _look(reading, name)
    return {
        "there": True,
        "path": store.path,
        "volume": mount.name,
        "kind": mount.kind,
        # An engine's own time of creation of a volume may be that of the last change in it.
        "identity": f"{mount.name}, inode {seen.inode}",
        "image": mount.image,
        "argv": list(mount.argv) if isinstance(store, AzuriteStore) else [],
        "users": list(running_with(mount)),
        "files": seen.files,
        "bytes": seen.used_bytes,
        "free_bytes": seen.free_bytes,
        "device": _device(Path(mount.source)),
        "kept": [_told(store_path(reading, name, kept), kept) for kept in seen.kept],
    }


def written(reading: Reading, args: WrittenArgs) -> JsonObject:
    """`{files}`: how many files were written since the backup began, by their times."""
    began = datetime.strptime(args.backup[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    minutes = int((reading.now - began).total_seconds() // 60) + 1
    return _read(lambda: {"files": _count(reading, args.datastore, scripts.WRITTEN, str(minutes))})


def kept(reading: Reading, args: KeptArgs) -> JsonObject:
    """`{run, path, role, since, changed_since}` of the copy that a run kept; `changed_since`
    counts files of the live content written after the exchange."""
    return _read(lambda: _kept(reading, args))


def _kept(reading: Reading, args: KeptArgs) -> JsonObject:
    for found in _look(reading, args.datastore).kept:
        if found.run == args.run:
            changed = _count(reading, args.datastore, scripts.NEWER, args.run)
            where = store_path(reading, args.datastore, found)
            return {**_told(where, found), "changed_since": changed}
    raise FactUnavailable(f"run {args.run} kept no copy of {args.datastore}")


def beside(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{copies: [{run, path, role, since, bytes, counted}]}`, newest first: what earlier runs left.
    Where `counted` is false the number is at least that much."""
    return _read(
        lambda: {"copies": [_copy(reading, args, c) for c in _look(reading, args.datastore).kept]}
    )


def _copy(reading: Reading, args: StoreArgs, found: Kept) -> JsonObject:
    told_of = _told(store_path(reading, args.datastore, found), found)
    return {**told_of, "bytes": found.bytes or 0, "counted": found.bytes is not None}


def store_path(reading: Reading, name: str, kept: Kept) -> str:
    """Where a kept copy is, as the container sees it."""
    return f"{holder_of(mounted_store(reading.stack, name), kept.run)}/{kept.name}"


def _told(path: str, kept: Kept) -> JsonObject:
    since = kept.since.isoformat().replace("+00:00", "Z")
    return {"run": kept.run, "path": path, "role": kept.role, "since": since}


def _look(reading: Reading, name: str) -> Seen:
    path = mounted_store(reading.stack, name).path
    return look(_order(reading, name), path, _SECONDS)


def _count(reading: Reading, name: str, script: str, word: str) -> int:
    path = mounted_store(reading.stack, name).path
    [count] = told(_order(reading, name), script, path, word)
    return int(count)


def _order(reading: Reading, name: str) -> HelperOrder:
    """A name of its own: facts may be read several times at once."""
    purpose = f"look-{uuid.uuid4().hex[:8]}"
    for host in engines_of(reading.stack):
        sweep(_RUN, _FORGOTTEN_SECONDS, host)
    return order_for(reading.stack, name, run=_RUN, purpose=purpose, read_only=True)


def _engine_disk(stack: Stack) -> JsonObject:
    """Where new volumes will be, as far as it can be seen from here."""
    if any(not isinstance(host, LocalHost) for host in engines_of(stack)):
        return {"free_bytes": None, "device": None}
    with engine() as client:
        root = Path(client.api.info()["DockerRootDir"])
    if not root.is_dir():
        return {"free_bytes": None, "device": None}
    space = os.statvfs(root)
    return {"free_bytes": space.f_bavail * space.f_frsize, "device": _device(root)}


def _device(folder: Path) -> str | None:
    """None where it cannot be seen, on another host for instance."""
    try:
        return str(folder.stat().st_dev)
    except OSError:
        return None


def _read(what: Callable[[], T]) -> T:
    try:
        return what()
    except (ActionFailed, OSError) as error:
        raise FactUnavailable(str(error)) from error


READERS = (
    Reader("volume.state", StoreArgs, state),
    Reader("volume.written", WrittenArgs, written),
    Reader("volume.kept", KeptArgs, kept),
    Reader("volume.copies", StoreArgs, beside),
)
