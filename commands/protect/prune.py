"""`prune STACK`."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_named
from commands.ports import Context
from commands.subcommand import Room, Subcommand
from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.prune import PruneParams


class PruneWords(Model):
    """Whose backups."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _intend(_context: Context, stack: Stack, _params: PruneWords) -> Intent:
    if stack.backup is None:
        raise InputError(
            f"{stack.name} has no backups.", "Name a `backup.repository` in its stack file."
        )
    return Intent("prune", stack, PruneParams())


OPERATION = Operation(locate=stack_named, intend=_intend)

PRUNE = Subcommand(
    name="prune",
    room=Room.PROTECT,
    summary="remove the backups that retention lets go, after saying which and why",
    examples=("prune harbor",),
    permission="ask",
    params=PruneWords,
    handle=OPERATION.ask,
    operation=OPERATION,
    notes=(
        "The last good and the last drilled backup of every datastore stay, whatever `retention` "
        "in the stack file says. `plan prune STACK` is the dry run.",
    ),
)
