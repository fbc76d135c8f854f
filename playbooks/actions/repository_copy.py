"""Copying published backups to the other repositories of a stack."""

from playbooks.byhand import repository as by_hand
from playbooks.errors import InterlockError, UnknownName
from playbooks.model.base import JsonObject, Model
from playbooks.model.repository import Place
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs
from playbooks.repository.catalogue import load, survey
from playbooks.repository.copies import TROUBLES, copy_backup, missing_at
from playbooks.repository.listing import Summary
from playbooks.repository.manifest import backup_id
from playbooks.repository.of_stack import new_or_old_place_of, repository_of
from playbooks.repository.rules import rules_of
from playbooks.repository.storage import Storage
from playbooks.repository.upkeep import rulings_on


class Copied(Model):
    """What became of the copies at one place: ids, and errors by id (by URL for all of it)."""

    copied: tuple[str, ...] = ()
    missing: dict[str, str] = {}


def copy(work: Work, _: NoArgs) -> JsonObject:
    """Copies this run's backup, and whatever earlier runs could not, to every copy. Idempotent.

    `{copies: {url: {copied: [id], missing: {id: error}}}, warnings: [sentence]}`. A place that
    does not take its copy fails nothing: the backup is published already.
    """
    source = repository_of(work.stack, work.secrets)
    wanted = _wanted(work, source)
    done = {
        place.repository: _copied(work, source, place, wanted)
        for place in rules_of(work.stack).copies
    }
    return {
        "copies": {url: each.model_dump(mode="json") for url, each in done.items()},
        "warnings": [
            f"{len(each.missing)} of {len(wanted)} backups have no copy at {url}, "
            f"such as {next(iter(each.missing))}: {next(iter(each.missing.values()))} "
            "The next backup tries again."
            for url, each in done.items()
            if each.missing
        ],
    }


def _wanted(work: Work, source: Storage) -> tuple[Summary, ...]:
    """The whole backups that retention keeps, newest first."""
    listing = survey(source, work.stack.name)
    mine = {backup_id(work.started, work.run): "this run made it"}
    rulings = rulings_on(work.stack, work.secrets, listing, work.started, mine)
    stays = {ruling.id for ruling in rulings if ruling.keep}
    return tuple(backup for backup in listing.backups if backup.good and backup.id in stays)


def _copied(work: Work, source: Storage, place: Place, wanted: tuple[Summary, ...]) -> Copied:
    try:
        target = new_or_old_place_of(work.stack, place, work.secrets)
        missing = missing_at(target, work.stack.name, wanted)
    except TROUBLES as error:
        return Copied(missing={backup.id: str(error) for backup in wanted})
    copied: list[str] = []
    failed: dict[str, str] = {}
    for backup in missing:
        trouble = _trouble_copying(work, source, target, backup)
        if trouble is None:
            copied.append(backup)
        else:
            failed[backup] = str(trouble)
    return Copied(copied=tuple(copied), missing=failed)


def _trouble_copying(
    work: Work, source: Storage, target: Storage, backup: str
) -> InterlockError | None:
    try:
        manifest, _ = load(source, work.stack.name, backup)
        copy_backup(
            source,
            target,
            manifest,
            progress=work.progress,
            check_stop=work.check_stop,
        )
    except (*TROUBLES, UnknownName) as error:
        return error
    return None


COPYING_ACTIONS = (Action("repository.copy", NoArgs, copy, by_hand.copy),)
