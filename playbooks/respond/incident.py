"""An incident: what is wrong, who does what about it, and how far it has come."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from playbooks.model.base import Model


class Priority(StrEnum):
    """How bad it is, by the guides: P1 nothing works, P4 hardly anybody notices."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Role(StrEnum):
    """Who decides, who writes down, who tells others."""

    COMMANDER = "commander"
    SCRIBE = "scribe"
    COMMUNICATIONS = "communications"


class IncidentState(StrEnum):
    """From `open` over `mitigated` to `resolved`; `closed` once its review is done."""

    OPEN = "open"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Incident(Model):
    """One incident. `id` is what people type: `inc-7`.

    `stack` is empty where it is about none of ours; `kind` names its phases in the stack's
    `incidents`. `roles` are Slack user ids. `channel` is Slack's id of where it lives: a channel of
    its own, or with `thread` a thread in another. `alerts` are keys of groups that belong to it.
    `detected_at` is when the first sign of it was seen, `acknowledged_at` when somebody took it on.
    `told_at` is when those who wait for news were last told.
    """

    id: str
    title: str
    priority: Priority
    state: IncidentState = IncidentState.OPEN
    stack: str = ""
    kind: str = ""
    private: bool = False
    opened_by: str
    opened_at: datetime
    detected_at: datetime
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    roles: Mapping[Role, str] = {}
    channel: str = ""
    thread: str = ""
    alerts: tuple[str, ...] = ()
    told_at: datetime | None = None
    version: int = 1
