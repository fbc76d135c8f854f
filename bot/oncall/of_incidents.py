"""What targets are told of incidents."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.oncall.news import News
from playbooks.model.thresholds import Severity
from playbooks.respond.incident import Incident, Priority
from playbooks.respond.paging import Event

_EVENTS: Mapping[str, Event] = MappingProxyType(
    {
        "opened": "incident.opened",
        "update": "incident.update",
        "resolved": "incident.resolved",
    }
)
_SEVERITIES: Mapping[Priority, Severity] = MappingProxyType(
    {
        Priority.P1: "critical",
        Priority.P2: "critical",
        Priority.P3: "warning",
        Priority.P4: "info",
    }
)


def news_of(incident: Incident, kind: str, text: str, channel: str) -> News | None:
    """None for what is told to nobody: small changes, and all of a private incident. What becomes
    of it is said in the incident's channel, or in `channel` while it has none."""
    event = _EVENTS.get(kind)
    if event is None or incident.private:
        return None
    whose = f"{incident.stack}: " if incident.stack else ""
    return News(
        event=event,
        key=f"incident:{incident.id}:{kind}:{incident.version}",
        stack=incident.stack,
        severity=_SEVERITIES[incident.priority],
        title=f"{incident.priority.value} {whose}{incident.title} ({incident.id} {incident.state})",
        text=text,
        channel=incident.channel or channel,
    )
