"""Backing up a folder: a tar of it, and an index that says what is in it."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from time import monotonic
from typing import IO

from playbooks.actions.files_restore import RESTORE_ACTIONS
from playbooks.byhand import files as by_hand
from playbooks.errors import DatastoreError
from playbooks.folders.pack import Noticed, Packing
from playbooks.folders.places import place_of
from playbooks.folders.store import INDEX_MEDIA, TAR_MEDIA, files_store, index_name, tar_name
from playbooks.folders.tree import READ_BYTES, entries
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.catalogue import folder_of
from playbooks.repository.codec import codec_for, stored_name, write_artifact
from playbooks.repository.manifest import Artifact, StoreEntry
from playbooks.repository.of_stack import recipients_of_stack, repository_of


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
    root = place_of(files_store(work.stack, args.datastore).path, work.run).live
    if not root.is_dir():
        raise DatastoreError(f"The folder {root} is not there.")
    with tempfile.TemporaryFile() as index:
        packing = Packing(root, index, work.check_stop)
        parts = (
            (tar_name(args.datastore), TAR_MEDIA, packing.chunks()),
            (index_name(args.datastore), INDEX_MEDIA, _pieces(index)),
        )
        total = sum(e.size for e in entries(root, lambda _: None) if e.has_content)
        tar, listing = (_write(work, args, *part, total=total) for part in parts)
    entry = StoreEntry(
        datastore=args.datastore,
        kind="files",
        artifacts=(tar, listing),
        facts={
            "path": str(root),
            **asdict(packing.measure()),
            "changed_while_read": _said(packing.changed),
            "skipped": _said(packing.skipped),
        },
        seconds=round(monotonic() - began, 3),
    )
    return entry.model_dump(mode="json")


def _write(
    work: Work, args: DumpArgs, name: str, media: str, chunks: Iterable[bytes], *, total: int
) -> Artifact:
    recipients = recipients_of_stack(work.stack)
    codec = codec_for(compress=True, recipients=recipients)
    return write_artifact(
        repository_of(work.stack, work.secrets),
        f"{folder_of(work.stack.name, args.backup)}/{stored_name(name, codec)}",
        chunks,
        codec=codec,
        recipients=recipients,
        finish=work.check_stop,
        progress=work.progress,
        check_stop=work.check_stop,
        total=total,
        media=media,
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(READ_BYTES):
        yield chunk


def _said(noticed: Noticed) -> JsonObject:
    return {"count": noticed.count, "examples": noticed.examples}


ACTIONS = (Action("files.dump", DumpArgs, dump, by_hand.dump), *RESTORE_ACTIONS)
