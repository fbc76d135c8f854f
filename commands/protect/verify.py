"""`verify STACK [all|latest|ID|TIME]`."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_named
from commands.ports import Context
from commands.protect.known import meant
from commands.subcommand import Room, Subcommand
from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.verify import VerifyParams
from playbooks.operations.verify_all import VerifyAllParams

_ALL = "all"


class VerifyWords(Model):
    """Which backups to read whole."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    backup: Annotated[
        tuple[str, ...],
        Word("all|latest|ID|TIME", "`all` (also in copies), `latest`, an id or a time", rest=True),
    ] = (_ALL,)


def _intend(context: Context, stack: Stack, params: VerifyWords) -> Intent:
    if stack.backup is None:
        raise InputError(
            f"{stack.name} has no backups.", "Name a `backup.repository` in its stack file."
        )
    wanted = " ".join(params.backup)
    if wanted.lower() in {_ALL, ""}:
        return Intent("verify-all", stack, VerifyAllParams())
    return Intent("verify", stack, VerifyParams(backup=meant(context, stack, wanted).id))


OPERATION = Operation(locate=stack_named, intend=_intend)

VERIFY = Subcommand(
    name="verify",
    room=Room.PROTECT,
    summary="read a stack's backups whole and compare every checksum, in copies too",
    examples=("verify harbor all", "verify harbor latest"),
    permission="ask",
    params=VerifyWords,
    handle=OPERATION.ask,
    operation=OPERATION,
)
