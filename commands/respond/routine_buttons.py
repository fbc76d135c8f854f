"""The buttons of a routine's card."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from commands.ports import Call, Context, Reply
from notifiers.views.routine import AGAIN, TICK, UNTICK, pressed_line
from playbooks.errors import BadArgument, UnknownName

OnRoutine = Callable[[Context, Call, str, datetime], Reply]


def _tick(context: Context, call: Call, value: str, _: datetime) -> Reply:
    id_, number = _changeable(context, call, value)
    context.routines.tick(id_, number, call.actor)
    return Reply()


def _untick(context: Context, call: Call, value: str, _: datetime) -> Reply:
    id_, number = _changeable(context, call, value)
    context.routines.untick(id_, number, call.actor)
    return Reply()


def _again(context: Context, call: Call, value: str, _: datetime) -> Reply:
    id_, __ = _changeable(context, call, value)
    context.routines.look_again(id_, call.actor)
    return Reply()


def _changeable(context: Context, call: Call, value: str) -> tuple[str, int]:
    """The round and the number of its line, where this person may ask for things."""
    try:
        id_, number = pressed_line(value)
    except ValueError as error:
        raise BadArgument(f"The button carries {value[:80]!r}, which names no item.") from error
    name = id_.partition("/")[0]
    if name not in context.stacks:
        raise UnknownName(f"There is no stack {name!r} any more.")
    context.access.require(call.actor, "ask", context.stacks[name])
    return id_, number


ON_ROUTINES: Mapping[str, OnRoutine] = MappingProxyType(
    {TICK: _tick, UNTICK: _untick, AGAIN: _again}
)
