"""From what a button or a window carries to its group of alerts."""

from commands.ports import Call, Context
from playbooks.errors import BadArgument, Refused
from playbooks.respond.alert import Group


def changeable(context: Context, call: Call, value: str) -> Group:
    """The group, where this person may ask for things in its stack, or in any if it has none."""
    group = pressed_group(context, value)
    require_care(context, call, group.stack)
    return group


def require_care(context: Context, call: Call, stack: str) -> None:
    """Raises Refused unless this person may ask for things in the stack, or in any where it is none
    of ours."""
    if stack in context.stacks:
        context.access.require(call.actor, "ask", context.stacks[stack])
    elif not any(context.access.may(call.actor, "ask", s) for s in context.stacks.values()):
        raise Refused("You may not take care of alerts.", "Ask for a role that may `ask`.")


def pressed_group(context: Context, value: str) -> Group:
    """The group of a button. Raises Refused when its card speaks of what is long over."""
    key, separator, episode = value.partition(":")
    if not (separator and episode.isdigit()):
        raise BadArgument(f"The button carries {value[:80]!r}, which names no alert.")
    group = context.alerts.group(key)
    if group.episode != int(episode):
        raise Refused("This alert is over; it has fired again since.", "Use its newest card.")
    return group
