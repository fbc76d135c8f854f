"""Making a backup whole, or nothing of it: begin, publish, discard, prune."""

import shutil
import time
from datetime import timedelta

from playbooks.actions.repository_read import READING_ACTIONS
from playbooks.byhand import repository as by_hand
from playbooks.errors import ActionFailed, RepositoryError
from playbooks.folders.kept import copies
from playbooks.model.base import JsonObject, Model, canonical_json
from playbooks.model.stack import FilesStore
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs, Probe
from playbooks.repository.catalogue import folder_of, load, manifest_path, survey
from playbooks.repository.codec import verify_stored
from playbooks.repository.manifest import (
    Manifest,
    Origin,
    StoreEntry,
    backup_id,
    checksum,
    made_by_us,
    render,
)
from playbooks.repository.of_stack import (
    new_or_old_repository_of,
    repository_of,
    rules_of,
    scratches_of,
)
from playbooks.repository.parts import parts_of
from playbooks.repository.retention import Ruling, dead, rule
from playbooks.repository.storage import Storage

_BEGUN = "begun.json"
# Plain copies of a restore that waits for a person must outlive a weekend.
_SCRATCH_AGE = timedelta(days=7)


class PublishArgs(Model):
    """`entries` are the outputs of the dump steps, by datastore."""

    entries: dict[str, StoreEntry]
    origin: Origin
    consistency: str = ""


class PruneArgs(Model):
    """`protected` maps ids of backups, or of the runs that made them, to why they stay."""

    protected: dict[str, str] = {}


def begin(work: Work, _: NoArgs) -> JsonObject:
    """Opens this run's backup, making the repository at first use. `{id}`. Idempotent."""
    storage = new_or_old_repository_of(work.stack, work.secrets)
    backup = _id(work)
    begun = f"{folder_of(work.stack.name, backup)}/{_BEGUN}"
    if not storage.exists(begun) and not _published(storage, work):
        text = canonical_json({"run": work.run, "requester": work.requester, "tag": work.tag})
        storage.create(begun, text.encode())
    return {"id": backup}


def discard(work: Work, _: NoArgs) -> JsonObject:
    """Removes what this run stored. A published backup is whole and stays. `{removed}`."""
    try:
        storage = repository_of(work.stack, work.secrets)
    except RepositoryError:
        return {"removed": False}
    if _published(storage, work):
        return {"removed": False}
    storage.remove_folder(folder_of(work.stack.name, _id(work)))
    return {"removed": True}


def publish(work: Work, args: PublishArgs) -> JsonObject:
    """Reads back everything that was stored, then writes the manifest: now the backup exists.

    `{id, bytes, stored_bytes, checksum}`. Raises BrokenBackup when an artifact is not what was
    written; then nothing is published.
    """
    if not args.entries:
        raise ActionFailed("There is nothing to publish.", "Name a datastore to back up.")
    storage = repository_of(work.stack, work.secrets)
    manifest = _manifest(work, args)
    _verify_stored(work, storage, manifest)
    content = render(manifest)
    path = manifest_path(work.stack.name, manifest.id)
    if not storage.exists(path):
        storage.create(path, content)
    elif storage.read(path) != content:
        raise RepositoryError(
            f"{path} is there already and says something else.",
            "Ask for the backup again; it gets an id of its own.",
        )
    storage.remove(f"{folder_of(work.stack.name, manifest.id)}/{_BEGUN}")
    return _published_output(manifest, checksum(content))


def is_published(work: Work, _: NoArgs) -> JsonObject:
    """Probe of `repository.publish`."""
    storage = repository_of(work.stack, work.secrets)
    if not _published(storage, work):
        return Probe(state="not_done").model_dump()
    manifest, its_checksum = load(storage, work.stack.name, _id(work))
    output = _published_output(manifest, its_checksum)
    return Probe(state="done", output=output).model_dump()


