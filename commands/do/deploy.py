"""`deploy STACK [VERSION]` with its lock, `update`, `migrate`: how versions come."""

from functools import partial
from typing import Annotated

from commands.asking import Intent, Operation, P
from commands.grammar import Option, Word
from commands.lookup import stack_for, stack_named
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, utc
from playbooks.errors import BadArgument, Refused
from playbooks.model.base import Model
from playbooks.model.people import Permission
from playbooks.model.stack import Stack
from playbooks.operations.deploy import DeployParams, MigrateParams, rules_of

_UPDATE = "update"
_LOCK, _UNLOCK = "lock", "unlock"
_CONFIRM = Option("the checklist was gone through")


class DeployWords(Model):
    """What to bring, and how."""

    what: Annotated[
        tuple[str, ...],
        Word(
            "STACK [VERSION]",
            "a stack and the version to bring; or `lock STACK WHY`, or `unlock STACK`",
            rest=True,
        ),
    ]
    way: Annotated[str | None, Option("one of the stack's ways", "its name", "NAME")] = None
    confirm: Annotated[bool, _CONFIRM] = False


class UpdateWords(Model):
    """What to update, and to what."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    version: Annotated[str | None, Word("VERSION", "the version to bring")] = None
    confirm: Annotated[bool, _CONFIRM] = False


class MigrateWords(Model):
    """What to migrate."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    version: Annotated[str | None, Word("VERSION", "the version, where its steps name one")] = None


def way_of(stack: Stack, wanted: str | None, *, update: bool = False) -> str:
    """The way that is meant: the one that is named, `update`, `deploy`, or the only one there is.
    Raises BadArgument with those there are."""
    ways = rules_of(stack).ways
    name = wanted or (_UPDATE if update else "deploy")
    others = [each for each in ways if each != _UPDATE]
    if wanted is None and not update and name not in ways and len(others) == 1:
        return others[0]
    if name in ways:
        return name
    raise BadArgument(
        f"{stack.name} has no way `{name}` to bring a version.",
        f"It has: {', '.join(ways) or 'none'}; `--way NAME` names one.",
    )


def _locate_deploy(
    context: Context, call: Call, params: DeployWords, permission: Permission
) -> Stack:
    if not params.what:
        raise BadArgument("STACK is missing: the name of a stack.")
    return stack_for(context, call, params.what[0], permission)


def _intend_deploy(_context: Context, stack: Stack, params: DeployWords) -> Intent:
    _, *rest = params.what
    if len(rest) > 1:
        raise BadArgument(f"`{' '.join(rest[1:])}` is one word too many after the version.")
    wanted = DeployParams(version=rest[0] if rest else None, way=way_of(stack, params.way))
    return Intent("deploy", stack, wanted)


def _intend_update(_context: Context, stack: Stack, params: UpdateWords) -> Intent:
    way = way_of(stack, None, update=True)
    return Intent("update", stack, DeployParams(version=params.version, way=way))


def _intend_migrate(_context: Context, stack: Stack, params: MigrateWords) -> Intent:
    return Intent("migrate", stack, MigrateParams(version=params.version))


_DEPLOY = Operation(locate=_locate_deploy, intend=_intend_deploy)
_UPDATING = Operation(locate=stack_named, intend=_intend_update)
_MIGRATING = Operation(locate=stack_named, intend=_intend_migrate)


def _handle_deploy(context: Context, call: Call, params: DeployWords) -> Reply:
    first = params.what[0].lower() if params.what else ""
    if first in {_LOCK, _UNLOCK} and first not in context.stacks:
        return (_lock if first == _LOCK else _unlock)(context, call, params.what[1:])
    return _asked(_DEPLOY, context, call, params, confirmed=params.confirm)


def _handle_update(context: Context, call: Call, params: UpdateWords) -> Reply:
    return _asked(_UPDATING, context, call, params, confirmed=params.confirm)


