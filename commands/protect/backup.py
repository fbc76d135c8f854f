"""`backup STACK [DATASTORE|SET|all]`."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_named
from commands.names import found
from commands.ports import Context
from commands.subcommand import Room, Subcommand
from playbooks.datastores.protocol import BackupParams
from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.stack import Stack

_ALL = "all"


class BackupWords(Model):
    """What to back up."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[
        str, Word("DATASTORE|all", "one of its datastores, one of its backup sets, or `all`")
    ] = _ALL


def _intend(_context: Context, stack: Stack, params: BackupWords) -> Intent:
    if stack.backup is None or not stack.datastores:
        raise InputError(
            f"{stack.name} has nothing to back up.",
            "Name its datastores and a `backup.repository` in its stack file.",
        )
    choices: dict[str, tuple[str, ...]] = {name: (name,) for name in stack.datastores}
    choices |= {_ALL: tuple(stack.datastores)} | dict(stack.backup.sets)
    names = found(choices, params.what, "datastore or backup set", stack.name)
    return Intent("backup", stack, BackupParams(datastores=names))


OPERATION = Operation(locate=stack_named, intend=_intend)

BACKUP = Subcommand(
    name="backup",
    room=Room.PROTECT,
    summary="back up a stack's datastores, together in one backup",
    examples=("backup harbor", "backup harbor postgres"),
    permission="ask",
    params=BackupWords,
    handle=OPERATION.ask,
    operation=OPERATION,
)