def prune(work: Work, args: PruneArgs) -> JsonObject:
    """Removes what retention lets go, and what dead runs left. Idempotent.

    `{removed: [id], failed: [{id, error}], swept: [id], kept: {id: reason}}`. What could not be
    removed stays listed, and is reported here.
    """
    storage = repository_of(work.stack, work.secrets)
    listing = survey(storage, work.stack.name)
    rulings = rule(
        listing.backups,
        rules_of(work.stack).retention,
        now=work.started,
        protected={**_needed(work), **args.protected},
    )
    removed, failed = _remove(work, storage, rulings)
    dead_ones = dead(listing.unfinished, now=work.started, run=work.run)
    swept, unswept = _sweep(work, storage, [d.id for d in dead_ones])
    _sweep_scratch(work)
    return {
        "removed": removed,
        "failed": failed + unswept,
        "swept": swept,
        "kept": {ruling.id: ruling.reason for ruling in rulings if ruling.keep},
    }


def _needed(work: Work) -> dict[str, str]:
    """This run's own backup, and the safety backups that came with folders still kept."""
    needed = {backup_id(work.started, work.run): "this run made it"}
    for name, store in work.stack.datastores.items():
        for copy in copies(store.path) if isinstance(store, FilesStore) else ():
            needed[copy.run] = f"made with the kept copy of {name}, {copy.path}"
    return needed


def _remove(
    work: Work, storage: Storage, rulings: tuple[Ruling, ...]
) -> tuple[list[str], list[JsonObject]]:
    """The manifest goes first: a backup that is half removed is not listed as one."""
    removed: list[str] = []
    failed: list[JsonObject] = []
    for ruling in rulings:
        if ruling.keep:
            continue
        work.check_stop()
        try:
            storage.remove(manifest_path(work.stack.name, ruling.id))
            storage.remove_folder(folder_of(work.stack.name, ruling.id))
        except RepositoryError as error:
            failed.append({"id": ruling.id, "error": str(error)})
            continue
        removed.append(ruling.id)
    return removed, failed


def _sweep(work: Work, storage: Storage, backups: list[str]) -> tuple[list[str], list[JsonObject]]:
    swept: list[str] = []
    failed: list[JsonObject] = []
    for backup in backups:
        work.check_stop()
        try:
            storage.remove_folder(folder_of(work.stack.name, backup))
        except RepositoryError as error:
            failed.append({"id": backup, "error": str(error)})
            continue
        swept.append(backup)
    return swept, failed


def _sweep_scratch(work: Work) -> None:
    oldest = time.time() - _SCRATCH_AGE.total_seconds()
    for scratch in scratches_of(work.stack):
        for folder in scratch.iterdir() if scratch.is_dir() else ():
            if folder.name != work.run and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _manifest(work: Work, args: PublishArgs) -> Manifest:
    return Manifest(
        id=_id(work),
        stack=work.stack.name,
        environment=work.stack.environment,
        origin=args.origin,
        run=work.run,
        requester=work.requester,
        made_at=work.started,
        made_by=made_by_us(),
        stores=args.entries,
        consistency=args.consistency,
    )


def _verify_stored(work: Work, storage: Storage, manifest: Manifest) -> None:
    for part in parts_of(manifest):
        verify_stored(
            storage,
            part.path,
            part.artifact,
            progress=part.progress(work),
            check_stop=work.check_stop,
        )


def _published(storage: Storage, work: Work) -> bool:
    return storage.exists(manifest_path(work.stack.name, _id(work)))


def _published_output(manifest: Manifest, its_checksum: str) -> JsonObject:
    return {
        "id": manifest.id,
        "bytes": manifest.bytes,
        "stored_bytes": manifest.stored_bytes,
        "checksum": its_checksum,
    }


def _id(work: Work) -> str:
    return backup_id(work.started, work.run)


ACTIONS = (
    Action("repository.begin", NoArgs, begin, by_hand.begin),
    Action("repository.discard", NoArgs, discard, by_hand.discard),
    Action("repository.publish", PublishArgs, publish, by_hand.publish),
    Action("repository.is_published", NoArgs, is_published, by_hand.is_published),
    Action("repository.prune", PruneArgs, prune, by_hand.prune),
    *READING_ACTIONS,
)
