"""`drill STACK [DATASTORE|SET|all] [latest|ID|TIME]`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_named
from commands.names import found
from commands.ports import Context
from commands.protect.known import listing
from commands.subcommand import Room, Subcommand
from playbooks.datastores.catalogue import can_be_drilled
from playbooks.errors import InputError, UnknownName
from playbooks.model.base import Model
from playbooks.model.stack import Stack
from playbooks.operations.drill import StackDrillParams
from playbooks.repository.listing import Summary, find

_ALL = "all"
_LATEST = "latest"


class DrillWords(Model):
    """What to rehearse, and from which backup."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[
        str, Word("DATASTORE|SET|all", "one of its datastores, one of its backup sets, or `all`")
    ] = _ALL
    backup: Annotated[
        tuple[str, ...],
        Word("latest|ID|TIME", "`latest`, the id of a backup, or a time", rest=True),
    ] = ()


def drill_of(
    stack: Stack,
    names: Sequence[str],
    wanted: str,
    backups: Sequence[Summary],
    *,
    now: datetime,
    origin: Literal["asked", "scheduled"] = "asked",
) -> StackDrillParams:
    """Each datastore from the backup that is meant for it: of `latest` its own newest one.

    Of several, those that cannot be drilled or have no such backup are left out, and named so.
    Raises UnknownName, with what there is, when none is left, or the one has none.
    """
    chosen: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name in names:
        if len(names) > 1 and not can_be_drilled(stack, name):
            left_out[name] = f"restores of {stack.datastores[name].kind} cannot be rehearsed"
            continue
        try:
            chosen[name] = find(backups, wanted, now=now, datastore=name).id
        except UnknownName as error:
            left_out[name] = error.message.rstrip(".")
            if len(left_out) == len(names):
                raise
    if not chosen:
        raise UnknownName(
            f"There is nothing to drill on {stack.name}: "
            + "; ".join(f"{name}: {why}" for name, why in left_out.items())
            + "."
        )
    return StackDrillParams(
        datastores=tuple(chosen), backup=chosen, left_out=left_out, origin=origin
    )


def _intend(context: Context, stack: Stack, params: DrillWords) -> Intent:
    if stack.backup is None or not stack.datastores:
        raise InputError(
            f"{stack.name} has no backups to rehearse.",
            "Name its datastores and a `backup.repository` in its stack file.",
        )
    choices: dict[str, tuple[str, ...]] = {name: (name,) for name in stack.datastores}
    choices |= {_ALL: tuple(stack.datastores)} | dict(stack.backup.sets)
    names = found(choices, params.what, "datastore or backup set", stack.name)
    wanted = " ".join(params.backup) or _LATEST
    backups = listing(context, stack).backups
    return Intent("drill", stack, drill_of(stack, names, wanted, backups, now=context.now()))


OPERATION = Operation(locate=stack_named, intend=_intend)

DRILL = Subcommand(
    name="drill",
    room=Room.PROTECT,
    summary="restore backups in throwaway places, check what comes back, and time it",
    examples=(
        "drill harbor",
        "drill harbor postgres",
        "drill harbor postgres 20261122-010203-k3f9q2",
    ),
    permission="ask",
    params=DrillWords,
    handle=OPERATION.ask,
    operation=OPERATION,
    notes=(
        "Nothing of the live stack is touched, and what is made is removed in every ending.",
        "`drill` in a stack file says when it happens by itself, and what is asked of the data.",
    ),
)
