"""Removing the backups that retention lets go, from the repository and from its copies."""

import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from playbooks.byhand import repository as by_hand
from playbooks.errors import RepositoryError
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Work
from playbooks.registry import Action
from playbooks.repository.catalogue import survey
from playbooks.repository.copies import TROUBLES, storage_called
from playbooks.repository.listing import folder_of, manifest_path
from playbooks.repository.manifest import backup_id
from playbooks.repository.of_stack import own_repository_of, owned, scratches_of
from playbooks.repository.retention import Ruling, dead
from playbooks.repository.rules import rules_of
from playbooks.repository.storage import Storage
from playbooks.repository.upkeep import rulings_on

# Plain copies of a restore that waits for a person must outlive a weekend.
_SCRATCH_AGE = timedelta(days=7)


class PruneArgs(Model):
    """`protected` maps ids of backups, or of the runs that made them, to why they stay.

    `remove`, when given, says what was approved: ids by the URL of the repository or of a copy.
    Nothing else is removed.
    """

    protected: dict[str, str] = {}
    remove: dict[str, tuple[str, ...]] | None = None


class Pruned(Model):
    """What became of the backups of one repository: ids, errors, reasons."""

    removed: tuple[str, ...] = ()
    failed: tuple[JsonObject, ...] = ()
    swept: tuple[str, ...] = ()
    kept: dict[str, str] = {}


def prune(work: Work, args: PruneArgs) -> JsonObject:
    """Removes what retention lets go, and what dead runs left. Idempotent.

    `{removed: [id], failed: [{id, error}], swept: [id], kept: {id: reason}, copies: {url: the
    same}, warnings: [sentence]}`. What could not be removed stays listed, and is reported here.
    """
    rules = rules_of(work.stack)
    own = own_repository_of(work.stack, work.secrets)
    primary = _pruned(work, args, own, rules.repository)
    elsewhere = {
        place.repository: _copy_pruned(work, args, place.repository) for place in rules.copies
    }
    _sweep_scratch(work)
    return {
        **primary.model_dump(mode="json"),
        "copies": {url: pruned.model_dump(mode="json") for url, pruned in elsewhere.items()},
        "warnings": _warnings({rules.repository: primary, **elsewhere}),
    }


def _copy_pruned(work: Work, args: PruneArgs, url: str) -> Pruned:
    """A copy that is away is told, and holds up nothing."""
    try:
        storage = owned(storage_called(work.stack, work.secrets, url), work.stack)
        return _pruned(work, args, storage, url)
    except TROUBLES as error:
        return Pruned(failed=({"id": url, "error": str(error)},))


def _pruned(work: Work, args: PruneArgs, storage: Storage, url: str) -> Pruned:
    listing = survey(storage, work.stack.name)
    protected = {backup_id(work.started, work.run): "this run made it", **args.protected}
    rulings = rulings_on(work.stack, work.secrets, listing, work.started, protected)
    removed, failed = _remove(work, storage, _approved(rulings, args, url))
    dead_ones = dead(listing.unfinished, now=work.started, run=work.run)
    swept, unswept = _sweep(work, storage, [d.id for d in dead_ones])
    return Pruned(
        removed=tuple(removed),
        failed=tuple(failed + unswept),
        swept=tuple(swept),
        kept={ruling.id: ruling.reason for ruling in rulings if ruling.keep},
    )


def _approved(rulings: Sequence[Ruling], args: PruneArgs, url: str) -> list[str]:
    """What no rule keeps, and, where people approved a list, is on it."""
    goes = [ruling.id for ruling in rulings if not ruling.keep]
    return goes if args.remove is None else [i for i in goes if i in args.remove.get(url, ())]


def _remove(
    work: Work, storage: Storage, backups: Sequence[str]
) -> tuple[list[str], list[JsonObject]]:
    """The manifest goes first: a backup that is half removed is not listed as one."""
    removed: list[str] = []
    failed: list[JsonObject] = []
    for backup in backups:
        work.check_stop()
        try:
            storage.remove(manifest_path(work.stack.name, backup))
            storage.remove_folder(folder_of(work.stack.name, backup))
        except RepositoryError as error:
            failed.append({"id": backup, "error": str(error)})
            continue
        removed.append(backup)
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


def _warnings(pruned: Mapping[str, Pruned]) -> list[str]:
    """The first of what could not be removed in each repository, and how many more."""
    said = []
    for url, each in pruned.items():
        if each.failed:
            first, more = each.failed[0], len(each.failed) - 1
            rest = f" And {more} more there." if more else ""
            said.append(f"Could not remove {first['id']} from {url}: {first['error']}{rest}")
    return said


PRUNING_ACTIONS = (Action("repository.prune", PruneArgs, prune, by_hand.prune),)
