"""Claims and runs, as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.tables import claims, requests, runs
from playbooks.model.request import RunState

_COLUMNS = {
    "id",
    "state",
    "attempt",
    "queued_at",
    "started_at",
    "ended_at",
    "outcome",
    "waiting_for",
    "uncertain_step",
    "cancel_requested_by",
}


def claim(connection: sa.Connection, request: str, at: datetime) -> None:
    """The one claim of a request, and its queued run. The database refuses a second claim."""
    connection.execute(sa.insert(claims).values(request=request, at=at))
    connection.execute(
        sa.insert(runs).values(
            id=request,
            state=RunState.QUEUED.value,
            attempt=1,
            queued_at=at,
            outcome="",
            waiting_for="",
            uncertain_count=0,
        )
    )


def row(connection: sa.Connection, run: str) -> dict[str, Any] | None:
    """The fields of `Run` that are columns."""
    return _one(connection, sa.select(runs).where(runs.c.id == run))


def row_locked(connection: sa.Connection, run: str) -> dict[str, Any] | None:
    """As `row`; nobody else changes it until this transaction ends."""
    return _one(connection, sa.select(runs).where(runs.c.id == run).with_for_update())


def change(connection: sa.Connection, run: str, **values: Any) -> None:
    """Sets columns of the run."""
    connection.execute(sa.update(runs).where(runs.c.id == run).values(**values))


def next_uncertainty(connection: sa.Connection, run: str) -> int:
    """Counts how often the run had to ask, from 1."""
    return int(
        connection.execute(
            sa.update(runs)
            .where(runs.c.id == run)
            .values(uncertain_count=runs.c.uncertain_count + 1)
            .returning(runs.c.uncertain_count)
        ).scalar_one()
    )


def in_state(connection: sa.Connection, *states: RunState) -> Sequence[tuple[str, int]]:
    """Ids and attempts of the runs in these states, first come first."""
    query = (
        sa.select(runs.c.id, runs.c.attempt)
        .where(runs.c.state.in_([state.value for state in states]))
        .order_by(runs.c.queued_at, runs.c.id)
    )
    return [(r.id, r.attempt) for r in connection.execute(query).all()]


def going_on(connection: sa.Connection, stack: str) -> Sequence[str]:
    """The stack's runs that have begun and not ended, oldest first."""
    query = (
        sa.select(runs.c.id)
        .join(requests, requests.c.id == runs.c.id)
        .where(
            requests.c.stack == stack,
            runs.c.state.in_([RunState.RUNNING.value, RunState.UNCERTAIN.value]),
        )
        .order_by(runs.c.started_at)
    )
    return list(connection.execute(query).scalars())


def cancelled_among(connection: sa.Connection, ids: Sequence[str]) -> Sequence[str]:
    """Those of `ids` that somebody wants to stop."""
    query = sa.select(runs.c.id).where(runs.c.id.in_(ids), runs.c.cancel_requested_by.is_not(None))
    return list(connection.execute(query).scalars())


def durations(
    connection: sa.Connection, stack: str, operation: str, target: str, limit: int = 15
) -> Sequence[float]:
    """Seconds that the newest successful runs of the same kind took."""
    query = (
        sa.select(runs.c.started_at, runs.c.ended_at)
        .join(requests, requests.c.id == runs.c.id)
        .where(
            requests.c.stack == stack,
            requests.c.operation == operation,
            requests.c.target == target,
            runs.c.state == RunState.SUCCEEDED.value,
            runs.c.started_at.is_not(None),
        )
        .order_by(runs.c.ended_at.desc())
        .limit(limit)
    )
    return [(r.ended_at - r.started_at).total_seconds() for r in connection.execute(query).all()]


def restore_seconds(connection: sa.Connection, stack: str) -> dict[str, float]:
    """How long the newest successful restore of each datastore took."""
    query = (
        sa.select(requests.c.body, runs.c.started_at, runs.c.ended_at)
        .join(requests, requests.c.id == runs.c.id)
        .where(
            requests.c.stack == stack,
            requests.c.operation == "restore",
            runs.c.state == RunState.SUCCEEDED.value,
            runs.c.started_at.is_not(None),
        )
        .order_by(runs.c.ended_at)
    )
    found: dict[str, float] = {}
    for row in connection.execute(query).all():
        params = row.body["plan"]["params"]
        if params.get("mode") == "swap":
            found[params["datastore"]] = (row.ended_at - row.started_at).total_seconds()
    return found


def verified_since(connection: sa.Connection, stack: str, moment: datetime) -> dict[str, str]:
    """Backups that a run read whole since then, and the newest run that did."""
    query = (
        sa.select(requests.c.body, runs.c.id)
        .join(requests, requests.c.id == runs.c.id)
        .where(
            requests.c.stack == stack,
            requests.c.operation == "verify",
            runs.c.state == RunState.SUCCEEDED.value,
            runs.c.ended_at > moment,
        )
        .order_by(runs.c.ended_at)
    )
    rows = connection.execute(query).all()
    return {row.body["plan"]["params"]["backup"]: row.id for row in rows}


def _one(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, Any] | None:
    found = connection.execute(query).mappings().one_or_none()
    return {k: v for k, v in found.items() if k in _COLUMNS} if found else None
