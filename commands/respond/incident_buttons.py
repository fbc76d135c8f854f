"""The buttons of an incident's card, and the windows they open."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType

from commands.lookup import stacks_open_to
from commands.ports import Call, Context, Opening, Reply
from commands.respond.incident import shown
from commands.respond.incident_words import (
    moment_meant,
    priority_meant,
    require,
    require_any,
    stack_meant,
)
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.incident import (
    NOTE,
    OPEN,
    ROLES,
    SHOW,
    TURNS,
    UPDATE,
    incident_line,
    opening_modal,
    text_modal,
)
from playbooks.model.people import Permission
from playbooks.respond.course import Turn
from playbooks.respond.incident import Incident, Role

OnIncident = Callable[[Context, Call, str, datetime], Reply]
OnForm = Callable[[Context, Call, str, Mapping[str, str], datetime], Reply]
_LONGEST_TITLE = 150


def _turn(turn: Turn, context: Context, call: Call, value: str, _: datetime) -> Reply:
    incident = _pressed(context, call, value)
    context.incidents.turn(incident.id, call.actor, turn)
    return Reply()


def _take(role: Role, context: Context, call: Call, value: str, _: datetime) -> Reply:
    """Whoever has the role gives it back by pressing it again."""
    incident = _pressed(context, call, value)
    context.incidents.set_role(incident.id, call.actor, role, call.actor.slack)
    return Reply()


def _ask_text(what: str, context: Context, call: Call, value: str, _: datetime) -> Reply:
    incident = _pressed(context, call, value)
    verb = "note" if what == NOTE else "status"
    typed = Body(text=f"Type it: /ops incident {verb} {incident.id} TEXT")
    return Reply(view=text_modal(incident, what, call.channel), body=typed)


def _show(context: Context, call: Call, value: str, _: datetime) -> Reply:
    incident = _pressed(context, call, value, "read")
    return Reply(body=shown(context, incident, 1))


def _note_filled(
    context: Context, call: Call, value: str, values: Mapping[str, str], _: datetime
) -> Reply:
    incident = _pressed(context, call, value)
    said = values.get("at", "")
    when = moment_meant(context, call, said) if said else None
    context.incidents.note(incident.id, call.actor, values.get("text", ""), when, call.once)
    return _said(f"Noted in {incident.id}.")


def _update_filled(
    context: Context, call: Call, value: str, values: Mapping[str, str], _: datetime
) -> Reply:
    incident = _pressed(context, call, value)
    context.incidents.tell(incident.id, call.actor, values.get("text", ""), call.once)
    return Reply()


def _open_filled(
    context: Context, call: Call, value: str, values: Mapping[str, str], _: datetime
) -> Reply:
    """What the window of a message's shortcut says; `value` is the message's link."""
    stack = stack_meant(context, call, values.get("stack") or "none")
    if not stack:
        require_any(context, call, "ask")
    opening = Opening(
        title=values.get("title", ""),
        priority=priority_meant(values.get("severity") or "P3"),
        stack=stack,
        private="private" in values.get("private", ""),
        source=value,
        once=call.once,
    )
    incident = context.incidents.open(opening, call.actor)
    return _said(incident_line(incident, context.now()))


def ask_opening(context: Context, call: Call, said: str, link: str) -> Reply:
    """The window that a message's shortcut opens, filled in with what the message says."""
    stacks = list(stacks_open_to(context, call, "ask"))
    here = context.incidents.stack_at(call.channel)
    title = " ".join(said.split())[:_LONGEST_TITLE]
    typed = Body(text="Type it: /ops incident open TITLE")
    return Reply(view=opening_modal(call.channel, title, stacks, here, link), body=typed)


def _ask_opening(context: Context, call: Call, _value: str, _: datetime) -> Reply:
    require_any(context, call, "ask")
    return ask_opening(context, call, "", "")


def _pressed(context: Context, call: Call, value: str, permission: Permission = "ask") -> Incident:
    incident = context.incidents.get(value)
    require(context, call, incident, permission)
    return incident


def _said(text: str) -> Reply:
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(text))))


ON_INCIDENTS: Mapping[str, OnIncident] = MappingProxyType(
    {
        **{action: partial(_turn, turn) for action, turn in TURNS.items()},
        **{action: partial(_take, role) for action, role in ROLES.items()},
        NOTE: partial(_ask_text, NOTE),
        UPDATE: partial(_ask_text, UPDATE),
        SHOW: _show,
        OPEN: _ask_opening,
    }
)
OPEN_WINDOWS = frozenset({NOTE, UPDATE, OPEN})
"""Buttons that open a window."""
ON_INCIDENT_FORMS: Mapping[str, OnForm] = MappingProxyType(
    {NOTE: _note_filled, UPDATE: _update_filled, OPEN: _open_filled}
)
