"""The course of an incident: each change makes a new one of the next version. Pure."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Literal

from playbooks.errors import Refused
from playbooks.respond.incident import Incident, IncidentState, Priority, Role

Turn = Literal["mitigate", "resolve", "reopen", "close"]
_NAME_LENGTH = 60
_STOPS = re.compile(r"[^a-z0-9]+")
_LIVE = frozenset({IncidentState.OPEN, IncidentState.MITIGATED})

AFTER = {
    "mitigate": IncidentState.MITIGATED,
    "resolve": IncidentState.RESOLVED,
    "reopen": IncidentState.OPEN,
    "close": IncidentState.CLOSED,
}
"""The state that a turn leads to."""


def is_live(incident: Incident) -> bool:
    """Whether it goes on: what happens now belongs to it."""
    return incident.state in _LIVE


def turned(incident: Incident, turn: Turn, now: datetime) -> Incident:
    """The incident in its new state, with the clocks that stop or start again.

    An incident that is in that state already stays as it is. Raises Refused for what is no step
    from where it stands.
    """
    state, after = incident.state, AFTER[turn]
    if state is after:
        return incident
    allowed = {
        "mitigate": state is IncidentState.OPEN,
        "resolve": state in _LIVE,
        "reopen": True,
        "close": state is IncidentState.RESOLVED,
    }
    if not allowed[turn]:
        raise Refused(f"{incident.id} is {state.value}.", _next_act(incident, turn))
    match turn:
        case "mitigate":
            return _next(incident, state=after, mitigated_at=now)
        case "resolve":
            return _next(
                incident,
                state=after,
                resolved_at=now,
                mitigated_at=incident.mitigated_at or now,
            )
        case "close":
            return _next(incident, state=after, closed_at=now)
        case "reopen":
            return _next(incident, state=after, mitigated_at=None, resolved_at=None, closed_at=None)


def prioritised(incident: Incident, priority: Priority) -> Incident:
    if incident.priority is priority:
        return incident
    return _next(incident, priority=priority)


def assigned(incident: Incident, role: Role, slack: str, now: datetime) -> Incident:
    """The role is this user's, or nobody's. Whoever takes command first has taken it on."""
    if incident.roles.get(role, "") == slack:
        return incident
    roles = {**incident.roles, role: slack}
    taken_on = incident.acknowledged_at
    if taken_on is None and slack and role is Role.COMMANDER:
        taken_on = now
    kept = {each: who for each, who in roles.items() if who}
    return _next(incident, roles=kept, acknowledged_at=taken_on)


def taken_on(incident: Incident, at: datetime) -> Incident:
    """Somebody has acknowledged its alert."""
    if incident.acknowledged_at is not None:
        return incident
    return _next(incident, acknowledged_at=at)


def told(incident: Incident, at: datetime) -> Incident:
    """Those who wait were told."""
    return _next(incident, told_at=at)


def tied(incident: Incident, group: str, since: datetime) -> Incident:
    """The group of alerts, firing since then, belongs to it."""
    if group in incident.alerts:
        return incident
    detected = min(incident.detected_at, since)
    return _next(incident, alerts=(*incident.alerts, group), detected_at=detected)


def placed(incident: Incident, channel: str, thread: str) -> Incident:
    """It lives there from now on."""
    return _next(incident, channel=channel, thread=thread)


def update_due(incident: Incident, every: timedelta | None) -> datetime | None:
    """When those who wait are to be told next; None where no clock runs."""
    if every is None or not is_live(incident):
        return None
    return (incident.told_at or incident.opened_at) + every


def reminded_again(now: datetime, every: timedelta) -> datetime:
    """When to ask once more for an update that was not given."""
    return now + every / 2


def channel_name(incident: Incident) -> str:
    """`inc-7-payments-fail`: as Slack names channels."""
    plain = unicodedata.normalize("NFKD", incident.title).encode("ascii", "ignore").decode()
    short = _STOPS.sub("-", plain.lower()).strip("-")
    name = f"{incident.id}-{short}"
    return name[:_NAME_LENGTH].rstrip("-")


def priority_of(severity: str) -> Priority:
    """How bad an alert's severity makes an incident, until people say otherwise."""
    match severity:
        case "critical":
            return Priority.P2
        case "warning":
            return Priority.P3
        case _:
            return Priority.P4


def _next(incident: Incident, **changed: object) -> Incident:
    return incident.model_copy(update={**changed, "version": incident.version + 1})


def _next_act(incident: Incident, turn: Turn) -> str:
    if turn == "close":
        return "Resolve it first; it is closed when its review is done."
    return f"`/ops incident reopen {incident.id}` opens it again."
