"""The app's Home tab: what goes on, for one person. Pure; times are aware datetimes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifiers.views import blocks
from notifiers.views.alert import alert_line
from notifiers.views.incident import incident_line
from notifiers.views.text import clip, code, escape, person, when
from playbooks.model.base import JsonObject
from playbooks.model.request import Request
from playbooks.respond.alert import Group
from playbooks.respond.incident import Incident
from playbooks.respond.rota import Shift

_SHOWN = 8
_LONGEST = 200
_FORM = "{date_short_pretty} {time}"


@dataclass(frozen=True)
class Home:
    """What somebody may see: incidents that go on, requests that wait, who is on call by the names
    of rotas, and groups of alerts that fire."""

    now: datetime
    incidents: Sequence[Incident] = ()
    waiting: Sequence[Request] = ()
    oncall: Sequence[tuple[str, Sequence[Shift]]] = ()
    firing: Sequence[Group] = ()


def home_view(home: Home) -> JsonObject:
    """The view; what is too much for it is counted, with where to see it."""
    parts = [
        _part("Open incidents", [_incident(each, home.now) for each in home.incidents], "incident"),
        _part("Waiting for approval", [_request(each) for each in home.waiting], "approvals"),
        _part("On call", [_rota(name, shifts) for name, shifts in home.oncall], "oncall"),
        _part("Alerts", [alert_line(each, home.now) for each in home.firing], "alerts"),
    ]
    content = [block for part in parts for block in part]
    content += blocks.context(f"As of {when(home.now, _FORM)}; open the tab again for what is new")
    return {"type": "home", "blocks": content}


def _part(title: str, lines: Sequence[str], subcommand: str) -> list[JsonObject]:
    shown = "\n".join(f"• {line}" for line in lines[:_SHOWN]) or "Nothing"
    more = f"{code(f'/ops {subcommand}')} lists them all"
    return [
        blocks.header(title),
        *blocks.sections(shown),
        *blocks.rest(len(lines) - _SHOWN, more),
        blocks.divider(),
    ]


def _incident(incident: Incident, now: datetime) -> str:
    return incident_line(incident, now)


def _request(request: Request) -> str:
    by = person(request.requester_slack, request.requester)
    expires = when(request.expires_at, _FORM)
    return f"{clip(request.plan.summary, _LONGEST)} · {code(request.id)} · {by} · until {expires}"


def _rota(name: str, shifts: Sequence[Shift]) -> str:
    said = [f"{each.layer} {escape(each.person)} until {when(each.ends, _FORM)}" for each in shifts]
    return f"*{escape(name)}*: {', '.join(said) or 'nobody'}"
