"""What a folder is like now, and how it differs from a backup."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from playbooks.errors import DatastoreError, FactUnavailable, InterlockError
from playbooks.folders.differ import difference
from playbooks.folders.include import Include
from playbooks.folders.kept import Copy, changed_since, copies, copy_of
from playbooks.folders.places import identity, place_of
from playbooks.folders.store import files_store, index_of
from playbooks.folders.tree import entries
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader
from playbooks.repository.codec import read_artifact
from playbooks.repository.copies import holding
from playbooks.repository.listing import folder_of
from playbooks.repository.of_stack import identities_of_stack

# Readers share one deadline; past this a number is less useful than an answer.
_SECONDS = 6.0


class StoreArgs(Model):
    """A datastore of kind files."""

    datastore: str


class DifferenceArgs(Model):
    """A datastore of kind files and a backup's whole id."""

    datastore: str
    backup: str


class KeptArgs(Model):
    """A datastore of kind files and the run that kept a copy of it."""

    datastore: str
    run: str


def state(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{path, identity, mounted, files, bytes, counted, kept: [{run, path, role, since}]}`.

    `identity` changes when another folder takes the path, and is empty when the folder is not
    there. `counted` is false when counting took
    too long; the numbers are then what was counted.
    """
    store = files_store(reading.stack, args.datastore)
    try:
        place = place_of(store.path, "", store.include)
        there = place.live.is_dir()
        files, size, counted = _count(place.live, store.include) if there else (0, 0, True)
        kept = [_copy(copy) for copy in copies(store.path, store.include)]
    except (DatastoreError, OSError) as error:
        raise FactUnavailable(str(error)) from error
    return {
        "path": str(place.live),
        "identity": identity(place.live) or "",
        "mounted": place.mounted,
        "files": files,
        "bytes": size,
        "counted": counted,
        "kept": kept,
    }


def differs(reading: Reading, args: DifferenceArgs) -> JsonObject:
    """`{added, changed, removed, examples: {added: [path] …}}` since the backup, in files and
    links. Reads the backup's index; contents only of files whose times alone differ."""
    store = files_store(reading.stack, args.datastore)
    try:
        held = holding(reading.stack, reading.secrets, args.backup)
        storage, manifest = held.storage, held.manifest
        artifact = index_of(manifest.store(args.datastore))
        check = _deadline(f"comparing took longer than {_SECONDS:.0f} s")
        with tempfile.TemporaryDirectory(prefix="interlock-") as folder:
            local = Path(folder) / "index"
            read_artifact(
                storage,
                f"{folder_of(manifest.stack, manifest.id)}/{artifact}",
                manifest.store(args.datastore).artifact(artifact),
                identities=identities_of_stack(reading.stack, reading.secrets),
                destination=local,
                progress=lambda _done, _total: None,
                check_stop=check,
            )
            with local.open("rb") as index:
                return asdict(
                    difference(index, place_of(store.path, "").live, check, store.include)
                )
    except (InterlockError, OSError) as error:
        raise FactUnavailable(str(error)) from error


def kept(reading: Reading, args: KeptArgs) -> JsonObject:
    """`{run, path, role, since, identity, changed_since}` of the copy that a run kept;
    `changed_since` counts files and links in the live folder written after the exchange."""
    store = files_store(reading.stack, args.datastore)
    path, place = store.path, place_of(store.path, args.run, store.include)
    copy = copy_of(place)
    if copy is None:
        raise FactUnavailable(f"run {args.run} kept no copy of {path}")
    try:
        changed = changed_since(path, copy.since_ns, store.include)
    except (DatastoreError, OSError) as error:
        raise FactUnavailable(str(error)) from error
    return {**_copy(copy), "identity": identity(copy.path), "changed_since": changed}


def beside(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{copies: [{run, path, role, since, files, bytes, counted}]}`, newest first: what earlier
    runs left. Where `counted` is false the numbers are at least that much."""
    store = files_store(reading.stack, args.datastore)
    try:
        return {"copies": [_measured(copy) for copy in copies(store.path, store.include)]}
    except (DatastoreError, OSError) as error:
        raise FactUnavailable(str(error)) from error


def _measured(copy: Copy) -> JsonObject:
    files, size, counted = _count(copy.path)
    return {**_copy(copy), "files": files, "bytes": size, "counted": counted}


def _copy(copy: Copy) -> JsonObject:
    since = copy.since.isoformat().replace("+00:00", "Z")
    return {"run": copy.run, "path": str(copy.path), "role": copy.role, "since": since}


def _count(root: Path, include: Include = ()) -> tuple[int, int, bool]:
    files = size = 0
    until = monotonic() + _SECONDS
    for entry in entries(root, lambda _: None, include):
        files += entry.kind != "folder"
        size += entry.size if entry.has_content else 0
        if monotonic() > until:
            return files, size, False
    return files, size, True


def _deadline(why: str) -> Callable[[], None]:
    until = monotonic() + _SECONDS

    def check() -> None:
        if monotonic() > until:
            raise FactUnavailable(why)

    return check


READERS = (
    Reader("files.state", StoreArgs, state),
    Reader("files.difference", DifferenceArgs, differs),
    Reader("files.kept", KeptArgs, kept),
    Reader("files.copies", StoreArgs, beside),
)