def _asked(
    operation: Operation[P],
    context: Context,
    call: Call,
    params: P,
    *,
    confirmed: bool,
) -> Reply:
    """Where nobody approves, whoever asks goes through the checklist first."""
    _refuse_locked(context, operation.locate(context, call, params, "ask"), call)
    plan = operation.plan(context, call, params, "ask")
    if plan.checklist and not confirmed and context.history.approvals_needed(plan) == 0:
        return Reply(body=_to_confirm(plan.summary, plan.checklist, call))
    return operation.ask(context, call, params)


def _refuse_locked(context: Context, stack: Stack, call: Call) -> None:
    """Before anything is read; the gate looks again."""
    lock = context.deploy_locks.of(stack)
    if lock is not None and lock.person != call.actor.name:
        raise Refused(
            f"{stack.name} is locked by {lock.person} since {utc(lock.at)}: {lock.reason}.",
            f"Ask {lock.person}; `/ops deploy unlock {stack.name}` ends it.",
        )


def _to_confirm(summary: str, checklist: tuple[str, ...], call: Call) -> Body:
    text = f"Before {summary}: is all of this done?"
    items = "\n".join(f"• {escape(item)}" for item in checklist)
    how = f"Then: {code(f'/ops {call.text} --confirm')}"
    said = f"*{escape(text)}*\n{items}\n{how}"
    return Body(text=text, blocks=tuple(blocks.sections(said)))


def _lock(context: Context, call: Call, words: tuple[str, ...]) -> Reply:
    if len(words) < 2:
        raise BadArgument(
            "A lock takes a stack and a reason.", 'For example: `/ops deploy lock harbor "moving"`.'
        )
    stack = stack_for(context, call, words[0], "ask")
    lock = context.deploy_locks.lock(stack, call.actor, " ".join(words[1:]))
    return _said(f"Deploys of {stack.name} are locked for all but you: {lock.reason}")


def _unlock(context: Context, call: Call, words: tuple[str, ...]) -> Reply:
    if len(words) != 1:
        raise BadArgument(
            "Which stack is to be unlocked?", "For example: `/ops deploy unlock harbor`."
        )
    stack = stack_for(context, call, words[0], "ask")
    lock = context.deploy_locks.unlock(stack, call.actor)
    if lock is None:
        return _said(f"Deploys of {stack.name} were not locked.")
    return _said(
        f"Deploys of {stack.name} are open again; {lock.person} had locked them on "
        f"{utc(lock.at)}: {lock.reason}"
    )


def _said(text: str) -> Reply:
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(escape(text)))))


DEPLOY = Subcommand(
    name="deploy",
    room=Room.DO,
    summary="bring a version in the stack's own steps, or keep others from it with a lock",
    examples=(
        "deploy harbor v1.2.3",
        "deploy harbor v1.2.3 --way rolling",
        'deploy lock harbor "moving the database"',
        "deploy unlock harbor",
    ),
    permission="ask",
    params=DeployWords,
    handle=_handle_deploy,
    operation=_DEPLOY,
    notes=(
        "Services come one after the other, each healthy before the next; when one does not get "
        "healthy, all go back to their former images by themselves.",
        "Whoever approves confirms the stack's checklist; where nobody has to, `--confirm` does.",
    ),
)
UPDATE = Subcommand(
    name="update",
    room=Room.DO,
    summary="update an application in place, in the stack's own order",
    examples=("update harbor", "update harbor v1.2.3"),
    permission="ask",
    params=UpdateWords,
    handle=_handle_update,
    operation=_UPDATING,
    notes=("Maintenance that it switches on is switched off in every ending.",),
)
MIGRATE = Subcommand(
    name="migrate",
    room=Room.DO,
    summary="run the stack's migrations, with what is pending first",
    examples=("migrate harbor",),
    permission="ask",
    params=MigrateWords,
    handle=partial(_MIGRATING.ask),
    operation=_MIGRATING,
)
