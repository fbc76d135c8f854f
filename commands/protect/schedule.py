"""`schedule [STACK]`, `schedule pause|resume|run STACK NAME`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from commands.asking import Intent, Operation
from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.names import found
from commands.ports import Call, Context, Fired, Reply, Scheduled
from commands.protect.drill import drill_of
from commands.protect.known import listing
from commands.state import state_of
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, plural
from playbooks.datastores.protocol import BackupParams
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.people import Permission
from playbooks.model.stack import DRILL, Stack

_VERBS = ("pause", "resume", "run")


class ScheduleParams(Model):
    """A stack; or what to do with which schedule of which stack."""

    what: Annotated[
        str | None,
        Word("STACK|pause|resume|run", "the name of a stack, `pause`, `resume` or `run`"),
    ] = None
    stack: Annotated[str | None, Word("STACK", "the name of a stack")] = None
    name: Annotated[str | None, Word("NAME", "the name of a schedule")] = None
    reason: Annotated[tuple[str, ...], Word("REASON", "why it is paused", rest=True)] = ()


def _handle(context: Context, call: Call, params: ScheduleParams) -> Reply:
    match params.what:
        case "pause":
            return _pause(context, call, params)
        case "resume":
            return _resume(context, call, params)
        case "run":
            _only_named(params)
            return OPERATION.ask(context, call, params)
        case None:
            return _list(context, tuple(stacks_open_to(context, call, "read").values()))
        case stack if params.stack is None:
            return _list(context, (stack_for(context, call, stack, "read"),))
        case _:
            raise BadArgument(
                f"`{params.stack}` is one word too many.",
                f"`/ops schedule {params.what}` lists, `/ops schedule run STACK NAME` runs one.",
            )


def _list(context: Context, stacks: Sequence[Stack]) -> Reply:
    seen = [(stack, each) for stack in stacks for each in context.timetable.of(stack)]
    names = ", ".join(stack.name for stack in stacks)
    if not seen:
        text = f"Nothing is scheduled on {names}."
        hint = "`backup.schedules` in a stack file names what is made by itself, and when."
        return Reply(body=Body(text=text, blocks=tuple(blocks.sections(f"{text}\n{hint}"))))
    soonest = min(seen, key=lambda pair: (bool(pair[1].paused), pair[1].next_at))
    text = f"{plural(len(seen), 'schedule')} on {names}; {_soonest(*soonest)}"
    rows = [_row(context, stack, each) for stack, each in seen]
    content = blocks.sections(text)
    columns = ("Stack", "Schedule", "Datastores", "When", "Last", "How it ended", "Next")
    content += blocks.table(columns, rows)
    content += blocks.context(
        f"Times in each schedule's own zone. {code('/ops schedule run STACK NAME')} runs one now"
    )
    return Reply(body=Body(text=text, blocks=tuple(content)))


def _soonest(stack: Stack, each: Scheduled) -> str:
    if each.paused:
        return "all are paused"
    return f"next is {stack.name} {each.name}, {_local(each, each.next_at)}"


def _row(context: Context, stack: Stack, each: Scheduled) -> tuple[str, ...]:
    last = each.last
    return (
        stack.name,
        each.name,
        ", ".join(stack.scheduled(each.schedule)),
        each.schedule.rhythm,
        _local(each, last.at) if last else "never yet",
        _ended(context, last) if last else "",
        each.paused or _local(each, each.next_at),
    )


def _ended(context: Context, last: Fired) -> str:
    if last.request is None:
        return f"{last.state}: {last.why}" if last.why else last.state
    dossier = context.history.dossier(last.request)
    return f"{state_of(context, dossier).state} ({last.request})"


def _local(each: Scheduled, moment: datetime) -> str:
    zone = each.schedule.zone if each.schedule.on != "hourly" else "UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}"


def _pause(context: Context, call: Call, params: ScheduleParams) -> Reply:
    stack, name = _named(context, call, params, "approve")
    reason = " ".join(params.reason)
    if not context.timetable.pause(stack, name, call.actor, reason):
        return _said(f"{name} of {stack.name} is paused already.")
    return _said(
        f"{name} of {stack.name} is paused: nothing is done by it until "
        f"{code(f'/ops schedule resume {stack.name} {name}')}."
    )


def _resume(context: Context, call: Call, params: ScheduleParams) -> Reply:
    _only_named(params)
    stack, name = _named(context, call, params, "ask")
    if not context.timetable.resume(stack, name, call.actor):
        return _said(f"{name} of {stack.name} is not paused.")
    scheduled = next(each for each in context.timetable.of(stack) if each.name == name)
    return _said(f"{name} of {stack.name} goes on, next {_local(scheduled, scheduled.next_at)}.")


def _named(
    context: Context, call: Call, params: ScheduleParams, permission: Permission
) -> tuple[Stack, str]:
    """The stack, where the person has the permission, and the exact name of its schedule."""
    if params.stack is None or params.name is None:
        raise BadArgument(
            f"{'STACK' if params.stack is None else 'NAME'} is missing.",
            f"For example: `/ops schedule {params.what} harbor nightly`; "
            "`/ops schedule` lists what there is.",
        )
    stack = stack_for(context, call, params.stack, permission)
    schedules = stack.schedules
    schedule = found(schedules, params.name, "schedule", stack.name)
    return stack, next(name for name, each in schedules.items() if each is schedule)


def _only_named(params: ScheduleParams) -> None:
    if params.reason:
        raise BadArgument(f"`{' '.join(params.reason)}` is too much; only `pause` takes a reason.")


def _said(line: str) -> Reply:
    return Reply(body=Body(text=line, blocks=tuple(blocks.sections(line))))


def _locate(context: Context, call: Call, params: ScheduleParams, permission: Permission) -> Stack:
    if params.what != "run":
        raise BadArgument(
            "Only `schedule run` can be planned.", "`/ops plan schedule run STACK NAME`."
        )
    return _named(context, call, params, permission)[0]


def _intend(context: Context, stack: Stack, params: ScheduleParams) -> Intent:
    schedules = stack.schedules
    schedule = found(schedules, params.name or "", "schedule", stack.name)
    names = stack.scheduled(schedule)
    if schedule is schedules.get(DRILL):
        backups = listing(context, stack).backups
        return Intent("drill", stack, drill_of(stack, names, "latest", backups, now=context.now()))
    return Intent("backup", stack, BackupParams(datastores=names))


OPERATION = Operation(locate=_locate, intend=_intend)

SCHEDULE = Subcommand(
    name="schedule",
    room=Room.PROTECT,
    summary="what is backed up and drilled by itself: what ran, how it ended, what comes next; "
    "pause, resume or run one",
    examples=(
        "schedule",
        "schedule harbor",
        "schedule run harbor nightly",
        "schedule pause harbor nightly moving to new disks",
        "schedule resume harbor nightly",
    ),
    permission="read",
    params=ScheduleParams,
    handle=_handle,
    operation=OPERATION,
    notes=("`run` and `resume` take those who may ask, `pause` those who may approve.",),
)
