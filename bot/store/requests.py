"""Requests and their votes, as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.tables import requests, votes
from playbooks.model.base import canonical_json
from playbooks.model.plan import Plan
from playbooks.model.request import Request, RequestState, Vote

# Kept in columns of their own because they change; everything else of a request never does.
_CHANGING = {"state", "superseded_by", "closed_at", "closed_by", "reason"}
_INSTANCE = {"backup", "origin"}


def target_of(plan: Plan) -> str:
    """What the operation acts on: its parameters without those that differ from run to run."""
    return canonical_json({k: v for k, v in plan.params.items() if k not in _INSTANCE})


def insert(connection: sa.Connection, request: Request, once: str | None) -> None:
    connection.execute(
        sa.insert(requests).values(
            id=request.id,
            once=once,
            stack=request.plan.stack,
            environment=request.plan.environment,
            operation=request.plan.operation,
            target=target_of(request.plan),
            state=request.state.value,
            asked_at=request.asked_at,
            expires_at=request.expires_at,
            body=request.model_dump(mode="json", exclude=_CHANGING),
            reason=request.reason,
            card_version=0,
        )
    )


def get(connection: sa.Connection, request: str) -> Request | None:
    return _one(connection, sa.select(requests).where(requests.c.id == request))


def get_locked(connection: sa.Connection, request: str) -> Request | None:
    """The request, which nobody else changes until this transaction ends."""
    return _one(connection, sa.select(requests).where(requests.c.id == request).with_for_update())


def get_once(connection: sa.Connection, once: str) -> Request | None:
    """The request that this delivery made."""
    return _one(connection, sa.select(requests).where(requests.c.once == once))


def close(
    connection: sa.Connection,
    request: str,
    state: RequestState,
    at: datetime,
    *,
    by: str,
    reason: str,
) -> None:
    """The request ends without a run, or void with one."""
    connection.execute(
        sa.update(requests)
        .where(requests.c.id == request)
        .values(state=state.value, closed_at=at, closed_by=by, reason=reason)
    )


def approve(connection: sa.Connection, request: str) -> None:
    """The request has what it needs; its run will end it."""
    connection.execute(
        sa.update(requests)
        .where(requests.c.id == request)
        .values(state=RequestState.APPROVED.value)
    )


def supersede(connection: sa.Connection, request: str, by: str) -> None:
    connection.execute(sa.update(requests).where(requests.c.id == request).values(superseded_by=by))


def next_card_version(connection: sa.Connection, request: str) -> int:
    """Another version of the card is about to be wanted."""
    return int(
        connection.execute(
            sa.update(requests)
            .where(requests.c.id == request)
            .values(card_version=requests.c.card_version + 1)
            .returning(requests.c.card_version)
        ).scalar_one()
    )


def expired(connection: sa.Connection, now: datetime) -> Sequence[str]:
    """Ids of pending requests whose time is up."""
    query = sa.select(requests.c.id).where(
        requests.c.state == RequestState.PENDING.value, requests.c.expires_at <= now
    )
    return list(connection.execute(query).scalars())


def page(
    connection: sa.Connection,
    stack: str | None = None,
    states: Sequence[RequestState] = (),
    *,
    limit: int,
    before: str | None = None,
    operations: Sequence[str] = (),
) -> Sequence[str]:
    """Ids, newest first, older than `before`, of these operations, or of all."""
    query = sa.select(requests.c.id).order_by(requests.c.asked_at.desc(), requests.c.id.desc())
    if stack is not None:
        query = query.where(requests.c.stack == stack)
    if states:
        query = query.where(requests.c.state.in_([state.value for state in states]))
    if operations:
        query = query.where(requests.c.operation.in_(operations))
    if before is not None:
        last = sa.select(requests.c.asked_at).where(requests.c.id == before).scalar_subquery()
        query = query.where(
            (requests.c.asked_at < last)
            | ((requests.c.asked_at == last) & (requests.c.id < before))
        )
    return list(connection.execute(query.limit(limit)).scalars())


def recent_ids(connection: sa.Connection, limit: int = 500) -> Sequence[str]:
    return page(connection, limit=limit)


def cast(connection: sa.Connection, request: str, vote: Vote) -> None:
    """Adds the vote. The database refuses a second one of the same person."""
    connection.execute(sa.insert(votes).values(request=request, **vote.model_dump()))


def votes_on(connection: sa.Connection, request: str) -> tuple[Vote, ...]:
    """Oldest first."""
    query = sa.select(votes).where(votes.c.request == request).order_by(votes.c.at, votes.c.person)
    rows = connection.execute(query).all()
    return tuple(
        Vote(person=r.person, slack=r.slack, decision=r.decision, digest=r.digest, at=r.at)
        for r in rows
    )


def _one(connection: sa.Connection, query: sa.Select[Any]) -> Request | None:
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    changing = {name: getattr(row, name) for name in _CHANGING}
    return Request.model_validate({**row.body, **changing})
