"""`renew-cert STACK`: the stack's own way to new certificates."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_for
from commands.ports import Call, Context
from commands.subcommand import Room, Subcommand
from playbooks.model.base import Model
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.operations.renew_cert import RenewParams


class RenewWords(Model):
    """Whose certificates."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _locate(context: Context, call: Call, params: RenewWords, permission: Permission) -> Stack:
    return stack_for(context, call, params.stack, permission)


def _intend(_context: Context, stack: Stack, _params: RenewWords) -> Intent:
    return Intent("renew-cert", stack, RenewParams())


OPERATION = Operation(locate=_locate, intend=_intend)

RENEW_CERT = Subcommand(
    name="renew-cert",
    room=Room.DO,
    summary="renew a stack's certificates in its own way, and see the new one served",
    examples=("renew-cert harbor",),
    permission="ask",
    params=RenewWords,
    handle=OPERATION.ask,
    operation=OPERATION,
)
