"""Whether a folder differs from its newest backup."""

from playbooks.errors import DatastoreError, FactUnavailable, InterlockError
from playbooks.facts.repository_standing import never_begun
from playbooks.folders.places import place_of
from playbooks.folders.store import files_store
from playbooks.folders.tree import measure
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader
from playbooks.repository.copies import holding, survey_everywhere


class StoreArgs(Model):
    """A datastore of kind files."""

    datastore: str


def changed(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{changed, backup}`: by the digest of everything in it, contents, owners, modes and times.

    `backup` is the newest one that holds it, null where there is none: that counts as changed.
    Safety backups are not looked at. Reads the whole folder.
    """
    store = files_store(reading.stack, args.datastore)
    try:
        newest = _newest(reading, args.datastore)
        if newest is None:
            return {"changed": True, "backup": None}
        manifest = holding(reading.stack, reading.secrets, newest).manifest
        then = manifest.store(args.datastore).facts["digest"]
        root = place_of(store.path, "").live
        if not root.is_dir():
            raise DatastoreError(f"The folder {root} is not there.")
        now = measure(root, lambda _: None, lambda: None, store.include)
    except (InterlockError, OSError) as error:
        raise FactUnavailable(str(error)) from error
    return {"changed": now.digest != then, "backup": newest}


def _newest(reading: Reading, datastore: str) -> str | None:
    if never_begun(reading):
        return None
    for backup in survey_everywhere(reading.stack, reading.secrets).backups:
        if backup.good and backup.origin != "safety" and datastore in backup.stores:
            return backup.id
    return None


READERS = (Reader("files.changed", StoreArgs, changed),)
