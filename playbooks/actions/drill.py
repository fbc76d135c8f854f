"""After the rehearsals of a drill: what is thrown away, and what is noted of it."""

from datetime import UTC, datetime
from typing import Any

from playbooks.errors import DatastoreError, HostError, RepositoryError, UnknownName
from playbooks.hosts.containers import sandbox
from playbooks.hosts.postgres import throwaway
from playbooks.model.base import JsonObject, Model
from playbooks.model.drill import DrillNote, Rehearsal
from playbooks.ports import Work
from playbooks.registry import Action, NoArgs
from playbooks.repository.catalogue import drills_of, load, note_drill
from playbooks.repository.copies import storage_called
from playbooks.sizes import counted


class Rehearsed(Model):
    """One datastore: the backup, the copy it was read from (empty: the primary repository), the
    seconds that fetching took, and what the rehearsal gave."""

    backup: str
    repository: str = ""
    fetched_seconds: float
    rehearsal: Rehearsal


class NoteArgs(Model):
    """What was rehearsed, by datastore."""

    rehearsed: dict[str, Rehearsed]


def clear(work: Work, _: NoArgs) -> JsonObject:
    """Removes every throwaway container, volume, network and server of this run. `{removed}`.

    Idempotent. Raises HostError when something is still there.
    """
    removed = throwaway.clear(work.run)
    if work.stack.compose is not None:
        removed += sandbox.clear(work.run)
    return {"removed": removed}


def note(work: Work, args: NoteArgs) -> JsonObject:
    """Notes every rehearsal beside its backup. `{drills: {datastore: DrillNote}, warnings}`.

    A repository that cannot be written to is a warning: the drill is what it is. Raises
    DatastoreError, in one sentence, when a check failed.
    """
    notes = {name: _note(work, each) for name, each in args.rehearsed.items()}
    warnings = [
        warning
        for name, each in args.rehearsed.items()
        if (warning := _written(work, name, each, notes[name]))
    ]
    failed = [f"{name}: {note.why}" for name, note in notes.items() if not note.passed]
    if failed:
        raise DatastoreError(
            f"The drill of {work.stack.name} found that this backup does not come back whole. "
            + " ".join(f"{each}." for each in failed),
            " ".join(["Make a new backup, and drill that one.", *warnings]),
        )
    return {
        "drills": {name: note.model_dump(mode="json") for name, note in notes.items()},
        "warnings": warnings,
    }


def _note(work: Work, each: Rehearsed) -> DrillNote:
    failed = each.rehearsal.failed
    said = "; ".join(check.detail or check.name for check in failed[:3])
    count = f"{len(failed)} of {counted(len(each.rehearsal.checks), 'check')} failed"
    more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
    return DrillNote(
        at=datetime.now(UTC),
        run=work.run,
        passed=not failed,
        seconds=round(each.fetched_seconds + each.rehearsal.seconds, 3),
        checks=len(each.rehearsal.checks),
        why=f"{count}: {said.rstrip('.')}{more}" if failed else "",
    )


def _written(work: Work, datastore: str, each: Rehearsed, note: DrillNote) -> str:
    """Why it could not be noted, or nothing. Notes of other datastores of the backup stay."""
    stack = work.stack.name
    try:
        storage = storage_called(work.stack, work.secrets, each.repository)
        load(storage, stack, each.backup)
        known = drills_of(storage, stack, each.backup)
        note_drill(storage, stack, each.backup, {**known, datastore: note})
    except (RepositoryError, HostError, UnknownName) as error:
        return f"The drill of {each.backup} could not be noted beside it: {error}"
    return ""


DRILL_ACTIONS: tuple[Action[Any], ...] = (
    Action("drill.clear", NoArgs, clear),
    Action("drill.note", NoteArgs, note),
)
