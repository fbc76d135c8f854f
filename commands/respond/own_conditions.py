"""What Interlock watches by itself of a stack, and what of it cannot be measured."""

from collections.abc import Sequence

from commands.ports import Context, OwnCondition
from notifiers.views import blocks
from notifiers.views.text import clip, escape, plural
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack

_VALUES_SHOWN = 4
_PROBLEMS_SHOWN = 8
_LONGEST_VALUE = 120


def watched(context: Context, stack: Stack) -> list[JsonObject]:
    """Each threshold with what was measured last, or why it was not."""
    found = context.conditions.of(stack)
    if not found:
        return []
    lines = [f"Interlock's own {plural(len(found), 'condition')}:", *map(_line, found)]
    return blocks.sections("\n".join(lines))


def unmeasured(context: Context, stacks: Sequence[Stack]) -> list[JsonObject]:
    """Conditions of any of the stacks that cannot be measured now: nothing would fire by them."""
    found = [
        f"• {escape(stack.name)} {escape(each.name)}: {escape(each.problem)}"
        for stack in stacks
        for each in context.conditions.of(stack)
        if each.problem
    ]
    if not found:
        return []
    title = f"{plural(len(found), 'condition')} cannot be measured now:"
    content = blocks.sections("\n".join([title, *found[:_PROBLEMS_SHOWN]]))
    return content + blocks.rest(len(found) - _PROBLEMS_SHOWN, "`/ops alerts STACK` lists all")


def _line(condition: OwnCondition) -> str:
    """`• disk, disk free percent below 15: / 34 % free (by the host)`."""
    opening = f"• {escape(condition.name)}, {escape(condition.shown)}"
    if condition.problem:
        return f"{opening}: not measured, {escape(condition.problem)}"
    values = [clip(escape(value), _LONGEST_VALUE) for value in condition.values]
    said = ", ".join(values[:_VALUES_SHOWN]) or "all is well"
    more = len(values) - _VALUES_SHOWN
    state = " *firing*" if condition.firing else " not long enough yet" if condition.waiting else ""
    by = f" (by {escape(condition.how)})" if condition.how else ""
    return f"{opening}: {said}{f' and {more} more' if more > 0 else ''}{by}{state}"
