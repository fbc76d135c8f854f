"""The app's Home tab: what goes on, for one person. Pure; times are aware datetimes.

Its buttons are those of the cards: a press on them answers in a window, and shows the tab anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifiers.views import blocks
from notifiers.views.alert import alert_line, alert_value
from notifiers.views.buttons import button_value
from notifiers.views.incident import OPEN, SHOW, incident_line
from notifiers.views.text import clip, code, escape, person, when
from playbooks.model.base import JsonObject
from playbooks.model.request import Request
from playbooks.respond.alert import Group, GroupState
from playbooks.respond.incident import Incident
from playbooks.respond.rota import Shift

_SHOWN = 8
_LONGEST = 200
_NONE = {
    "Open incidents": "None",
    "Waiting for approval": "Nothing",
    "On call": "No rota is set up",
    "Alerts": "Nothing fires",
}
_FORM = "{date_short_pretty} {time}"


@dataclass(frozen=True)
class Home:
    """What somebody may see: incidents that go on, requests that wait, who is on call by the names
    of rotas, and groups of alerts that fire. `may_ask`: and may do more than read."""

    now: datetime
    incidents: Sequence[Incident] = ()
    waiting: Sequence[Request] = ()
    oncall: Sequence[tuple[str, Sequence[Shift]]] = ()
    firing: Sequence[Group] = ()
    may_ask: bool = False


def home_view(home: Home) -> JsonObject:
    """The view; what is too much for it is counted, with where to see it."""
    parts = [
        _part("Open incidents", [_incident(each, home.now) for each in home.incidents], "incident"),
        _part("Waiting for approval", [_request(each) for each in home.waiting], "approvals"),
        _part("On call", [_rota(name, shifts) for name, shifts in home.oncall], "oncall"),
        _part("Alerts", [_alert(each, home) for each in home.firing], "alerts"),
    ]
    report = _button(OPEN, "Open an incident…", "new")
    content: list[JsonObject] = [{"type": "actions", "elements": [report]}] if home.may_ask else []
    content += [block for part in parts for block in part]
    content += blocks.context(f"As of {when(home.now, _FORM)}; open the tab again for what is new")
    return {"type": "home", "blocks": content}


def _part(title: str, lines: Sequence[JsonObject], subcommand: str) -> list[JsonObject]:
    more = f"{code(f'/ops {subcommand}')} lists them all"
    return [
        blocks.header(title),
        *(lines[:_SHOWN] or blocks.sections(_NONE[title])),
        *blocks.rest(len(lines) - _SHOWN, more),
        blocks.divider(),
    ]


def _line(text: str, button: JsonObject | None = None) -> JsonObject:
    section = blocks.sections(text)[0]
    return section if button is None else {**section, "accessory": button}


def _button(action: str, label: str, value: str) -> JsonObject:
    return {"type": "button", "action_id": action, "text": blocks.plain(label), "value": value}


def _incident(incident: Incident, now: datetime) -> JsonObject:
    return _line(incident_line(incident, now), _button(SHOW, "Timeline", incident.id))


def _alert(group: Group, home: Home) -> JsonObject:
    waits = home.may_ask and group.state(home.now) is GroupState.FIRING
    button = _button("ack", "Acknowledge", alert_value(group)) if waits else None
    return _line(alert_line(group, home.now), button)


def _request(request: Request) -> JsonObject:
    by = person(request.requester_slack, request.requester)
    expires = when(request.expires_at, _FORM)
    summary = clip(request.plan.summary, _LONGEST)
    said = f"{summary} · {code(request.id)} · {by} · until {expires}"
    return _line(said, _button("details", "Details", button_value(request)))


def _rota(name: str, shifts: Sequence[Shift]) -> JsonObject:
    said = [f"{each.layer} {escape(each.person)} until {when(each.ends, _FORM)}" for each in shifts]
    return _line(f"*{escape(name)}*: {', '.join(said) or 'nobody'}")
