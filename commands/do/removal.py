"""`kill`, `down` and `clean`: stopping hard, and removing what runs a stack."""

from typing import Annotated

from commands.asking import Intent, Operation
from commands.do.lifecycle import ServiceOfStack
from commands.grammar import Option, Word
from commands.lookup import service_of, stack_named
from commands.naming import Naming
from commands.ports import Call, Context
from commands.subcommand import doing
from notifiers.views.naming import AtStake
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.removal import (
    CleanParams,
    DownParams,
    KillParams,
    stores_in_containers,
)


class WholeStack(Model):
    """A stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


class CleanWords(WholeStack):
    """A stack, its name once more, and why no backup is made first."""

    name: Annotated[
        str, Word("NAME", "the name of the stack once more: all its data are removed")
    ] = ""
    without_backup: Annotated[
        str, Option("make no backup first, and why", "the reason in words", "REASON")
    ] = ""


def _kill(_context: Context, stack: Stack, params: ServiceOfStack) -> Intent:
    service = service_of(stack, params.service)[0] if params.service else None
    return Intent("kill", stack, KillParams(service=service))


def _down(_context: Context, stack: Stack, _params: WholeStack) -> Intent:
    return Intent("down", stack, DownParams())


def _clean(_context: Context, stack: Stack, params: CleanWords) -> Intent:
    if params.name and params.name != stack.name:
        raise BadArgument(
            f"`{params.name}` is not `{stack.name}`: nothing was asked for.",
            f"Type the name of the stack twice: /ops clean {stack.name} {stack.name}",
        )
    reason = params.without_backup.strip()
    saved = () if reason or stack.backup is None else stores_in_containers(stack)
    return Intent("clean", stack, CleanParams(datastores=saved, reason=reason))


def _about_to_clean(context: Context, call: Call, params: CleanWords) -> AtStake:
    plan = _CLEANING.plan(context, call, params, "ask")
    goes = (*plan.affects, *plan.loses) or plan.notes
    stays = (*plan.keeps, *plan.notes) if plan.loses else ()
    return AtStake("Clean", plan.summary, goes, (plan.stack,), stays)


_KILLING = Operation(locate=stack_named, intend=_kill)
_GOING_DOWN = Operation(locate=stack_named, intend=_down)
_CLEANING = Operation(locate=stack_named, intend=_clean)

KILL = doing(
    "kill",
    "end a stack's services at once, or one of them, without giving them time",
    ServiceOfStack,
    _KILLING,
    ("kill harbor api", "kill harbor"),
    "What it may cost is on the card. `stop` lets services end in peace.",
)
DOWN = doing(
    "down",
    "stop a stack and remove its containers and networks; volumes stay",
    WholeStack,
    _GOING_DOWN,
    ("down arc",),
    "`start STACK` makes them anew, with the data that were there.",
)
CLEAN = doing(
    "clean",
    "remove a stack's containers, networks and volumes with all data, after a backup",
    CleanWords,
    _CLEANING,
    ("clean arc", "clean arc arc", 'clean arc arc --without-backup "a copy for tests"'),
    "The name is typed twice so that nobody cleans the wrong one: left out, a window shows "
    "what goes and asks for it. `recover STACK` brings back what was backed up.",
    naming=Naming(left_out=lambda params: not params.name, at_stake=_about_to_clean),
)
