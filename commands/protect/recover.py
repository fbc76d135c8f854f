"""`recover STACK [SET] [latest|ID|TIME]`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_named
from commands.names import found
from commands.ports import Context
from commands.protect.known import listing
from commands.subcommand import Room, Subcommand
from playbooks.errors import InputError, UnknownName
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.recover import RecoverParams
from playbooks.repository.listing import Summary, find
from playbooks.repository.moments import moment

_ALL = "all"
_LATEST = "latest"


class RecoverWords(Model):
    """What to recover, and from when."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[
        tuple[str, ...],
        Word(
            "SET latest|ID|TIME",
            "one of its backup sets or datastores (`all` without one), then `latest`, the id of a "
            "backup or a time",
            rest=True,
        ),
    ] = ()


def _intend(context: Context, stack: Stack, params: RecoverWords) -> Intent:
    sets = _sets(stack)
    first, *rest = params.what or (_ALL,)
    named = first.lower() in sets
    what, when = (first.lower(), rest) if named else (_ALL, list(params.what))
    wanted = " ".join(when) or _LATEST
    backups = listing(context, stack).backups
    if params.what and not named and not _says_when(wanted, backups, context.now()):
        found(sets, first, "backup set or datastore", stack.name)
    return Intent("recover", stack, resolved(sets[what], what, wanted, backups, context.now()))


def newest(context: Context, stack: Stack) -> Intent:
    """Everything that has a backup, each datastore from its newest."""
    return _intend(context, stack, RecoverWords(stack=stack.name))


def resolved(
    members: Sequence[str],
    what: str,
    wanted: str,
    backups: Sequence[Summary],
    now: datetime,
) -> RecoverParams:
    """The newest of each datastore; where that is one and the same backup, it was made as one.

    Raises UnknownName when nothing fits, InputError when a backup that is named lacks a member of
    the set that is named.
    """
    if any(wanted == b.run or b.id.startswith(wanted) for b in backups):
        return _from_one(members, what, find(backups, wanted, now=now))
    newest = {name: each.id for name in members if (each := _as_of(backups, wanted, now, name))}
    if not newest:
        find(backups, wanted, now=now)
        raise UnknownName(f"No backup of {', '.join(members)} fits {wanted!r}.")
    left_out = tuple(name for name in members if name not in newest)
    return RecoverParams(what=what, backups=newest, left_out=left_out)


def _says_when(wanted: str, backups: Sequence[Summary], now: datetime) -> bool:
    known = any(wanted == b.run or b.id.startswith(wanted) for b in backups)
    return known or wanted.lower() == _LATEST or moment(wanted, now) is not None


def _from_one(members: Sequence[str], what: str, backup: Summary) -> RecoverParams:
    held = {name: backup.id for name in members if name in backup.stores}
    left_out = tuple(name for name in members if name not in held)
    if left_out and what != _ALL:
        raise InputError(
            f"Backup {backup.id} does not hold {', '.join(left_out)} of {what}; "
            f"it holds: {', '.join(backup.stores)}.",
            "Name another backup, or one of the datastores it holds.",
        )
    return RecoverParams(what=what, backups=held, left_out=left_out)


def _as_of(
    backups: Sequence[Summary], wanted: str, now: datetime, datastore: str
) -> Summary | None:
    try:
        return find(backups, wanted, now=now, datastore=datastore)
    except UnknownName:
        return None


def _sets(stack: Stack) -> Mapping[str, tuple[str, ...]]:
    if stack.backup is None or not stack.datastores:
        raise InputError(
            f"{stack.name} has nothing to recover from.",
            "Name its datastores and a `backup.repository` in its stack file.",
        )
    singles = {name: (name,) for name in stack.datastores}
    return singles | {_ALL: tuple(stack.datastores)} | dict(stack.backup.sets)


OPERATION = Operation(locate=stack_named, intend=_intend)

RECOVER = Subcommand(
    name="recover",
    room=Room.PROTECT,
    summary="bring a whole stack back: all down, every datastore restored, all up in its order",
    examples=("recover harbor", "recover harbor full latest", 'recover harbor "today 02:00"'),
    permission="ask",
    params=RecoverWords,
    handle=OPERATION.ask,
    operation=OPERATION,
    notes=(
        "Without a word on when, each datastore comes from its newest backup; it also works when "
        "containers and volumes are gone, and on another host that has the stack file, from a copy "
        "that `backup.copies` names. `restore STACK DATASTORE --undo ID` takes one datastore "
        "back.",
    ),
)
