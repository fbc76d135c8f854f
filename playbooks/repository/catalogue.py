"""Which backups there are. The repository describes itself: only its own objects are read."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from playbooks.errors import BrokenBackup, NewerFormat, RepositoryError, UnknownName
from playbooks.model.base import canonical_json
from playbooks.model.drill import DrillNote
from playbooks.repository.listing import (
    DRILLED,
    MANIFEST,
    Drilled,
    Listing,
    Summary,
    Unfinished,
    Unreadable,
    folder_of,
    manifest_path,
    problem_of,
    started_of,
    summary_of,
)
from playbooks.repository.manifest import BACKUP_ID, Manifest, checksum, parse
from playbooks.repository.storage import Storage, Stored


def survey(storage: Storage, stack: str) -> Listing:
    """Reads all manifests of a stack. Sizes of the artifacts are compared, contents are not."""
    found = storage.objects(stack)
    sizes = _sizes_by_folder(found, stack)
    backups: list[Summary] = []
    unreadable: list[Unreadable] = []
    unfinished: list[Unfinished] = []
    for folder in sorted({*storage.folders(stack), *sizes}, reverse=True):
        objects = sizes.get(folder, {})
        if MANIFEST not in objects:
            unfinished.append(
                Unfinished(id=folder, bytes=sum(objects.values()), since=started_of(folder))
            )
            continue
        try:
            manifest, _ = load(storage, stack, folder)
        except (BrokenBackup, NewerFormat) as error:
            unreadable.append(Unreadable(id=folder, problem=str(error)))
            continue
        drills = drills_of(storage, stack, folder) if DRILLED in objects else {}
        backups.append(summary_of(manifest, problem_of(manifest, objects), drills))
    backups.sort(key=lambda b: (b.made_at, b.id), reverse=True)
    return Listing(
        backups=tuple(backups), unreadable=tuple(unreadable), unfinished=tuple(unfinished)
    )


def look_at(storage: Storage, stack: str, backup: str) -> tuple[Manifest, str, str]:
    """As `load`, and what is wrong with the artifacts by their sizes.

    Raises UnknownName, BrokenBackup, NewerFormat.
    """
    manifest, its_checksum = load(storage, stack, backup)
    found = storage.objects(folder_of(stack, backup))
    sizes = _sizes_by_folder(found, stack).get(backup, {})
    return manifest, its_checksum, problem_of(manifest, sizes)


def note_drill(storage: Storage, stack: str, backup: str, drills: Mapping[str, DrillNote]) -> None:
    """Notes in the repository itself how restores of this backup's datastores were rehearsed."""
    noted = {name: drill.model_dump(mode="json") for name, drill in drills.items()}
    with storage.writing(f"{folder_of(stack, backup)}/{DRILLED}") as sink:
        sink.write((canonical_json({"drills": noted}) + "\n").encode())


def drills_of(storage: Storage, stack: str, backup: str) -> dict[str, DrillNote]:
    """What is noted of rehearsals, by datastore. A note that cannot be read counts as none: it is
    no part of the backup."""
    path = f"{folder_of(stack, backup)}/{DRILLED}"
    try:
        if not storage.exists(path):
            return {}
        return Drilled.model_validate_json(storage.read(path)).drills
    except (RepositoryError, ValidationError):
        return {}


def load(storage: Storage, stack: str, backup: str) -> tuple[Manifest, str]:
    """A backup's manifest and the checksum of its file.

    Raises UnknownName, BrokenBackup, NewerFormat.
    """
    path = manifest_path(stack, backup)
    if not BACKUP_ID.match(backup) or not storage.exists(path):
        raise UnknownName(
            f"{stack} has no backup {backup!r}.", f"`/ops backups {stack}` lists them."
        )
    content = storage.read(path)
    manifest = parse(content, path)
    if manifest.id != backup or manifest.stack != stack:
        raise BrokenBackup(
            f"{path} describes backup {manifest.id} of {manifest.stack}: it was moved here.",
            "Move it back to its own folder.",
        )
    return manifest, checksum(content)


def _sizes_by_folder(objects: Sequence[Stored], stack: str) -> dict[str, dict[str, int]]:
    sizes: dict[str, dict[str, int]] = {}
    for stored in objects:
        folder, _, name = stored.path.removeprefix(f"{stack}/").partition("/")
        if name:
            sizes.setdefault(folder, {})[name] = stored.bytes
    return sizes
