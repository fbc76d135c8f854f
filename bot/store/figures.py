"""What is counted of alerts, incidents and approvals, as rows."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.tables import alert_changes, claims, incidents, requests
from playbooks.respond.figures import Approval, Change
from playbooks.respond.incident import Incident

_COUNTED = ("fired", "acknowledged", "resolved")
_AT_ONCE = 2_000


def changes(connection: sa.Connection, stacks: Sequence[str], since: datetime) -> Iterator[Change]:
    """What happened to groups of these stacks since then, in its order."""
    query = (
        sa.select(
            alert_changes.c.group,
            alert_changes.c.stack,
            alert_changes.c.at,
            alert_changes.c.kind,
            alert_changes.c.detail["rule"].as_string().label("rule"),
        )
        .where(
            alert_changes.c.stack.in_(stacks),
            alert_changes.c.at >= since,
            alert_changes.c.kind.in_(_COUNTED),
        )
        .order_by(alert_changes.c.at, alert_changes.c.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in connection.execute(query):
        yield Change(
            group=row.group, stack=row.stack, at=row.at, kind=row.kind, rule=row.rule or row.group
        )


def opened(connection: sa.Connection, stacks: Sequence[str], since: datetime) -> Sequence[Incident]:
    """Incidents of these stacks; private ones are not counted."""
    query = sa.select(incidents.c.data).where(
        incidents.c.stack.in_(stacks), incidents.c.opened_at >= since
    )
    found = (Incident.model_validate(data) for data in connection.execute(query).scalars())
    return [each for each in found if not each.private]


def approvals(
    connection: sa.Connection, stacks: Sequence[str], since: datetime
) -> Sequence[Approval]:
    """Requests that needed votes and have had them, one way or the other."""
    decided = sa.func.coalesce(claims.c.at, requests.c.closed_at, type_=claims.c.at.type)
    query = (
        sa.select(requests.c.stack, requests.c.operation, requests.c.asked_at, decided)
        .outerjoin(claims, claims.c.request == requests.c.id)
        .where(
            requests.c.stack.in_(stacks),
            requests.c.asked_at >= since,
            requests.c.state.in_(["approved", "denied", "void"]),
            requests.c.body["needed"].as_integer() > 0,
            decided.is_not(None),
        )
        .order_by(requests.c.asked_at)
    )
    return [
        Approval(stack=stack, operation=operation, asked_at=asked, decided_at=at)
        for stack, operation, asked, at in connection.execute(query)
    ]
