"""What was going on before an incident was opened, found again for its timeline."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.incidents.of_alerts import happened
from bot.incidents.of_requests import CHANGES, of_audit
from bot.incidents.record import Happened, record_all
from bot.store import alerts, requests, runs
from playbooks.respond.incident import Incident

_MOST_RUNS = 100
_LONGEST_BEFORE = timedelta(days=2)


def backfill(
    connection: sa.Connection, incident: Incident, look_back: timedelta, now: datetime
) -> None:
    """The alerts that belong to it from their beginning on, the others that fire on its stack, and
    the changes of the last hours."""
    since = now - look_back
    found = [*_alerts(connection, incident, since, now), *_changes(connection, incident, since)]
    own = [_for(incident, each) for each in found]
    record_all(connection, sorted(own, key=lambda each: each.at), now)


def _alerts(
    connection: sa.Connection, incident: Incident, since: datetime, now: datetime
) -> Sequence[Happened]:
    oldest = max(min(since, incident.detected_at), now - _LONGEST_BEFORE)
    known = alerts.changes_since(connection, incident.stack, incident.alerts, oldest)
    own = set(incident.alerts)
    return [
        happened(each)
        for each in known
        if (each.at >= incident.detected_at if each.group in own else each.at >= since)
    ]


def _changes(connection: sa.Connection, incident: Incident, since: datetime) -> list[Happened]:
    """Runs that brought something new: when they began, and how they ended."""
    if not incident.stack:
        return []
    found: list[Happened | None] = []
    ids = requests.page(
        connection, incident.stack, limit=_MOST_RUNS, operations=tuple(sorted(CHANGES))
    )
    for id_ in ids:
        row, request = runs.row(connection, id_), requests.get(connection, id_)
        if row is None or request is None or request.incident not in {"", incident.id}:
            continue
        if row["started_at"] and (row["ended_at"] or row["started_at"]) >= since:
            found.append(of_audit("run.started", "engine", request, row["started_at"], {}))
            if row["ended_at"]:
                kind, detail = f"run.{row['state']}", {"outcome": row["outcome"]}
                found.append(of_audit(kind, "engine", request, row["ended_at"], detail))
    return [each for each in found if each is not None]


def _for(incident: Incident, each: Happened) -> Happened:
    detail = {**each.detail, "incident": incident.id}
    return Happened(**{**each.__dict__, "detail": detail})
