"""`maintenance STACK [status|on|off|schedule|cancel]`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator

from commands import coming
from commands.asking import Intent, Operation
from commands.grammar import Option, Word
from commands.lookup import stack_for, stack_named
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, how_long, when
from playbooks.errors import BadArgument
from playbooks.gate.duration import parse_duration
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import Facts
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance, Window
from playbooks.operations.maintenance import (
    CancelParams,
    OffParams,
    OnParams,
    WindowParams,
    rules_of,
)
from playbooks.operations.maintenance_checks import STATE, lifting_line, lifting_needs

_SECONDS = 3.0
_FORM = "{date_short_pretty} {time}"
What = Literal["status", "on", "off", "schedule", "cancel"]
Span = Annotated[timedelta, BeforeValidator(parse_duration)]


class MaintenanceWords(Model):
    """Of which stack, and what about it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    what: Annotated[
        What, Word("on|off|schedule|cancel|status", "`on`, `off`, `schedule`, `cancel`, `status`")
    ] = "status"
    window: Annotated[str | None, Word("WINDOW", "the id of a planned window to cancel")] = None
    for_: Annotated[Span | None, Option("how long it lasts", "a span like `30m` or `2h`", "2h")] = (
        None
    )
    at: Annotated[str | None, Option("when it begins", coming.EXPECTED, "TIME")] = None
    message: Annotated[str, Option("what users read", "text in quotes", "TEXT")] = ""


def _handle(context: Context, call: Call, params: MaintenanceWords) -> Reply:
    if params.what != "status":
        return OPERATION.ask(context, call, params)
    stack = stack_for(context, call, params.stack, "read")
    rules_of(stack)
    facts = context.facts.read(stack, [STATE, *lifting_needs(stack)], within=_SECONDS)
    return Reply(body=_status(context, stack, facts))


def _intend(context: Context, stack: Stack, params: MaintenanceWords) -> Intent:
    _only_what_fits(params)
    match params.what:
        case "on":
            on = OnParams(message=params.message, lasting=params.for_)
            return Intent("maintenance-on", stack, on)
        case "off":
            return Intent("maintenance-off", stack, OffParams())
        case "schedule":
            return Intent("maintenance-window", stack, _window(context, stack, params))
        case "cancel":
            window = params.window or _only_window(context, stack)
            return Intent("maintenance-cancel", stack, CancelParams(window=window))
        case "status":
            raise BadArgument(
                "There is nothing to plan: `status` only looks.",
                f"`/ops maintenance {stack.name}` shows how it stands.",
            )


def _window(context: Context, stack: Stack, params: MaintenanceWords) -> WindowParams:
    if params.at is None:
        raise BadArgument("`--at` is missing.", f"It is {coming.EXPECTED}.")
    try:
        starts = coming.coming(params.at, context.now())
    except ValueError as error:
        raise BadArgument(f"`--at`: {error}.", f"It should be {coming.EXPECTED}.") from error
    lasting = params.for_ or rules_of(stack).lasting
    return WindowParams(starts=starts, ends=starts + lasting, message=params.message)


def _only_what_fits(params: MaintenanceWords) -> None:
    """Nothing that was typed is passed over in silence."""
    given = {
        "--at": params.at is not None,
        "--for": params.for_ is not None,
        "--message": bool(params.message),
        f"{params.window}": params.window is not None,
    }
    fitting = {
        "on": {"--for", "--message"},
        "schedule": {"--at", "--for", "--message"},
        "cancel": {f"{params.window}"},
    }
    stray = [
        name for name, typed in given.items() if typed and name not in fitting.get(params.what, ())
    ]
    if stray:
        hint = "`schedule --at TIME` plans a window." if "--at" in stray else ""
        raise BadArgument(f"`{stray[0]}` does not go with `{params.what}`.", hint)


def _only_window(context: Context, stack: Stack) -> str:
    planned = context.maintenances.windows(stack.name)
    if len(planned) != 1:
        known = ", ".join(each.id for each in planned) or "none"
        raise BadArgument("WINDOW is missing: which planned one?", f"There is: {known}.")
    return planned[0].id


def _status(context: Context, stack: Stack, facts: Facts) -> Body:
    now, state = context.now(), context.maintenances.of(stack.name)
    shown = facts.get(STATE)
    text = f"{stack.environment}/{stack.name} {_headline(state, shown, now)}"
    lines = [f"*{escape(text)}*"]
    if state is not None:
        lines.append(f"Users read: {escape(state.message)}")
        lines.append(f"Ends {when(state.until, _FORM)}, asked for by {escape(state.person)}")
    lines += _contradiction(state, shown, facts)
    if state is not None:
        verdict = lifting_line(stack, facts)
        lines.append(f"{verdict.label} {escape(verdict.value)}")
    content = blocks.sections("\n".join(lines))
    content += _planned(context.maintenances.windows(stack.name))
    checklist = rules_of(stack).checklist
    if checklist:
        items = "\n".join(f"• {escape(item)}" for item in checklist)
        content += blocks.sections(f"*Before it begins*\n{items}")
    return Body(text=text, blocks=tuple(content + blocks.context(_next_act(stack, state))))


def _headline(state: UnderMaintenance | None, shown: JsonObject | None, now: datetime) -> str:
    if state is not None:
        late = ", past its end" if state.late(now) else ""
        return f"has been under maintenance {how_long(state.since, now)}{late}"
    if shown is not None and shown["on"]:
        return "is under maintenance, though not by Interlock"
    return "is not under maintenance"


def _contradiction(
    state: UnderMaintenance | None, shown: JsonObject | None, facts: Facts
) -> Sequence[str]:
    if shown is None:
        why = facts.missing.get(STATE.key, "it was not read")
        return [f"What users see is unknown: {escape(why)}"]
    if state is not None and not shown["on"]:
        return ["Yet users do not see it: the switch was turned by another hand."]
    return []


def _planned(windows: Sequence[Window]) -> list[JsonObject]:
    if not windows:
        return []
    lines = [
        f"• {code(each.id)} from {when(each.starts, _FORM)} until {when(each.ends, _FORM)}, "
        f"asked for by {escape(each.person)}: {escape(each.message)}"
        for each in windows
    ]
    return blocks.sections("\n".join(["*Planned*", *lines]))


def _next_act(stack: Stack, state: UnderMaintenance | None) -> str:
    if state is not None:
        lift, longer = f"/ops maintenance {stack.name} off", "on --for 1h"
        return f"{code(lift)} lifts it, {code(longer)} makes it longer"
    return f"{code(f'/ops maintenance {stack.name} on --for 2h')} switches it on"


OPERATION = Operation(locate=stack_named, intend=_intend)
MAINTENANCE = Subcommand(
    name="maintenance",
    room=Room.DO,
    summary="tell the users of a stack that it is under maintenance, now or at a time to come",
    examples=(
        "maintenance harbor",
        'maintenance harbor on --for 1h --message "Back at ten"',
        "maintenance harbor off",
        'maintenance harbor schedule --at "tomorrow 22:00" --for 2h',
    ),
    permission="ask",
    params=MaintenanceWords,
    handle=_handle,
    operation=OPERATION,
    notes=(
        "It always has an end. Ten minutes before, the channel is told; at the end it is lifted by "
        "itself where all services are well and no run goes on, else people are asked.",
        "A window is announced before in the stack's channels, and begins by itself.",
    ),
)
