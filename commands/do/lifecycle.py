"""`start`, `stop`, `restart` and `reload`: whole stacks or one service."""

from functools import partial
from typing import Annotated, Literal

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import service_of, stack_named
from commands.ports import Context
from commands.subcommand import Subcommand, doing
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.lifecycle import LifecycleParams


class ServiceOfStack(Model):
    """A stack, or one of its services."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[str | None, Word("SERVICE", "one of its services; none: all")] = None


def _intend(operation: str, _context: Context, stack: Stack, params: ServiceOfStack) -> Intent:
    service = service_of(stack, params.service)[0] if params.service else None
    return Intent(operation, stack, LifecycleParams(service=service))


def _subcommand(
    name: Literal["start", "stop", "restart", "reload"], summary: str
) -> Subcommand[ServiceOfStack]:
    operation: Operation[ServiceOfStack] = Operation(stack_named, partial(_intend, name))
    return doing(name, summary, ServiceOfStack, operation, (f"{name} harbor", f"{name} harbor api"))


START = _subcommand("start", "start a stack's services in their order, or one of them")
STOP = _subcommand("stop", "stop a stack's services in reverse order, or one of them")
RESTART = _subcommand("restart", "stop and start again, waiting for health")
RELOAD = _subcommand("reload", "take up new settings without a stop, where a service can")
