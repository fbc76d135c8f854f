"""`alerts [STACK]`: what fires, who takes care of it, and what could not be read."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.respond.own_conditions import unmeasured, watched
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.alert import alert_line
from notifiers.views.text import ago, escape, plural
from playbooks.model.base import JsonObject

_REFUSED_SHOWN = 5


class AlertsParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None


def _handle(context: Context, call: Call, params: AlertsParams) -> Reply:
    now = context.now()
    if params.stack is not None:
        stack = stack_for(context, call, params.stack, "read")
        found = context.alerts.groups(stack.name)
        ours = watched(context, stack)
    else:
        # What belongs to no stack is shown to everybody who may read anything.
        readable = stacks_open_to(context, call, "read")
        known = {"", *readable}
        found = [group for group in context.alerts.groups() if group.stack in known and readable]
        ours = unmeasured(context, tuple(readable.values()))
    where = f" in {params.stack}" if params.stack else ""
    title = f"{plural(len(found), 'group')} of alerts firing{where}" if found else "Nothing fires"
    content = blocks.sections(f"*{escape(title)}*")
    for group in found:
        content += blocks.sections(alert_line(group, now))
    content += ours + _refused(context)
    words = f"alerts {params.stack}" if params.stack else "alerts"
    return Reply(body=page(title, content, params.page, words))


def _refused(context: Context) -> list[JsonObject]:
    """Sources whose payloads could not be read: an alert may be missing because of it."""
    refused = context.alerts.refused()
    if not refused:
        return []
    lines = [
        f"• {escape(each.source)} {ago(each.at, context.now())}: "
        f"{escape(each.field or 'the body')}: {escape(each.what)}"
        for each in refused[:_REFUSED_SHOWN]
    ]
    title = f"{plural(len(refused), 'payload')} of the last day could not be read or shown:"
    return blocks.sections("\n".join([title, *lines]))


ALERTS = Subcommand(
    name="alerts",
    room=Room.RESPOND,
    summary="what fires, and who takes care of it",
    examples=("alerts", "alerts harbor"),
    permission="read",
    params=AlertsParams,
    handle=_handle,
)
