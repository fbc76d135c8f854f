"""Rehearsing the restore of a folder: unpacked into one of its own, and compared."""

import shutil
from contextlib import suppress
from pathlib import Path

from playbooks.actions.rehearsing import Findings, rehearsal, rehearsing
from playbooks.byhand import rehearse as by_hand
from playbooks.errors import DatastoreError
from playbooks.folders.store import files_store, tar_name
from playbooks.folders.tree import measure
from playbooks.folders.unpack import unpack
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.of_stack import scratch_of
from playbooks.repository.trouble import explained

_FOLDER = "rehearsed"


class RehearseArgs(Model):
    """A datastore of kind files and what was fetched of a backup; `digest` is its index's."""

    datastore: str
    backup: str
    files: dict[str, Path]
    digest: str


def rehearse(work: Work, args: RehearseArgs) -> JsonObject:
    """Unpacks the tar into a folder of its own, reads it whole and removes it. A `Rehearsal`.

    Raises NoSpace, HostError, RepositoryError when the folder cannot be made.
    """
    findings = Findings()
    folder = scratch_of(work.stack) / work.run / _FOLDER / args.datastore
    with explained(str(folder), "unpack into it"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        try:
            with rehearsing(findings):
                _rehearse(work, args, folder, findings)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # others of this run may be beside
                folder.parent.rmdir()
    return rehearsal(findings)


def _rehearse(work: Work, args: RehearseArgs, folder: Path, findings: Findings) -> None:
    name = tar_name(args.datastore)
    if name not in args.files:
        raise DatastoreError(f"the backup has no {name}")
    size = args.files[name].stat().st_size
    with args.files[name].open("rb") as archive:
        unpack(archive, folder, lambda done: work.progress(done, size), work.check_stop)
    findings.passed("unpacks")
    include = files_store(work.stack, args.datastore).include
    found = measure(folder, lambda done: work.progress(done, size), work.check_stop, include)
    findings.look(
        "contents, owners, modes and times",
        [] if found.digest == args.digest else ["what was unpacked is not equal to the backup"],
    )


REHEARSE_ACTIONS = (Action("files.rehearse", RehearseArgs, rehearse, by_hand.files),)
