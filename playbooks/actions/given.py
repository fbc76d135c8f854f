"""Taking in a backup that somebody brings: verified, opened, and stored anew as our own."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from playbooks.actions.brought import AdoptArgs, required, scratch, scratch_folder, stored
from playbooks.byhand import given as by_hand
from playbooks.errors import BrokenBackup
from playbooks.hosts.containers import sandbox
from playbooks.hosts.postgres import throwaway
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.address import Address
from playbooks.repository.codec import (
    plain_name,
    read_artifact,
)
from playbooks.repository.given import GivenBackup, opened
from playbooks.repository.manifest import Artifact, StoreEntry
from playbooks.repository.of_stack import identities_of_stack
from playbooks.repository.storage import Storage, at_folder
from playbooks.repository.trouble import explained


class ClearArgs(Model):
    """A datastore."""

    datastore: str


def adopt(work: Work, args: AdoptArgs) -> JsonObject:
    """Takes one datastore out of a backup's folder. Its StoreEntry, as the backup recorded it.

    Every artifact is compared with the manifest, opened and compared again before it is stored.
    Raises BrokenBackup, WrongKey, NoSpace.
    """
    began, given = monotonic(), opened(required(work, args))
    entry = given.manifest.store(args.datastore)
    artifacts = {each.name: _taken(work, args, given, each) for each in entry.artifacts}
    clear(work, ClearArgs(datastore=args.datastore))
    names = {old: new.name for old, new in artifacts.items()}
    adopted = StoreEntry(
        datastore=args.datastore,
        kind=entry.kind,
        artifacts=tuple(artifacts.values()),
        facts=_renamed(entry.facts, names),
        seconds=round(monotonic() - began, 3),
    )
    _require_kind(work, args.datastore, adopted)
    return adopted.model_dump(mode="json")


def clear(work: Work, args: ClearArgs) -> JsonObject:
    """Removes plain copies and throwaway servers of this run. `{}`. Idempotent."""
    throwaway.clear(work.run)
    if work.stack.compose is not None:
        sandbox.clear(work.run)
    folder = scratch_folder(work, args.datastore)
    if folder.is_dir():
        with explained(str(folder), "remove it"):
            shutil.rmtree(folder)
    return {}


def _taken(work: Work, args: AdoptArgs, given: GivenBackup, artifact: Artifact) -> Artifact:
    plain = scratch(work, args.datastore) / plain_name(artifact)
    read_artifact(
        _storage(given.folder),
        artifact.name,
        artifact,
        identities=identities_of_stack(work.stack, work.secrets),
        destination=plain,
        progress=work.progress,
        check_stop=work.check_stop,
    )
    compress = artifact.codec.startswith("zstd")
    taken = stored(work, args, plain, plain.name, artifact.media, compress=compress)
    plain.unlink()
    return taken


def _storage(folder: Path) -> Storage:
    return at_folder(Address(f"file://{folder}"))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Facts name artifacts, whose names say how they are stored."""
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def _require_kind(work: Work, datastore: str, entry: StoreEntry) -> None:
    kind = work.stack.datastore(datastore).kind
    if entry.kind != kind:
        raise BrokenBackup(
            f"The backup's {datastore} is of kind {entry.kind}, and that of {work.stack.name} is "
            f"{kind}.",
            "Restore it into a stack whose datastore is of the same kind.",
        )


ACTIONS = (
    Action("given.adopt", AdoptArgs, adopt, by_hand.adopt),
    Action("given.clear", ClearArgs, clear, by_hand.clear),
)
