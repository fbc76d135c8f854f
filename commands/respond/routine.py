"""`routine STACK [NAME] [show|run]`, `routines [STACK]`: checklists at their hours, and how they
stand."""

from typing import Annotated, Literal

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.names import found
from commands.paging import Paged, page
from commands.ports import Attachment, Call, Context, KeptRoutine, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.routine import routine_card, summary, week_report
from notifiers.views.text import ago, code, escape, joined, plural
from notifiers.weeks import week_picture
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.people import Permission
from playbooks.model.stack import Stack


class RoutineParams(Model):
    """Which one, and what to do with it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    name: Annotated[str | None, Word("NAME", "one of its routines; none: all")] = None
    act: Annotated[
        Literal["show", "run"], Word("show|run", "`show` its newest round, or `run` one now")
    ] = "show"


class RoutinesParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None
    act: Annotated[
        Literal["report"] | None, Word("report", "`report`: what was done in the last seven days")
    ] = None


def _handle(context: Context, call: Call, params: RoutineParams) -> Reply:
    permission: Permission = "ask" if params.act == "run" else "read"
    stack = stack_for(context, call, params.stack, permission)
    if params.name is None:
        return _listed(context, call, [stack], 1)
    routine = found(stack.routines, params.name, "routine", stack.name)
    name = next(key for key, value in stack.routines.items() if value is routine)
    if params.act == "run":
        return _run(context, call, stack, name)
    [kept] = [each for each in context.routines.of(stack) if each.name == name]
    if kept.last is not None:
        return Reply(body=routine_card(kept.last, _where(stack)).model_copy(update=_NO_CARD))
    text = f"{name} of {stack.name} has not begun yet; {_when(kept, context)}"
    items = "\n".join(f"• {escape(item.text)}{_looked_at(item.check)}" for item in routine.items)
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(f"*{escape(text)}*\n{items}"))))


def _run(context: Context, call: Call, stack: Stack, name: str) -> Reply:
    round_ = context.routines.begin(stack, name, call.actor, call.once)
    text = f"{name} of {stack.name} has begun: {summary(round_)}. Its card is in #{stack.channel}."
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(escape(text)))))


def _handle_all(context: Context, call: Call, params: RoutinesParams) -> Reply:
    if params.stack is None:
        if params.act is not None:
            raise BadArgument("The report is of one stack.", "`/ops routines STACK report`")
        stacks = [s for s in stacks_open_to(context, call, "read").values() if s.routines]
        return _listed(context, call, stacks, params.page)
    stack = stack_for(context, call, params.stack, "read")
    if params.act is None:
        return _listed(context, call, [stack], params.page)
    week = context.routines.week(stack)
    drawn = week_picture(week, _where(stack), stack.routine_report.zone)
    file = drawn and Attachment(
        name=f"routines-{stack.name}.png",
        title=f"Routines of {_where(stack)}",
        content=drawn,
        media="image/png",
    )
    return Reply(body=week_report(week, _where(stack)), file=file)


def _listed(context: Context, call: Call, stacks: list[Stack], number: int) -> Reply:
    content: list[JsonObject] = []
    count = 0
    for stack in stacks:
        kept = context.routines.of(stack)
        count += len(kept)
        lines = [_line(each, context) for each in kept]
        content += blocks.sections("\n".join([f"*{escape(_where(stack))}*", *lines]))
    title = plural(count, "routine") if count else "No routines: put them into `routines`"
    head = blocks.sections(f"*{escape(title)}*")
    small = blocks.context(f"{code('/ops routine STACK NAME run')} begins one now") if count else []
    return Reply(body=page(title, [*head, *content, *small], number, call.text.split(" --")[0]))


def _line(kept: KeptRoutine, context: Context) -> str:
    last = summary(kept.last) if kept.last else "not begun yet"
    parts = [f"• {escape(kept.name)}", escape(kept.rhythm), plural(kept.items, "item"), last]
    return joined([*parts, _when(kept, context)])


def _when(kept: KeptRoutine, context: Context) -> str:
    return f"next {ago(kept.next_at, context.now())}" if kept.next_at else ""


def _looked_at(check: str) -> str:
    return "" if check == "people" else f" (looked at by itself: {check})"


def _where(stack: Stack) -> str:
    return f"{stack.environment}/{stack.name}"


_NO_CARD = {"metadata": None}

ROUTINE = Subcommand(
    name="routine",
    room=Room.RESPOND,
    summary="a checklist at its hour: what was looked at, what is left, or a round now",
    examples=("routine harbor", "routine harbor morning", "routine harbor morning run"),
    permission="read",
    params=RoutineParams,
    handle=_handle,
    notes=("`run` needs the permission to ask, as ticking does.",),
)
ROUTINES = Subcommand(
    name="routines",
    room=Room.RESPOND,
    summary="checklists of all stacks and how they stand; or the report of a week",
    examples=("routines", "routines harbor", "routines harbor report"),
    permission="read",
    params=RoutinesParams,
    handle=_handle_all,
)
