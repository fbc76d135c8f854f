"""The buttons of an alert's card."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from commands.dispatch import answer
from commands.ports import Call, Context, Reply
from commands.respond.pressed import changeable, pressed_group, require_care
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.alert import DO, SILENCE_HOURS
from notifiers.views.alert_form import silence_form
from notifiers.views.silences import END
from notifiers.views.text import escape
from playbooks.errors import Refused
from playbooks.model.alert_help import MOST_ACTIONS, typed
from playbooks.respond.alert import Group
from playbooks.respond.incident import Incident

OnAlert = Callable[[Context, Call, str, datetime], Reply]


def _acknowledge(context: Context, call: Call, value: str, _: datetime) -> Reply:
    group = changeable(context, call, value)
    if group.firing and group.acknowledged_at is None:
        context.alerts.acknowledge(group.key, call.actor)
    return Reply()


def _silence(context: Context, call: Call, value: str, at: datetime) -> Reply:
    group = changeable(context, call, value)
    context.alerts.silence(group.key, call.actor, at + timedelta(hours=SILENCE_HOURS))
    return Reply()


def _silence_until(context: Context, call: Call, value: str, at: datetime) -> Reply:
    """Asks until when."""
    group = changeable(context, call, value)
    asked = Body(text=f"Silence {group.rule} for how long? Press it once more for the window.")
    return Reply(view=silence_form(group, call.channel, at), body=asked)


def _end_silence(context: Context, call: Call, value: str, _: datetime) -> Reply:
    group = changeable(context, call, value)
    context.alerts.end_silence(group.key, call.actor)
    return Reply()


def _status(context: Context, call: Call, value: str, _: datetime) -> Reply:
    group = pressed_group(context, value)
    return _typed(context, call, f"status {_stack(group)}")


def _logs(context: Context, call: Call, value: str, _: datetime) -> Reply:
    group = pressed_group(context, value)
    return _typed(context, call, f"logs {_stack(group)} {_service(context, group)}")


def _restart(context: Context, call: Call, value: str, _: datetime) -> Reply:
    """Asked for like any restart: through the gate."""
    group = pressed_group(context, value)
    return _typed(context, call, f"restart {_stack(group)} {_service(context, group)}")


def _open_incident(context: Context, call: Call, value: str, _: datetime) -> Reply:
    """The incident's own messages say the rest; opened again, it is the same one."""
    group = changeable(context, call, value)
    incident = context.incidents.open_from_alert(group.key, call.actor, call.once)
    text = f"Incident {incident.id}, {incident.priority}, is {incident.state}: {incident.title}"
    line = f"{escape(text)}\n{_home_of(incident)}"
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(line))))


def _home_of(incident: Incident) -> str:
    if incident.channel:
        return f"It is worked on in <#{incident.channel}>."
    return "Its own channel is being made."


def _end_any(context: Context, call: Call, value: str, _: datetime) -> Reply:
    """A silence by its handle, also one that only Alertmanager has."""
    found, _problems = context.alerts.silences()
    silence = next((each for each in found if each.handle == value), None)
    if silence is None:
        raise Refused("That silence is over.", "`/ops silences` lists those that hold.")
    require_care(context, call, silence.stack)
    context.alerts.end(silence.handle, call.actor)
    text = f"The silence of {silence.what} is over."
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(escape(text)))))


def _do(place: int, context: Context, call: Call, value: str, _: datetime) -> Reply:
    """What the stack file names, as if it were typed: through the gate."""
    group = pressed_group(context, value)
    if place >= len(group.actions):
        raise Refused("The stack file names this no more.", "Use the newest card of the alert.")
    return _typed(context, call, typed(_stack(group), group.actions[place]))


def _typed(context: Context, call: Call, text: str) -> Reply:
    return answer(context, call.model_copy(update={"text": text}))


def _stack(group: Group) -> str:
    if not group.stack:
        raise Refused("Nothing says which stack this alert is about.")
    return group.stack


def _service(context: Context, group: Group) -> str:
    """Only a name that the stack file has: labels are somebody else's words."""
    service = group.labels.get("service", "")
    if service not in context.stacks[_stack(group)].services:
        raise Refused(f"{group.stack} has no service {service!r}, which the alert names.")
    return service


ON_ALERTS: Mapping[str, OnAlert] = MappingProxyType(
    {
        "ack": _acknowledge,
        "silence": _silence,
        "silence_until": _silence_until,
        "unsilence": _end_silence,
        END: _end_any,
        "open_incident": _open_incident,
        "alert_status": _status,
        "alert_logs": _logs,
        "alert_restart": _restart,
        **{f"{DO}{place}": partial(_do, place) for place in range(MOST_ACTIONS)},
    }
)
