"""Backing up a folder: a tar of it, and an index that says what is in it."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from playbooks.actions.files_restore import RESTORE_ACTIONS
from playbooks.actions.storing import entry_of
from playbooks.actions.trees import stored_tree
from playbooks.byhand import files as by_hand
from playbooks.errors import DatastoreError
from playbooks.folders.include import Include
from playbooks.folders.pack import Noticed, Packing
from playbooks.folders.places import place_of
from playbooks.folders.store import files_store
from playbooks.folders.tree import Entry, entries
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action


class DumpArgs(Model):
    """A datastore of kind files, and the id of the backup that is open."""

    datastore: str
    backup: str


def dump(work: Work, args: DumpArgs) -> JsonObject:
    """Stores a folder as it is. The output is its StoreEntry, with these `facts`:

    `path`; `digest` (of the index: what a restore is compared with), `entries`, `files`, `bytes`;
    `changed_while_read` and `skipped`, each `{count, examples}`. Raises DatastoreError, NoSpace.
    """
    began = monotonic()
    store = files_store(work.stack, args.datastore)
    root = place_of(store.path, work.run).live
    if not root.is_dir():
        raise DatastoreError(f"The folder {root} is not there.")
    with tempfile.TemporaryFile() as index:
        packing = Packing(root, index, work.check_stop, store.include)
        artifacts = stored_tree(
            work,
            args.datastore,
            args.backup,
            tar=packing.chunks(),
            index=index,
            total=sum(e.size for e in _all_of(root, store.include) if e.has_content),
        )
    return entry_of(
        args.datastore,
        "files",
        artifacts,
        {
            "path": str(root),
            **asdict(packing.measure()),
            "changed_while_read": _said(packing.changed),
            "skipped": _said(packing.skipped),
        },
        began,
    )


def _all_of(root: Path, include: Include) -> Iterator[Entry]:
    return entries(root, lambda _: None, include)


def _said(noticed: Noticed) -> JsonObject:
    return {"count": noticed.count, "examples": noticed.examples}


ACTIONS = (Action("files.dump", DumpArgs, dump, by_hand.dump), *RESTORE_ACTIONS)
