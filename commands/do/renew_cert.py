"""`renew-cert STACK [ENDPOINT]`: the stack's own way to a new certificate."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_named
from commands.names import found
from commands.ports import Context
from commands.subcommand import doing
from playbooks.errors import InputError
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.renew_cert import RenewParams


class RenewWords(Model):
    """Which certificate."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    endpoint: Annotated[
        str | None, Word("ENDPOINT", "one of its https addresses; none: the only one")
    ] = None


def _intend(_context: Context, stack: Stack, params: RenewWords) -> Intent:
    ways = {name: name for name in stack.tls.renew}
    if params.endpoint is None and len(ways) == 1:
        return Intent("renew-cert", stack, RenewParams(endpoint=next(iter(ways))))
    if not ways:
        raise InputError(
            f"{stack.name} does not say how its certificates are renewed.",
            "Name the steps by endpoint as `tls.renew` in the stack file.",
        )
    name = found(ways, params.endpoint or "", "certificate that it renews", stack.name)
    return Intent("renew-cert", stack, RenewParams(endpoint=name))


OPERATION = Operation(locate=stack_named, intend=_intend)

RENEW_CERT = doing(
    "renew-cert",
    "renew a stack's certificate in its own way, and see the new one served",
    RenewWords,
    OPERATION,
    ("renew-cert harbor", "renew-cert harbor api"),
)
