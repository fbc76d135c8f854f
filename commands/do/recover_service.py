"""`recover-service STACK SERVICE`: up again, and proved well inside the objective."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.do.removal import WholeStack
from commands.grammar import Word
from commands.lookup import service_of, stack_named
from commands.ports import Context
from commands.subcommand import doing
from playbooks.model.stack import Stack
from playbooks.operations.recover_service import RecoverServiceParams


class RecoverServiceWords(WholeStack):
    """Which service."""

    service: Annotated[str, Word("SERVICE", "one of its services")]


def _intend(_context: Context, stack: Stack, params: RecoverServiceWords) -> Intent:
    service = service_of(stack, params.service)[0]
    return Intent("recover-service", stack, RecoverServiceParams(service=service))


OPERATION = Operation(locate=stack_named, intend=_intend)

RECOVER_SERVICE = doing(
    "recover-service",
    "restart a crashed service with what it needs, and prove it well inside the objective",
    RecoverServiceWords,
    OPERATION,
    ("recover-service harbor api",),
    "The objective is `objectives.scenarios.service-crash.rto` of the stack file, else five "
    "minutes; its clock starts when you ask.",
)
