"""Making a backup whole, or nothing of it: begin, publish, discard."""

from datetime import UTC, datetime

from playbooks.actions.repository_copy import COPYING_ACTIONS
from playbooks.actions.repository_prune import PRUNING_ACTIONS
from playbooks.actions.repository_read import READING_ACTIONS
from playbooks.byhand import repository as by_hand
from playbooks.errors import ActionFailed, RepositoryError
from playbooks.model.base import JsonObject, Model, canonical_json
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs, Probe
from playbooks.repository.catalogue import load
from playbooks.repository.codec import verify_stored
from playbooks.repository.consistency import Together, sentence
from playbooks.repository.listing import folder_of, manifest_path
from playbooks.repository.manifest import (
    Manifest,
    Origin,
    StoreEntry,
    backup_id,
    checksum,
    made_by_us,
    parse,
    render,
)
from playbooks.repository.of_stack import new_or_old_repository_of, own_repository_of, repository_of
from playbooks.repository.parts import parts_of
from playbooks.repository.storage import Storage

_BEGUN = "begun.json"


class BeginArgs(Model):
    """`repository` is the URL that was looked at. `new`: nothing was there, so it may be made."""

    repository: str = ""
    new: bool = True


class PublishArgs(Model):
    """`entries` are the outputs of the dump steps, by datastore; `together` what is known of how
    they belong together, or, of what was brought, `brought`: what it is and where it came from."""

    entries: dict[str, StoreEntry]
    origin: Origin
    together: Together | None = None
    brought: str = ""


def begin(work: Work, args: BeginArgs) -> JsonObject:
    """Opens this run's backup, making the repository at first use. `{id, at}`. Idempotent."""
    opened = new_or_old_repository_of if args.new else own_repository_of
    storage = opened(work.stack, work.secrets)
    backup = _id(work)
    begun = f"{folder_of(work.stack.name, backup)}/{_BEGUN}"
    if not storage.exists(begun) and not _published(storage, work):
        text = canonical_json({"run": work.run, "requester": work.requester, "tag": work.tag})
        storage.create(begun, text.encode())
    return {"id": backup, "at": datetime.now(UTC).isoformat()}


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

    `{id, bytes, stored_bytes, checksum}`, and of several datastores `told`. Raises BrokenBackup
    when an artifact is not what was written; then nothing is published.
    """
    if not args.entries:
        raise ActionFailed("There is nothing to publish.", "Name a datastore to back up.")
    storage = repository_of(work.stack, work.secrets)
    manifest = _manifest(work, args, datetime.now(UTC))
    _verify_stored(work, storage, manifest)
    manifest = _stored(storage, manifest)
    storage.remove(f"{folder_of(work.stack.name, manifest.id)}/{_BEGUN}")
    return _published_output(manifest, checksum(render(manifest)))


def is_published(work: Work, _: NoArgs) -> JsonObject:
    """Probe of `repository.publish`."""
    storage = repository_of(work.stack, work.secrets)
    if not _published(storage, work):
        return Probe(state="not_done").model_dump()
    manifest, its_checksum = load(storage, work.stack.name, _id(work))
    output = _published_output(manifest, its_checksum)
    return Probe(state="done", output=output).model_dump()


def _manifest(work: Work, args: PublishArgs, copied: datetime) -> Manifest:
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
        consistency=sentence(args.together, copied) if args.together else args.brought,
    )


def _stored(storage: Storage, manifest: Manifest) -> Manifest:
    """The manifest as it rests: an earlier attempt may have written it, with its own sentence on
    consistency, which knows of its own moment."""
    path, content = manifest_path(manifest.stack, manifest.id), render(manifest)
    if not storage.exists(path):
        storage.create(path, content)
        return manifest
    written = parse(storage.read(path), path)
    if written != manifest.model_copy(update={"consistency": written.consistency}):
        raise RepositoryError(
            f"{path} is there already and says something else.",
            "Ask for the backup again; it gets an id of its own.",
        )
    return written


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
        **_told(manifest),
    }


def _told(manifest: Manifest) -> JsonObject:
    """Of several datastores it matters how they fit each other; of what was brought, what next."""
    if manifest.origin == "given":
        names = " and ".join(
            f"`/ops restore {manifest.stack} {name} {manifest.run}`" for name in manifest.stores
        )
        return {"told": [f"{names} restores it."]}
    if len(manifest.stores) < 2 or manifest.origin == "safety":
        return {}
    said = manifest.consistency
    return {"told": [f"{said[:1].upper()}{said[1:]}."]} if said else {}


def _id(work: Work) -> str:
    return backup_id(work.started, work.run)


ACTIONS = (
    Action("repository.begin", BeginArgs, begin, by_hand.begin),
    Action("repository.discard", NoArgs, discard, by_hand.discard),
    Action("repository.publish", PublishArgs, publish, by_hand.publish),
    Action("repository.is_published", NoArgs, is_published, by_hand.is_published),
    *COPYING_ACTIONS,
    *PRUNING_ACTIONS,
    *READING_ACTIONS,
)
