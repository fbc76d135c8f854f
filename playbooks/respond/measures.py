"""How fast an incident was seen, taken on, mitigated and resolved."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from playbooks.model.base import Model
from playbooks.respond.incident import Incident
from playbooks.respond.timeline import Entry

REOPENED = "reopened"


class Measures(Model):
    """The moments of an incident, and the times between them. None: it has not come to that.

    | time | from | to |
    |---|---|---|
    | `to_detect` (TTD) | it began | the first sign was seen, or somebody opened it |
    | `to_acknowledge` (TTA) | it was detected | somebody took it on |
    | `to_mitigate` (TTM) | it began | its effects ended |
    | `to_resolve` (TTR) | it began | it was over, the last time if it was reopened |
    """

    began: datetime
    detected: datetime
    acknowledged: datetime | None = None
    mitigated: datetime | None = None
    resolved: datetime | None = None
    reopened: int = 0
    to_detect: timedelta | None = None
    to_acknowledge: timedelta | None = None
    to_mitigate: timedelta | None = None
    to_resolve: timedelta | None = None


def measured(
    incident: Incident, entries: Sequence[Entry] = (), began: datetime | None = None
) -> Measures:
    """`began` is what people found out afterwards; without it, it counts as begun when it was
    detected, and how long that took is not known.

    It is detected by its first sign or by who opened it, whichever was earlier. What was resolved
    without being mitigated first was mitigated then. While it is open again it is not resolved.
    Nothing lasts less than no time: what was noted as before its beginning counts as at it.
    """
    detected = min(incident.detected_at, incident.opened_at)
    first = detected if began is None else began
    resolved = incident.resolved_at
    mitigated = min((at for at in (incident.mitigated_at, resolved) if at), default=None)
    return Measures(
        began=first,
        detected=max(detected, first),
        acknowledged=incident.acknowledged_at,
        mitigated=mitigated,
        resolved=resolved,
        reopened=sum(each.kind == REOPENED for each in entries),
        to_detect=None if began is None else _between(first, detected),
        to_acknowledge=_between(max(detected, first), incident.acknowledged_at),
        to_mitigate=_between(first, mitigated),
        to_resolve=_between(first, resolved),
    )


def _between(earlier: datetime, later: datetime | None) -> timedelta | None:
    return None if later is None else max(later - earlier, timedelta(0))
