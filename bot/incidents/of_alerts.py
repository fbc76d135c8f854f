"""What alerts do, as it is written into timelines."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.incidents.record import Happened, record_all
from bot.store import alerts as rows
from bot.store.alerts import Change
from notifiers.views.text import utc
from playbooks.respond.timeline import Lane

_SAID = {
    "fired": "fires",
    "resolved": "is resolved",
    "acknowledged": "is acknowledged",
    "silenced": "is silenced",
    "unsilenced": "is not silenced any more",
}


def remember(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Appends to what happened to groups, and to the timelines that it belongs to."""
    rows.remember(connection, changes)
    record_all(connection, [happened(each) for each in changes])


def happened(change: Change) -> Happened:
    """The same change is the same entry, also when it is found again later."""
    return Happened(
        stack=change.stack,
        key=f"alert:{change.group}:{change.kind}:{change.at.isoformat()}",
        at=change.at,
        lane=Lane.ALERT,
        kind=change.kind,
        text=_text(change),
        by=change.by,
        detail={**change.detail, "group": change.group},
    )


def _text(change: Change) -> str:
    rule = change.detail.get("rule", "An alert")
    severity, summary = change.detail.get("severity", ""), change.detail.get("summary", "")
    until = change.detail.get("until")
    return (
        f"{rule} {_SAID.get(change.kind, change.kind)}"
        + (f" until {utc(datetime.fromisoformat(until))}" if until else "")
        + (f" ({severity})" if severity and change.kind == "fired" else "")
        + (f": {summary}" if summary and change.kind == "fired" else "")
    )
