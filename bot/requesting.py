"""Opening and closing requests, inside the caller's transaction."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import sqlalchemy as sa

from bot.ledger import Ledger
from bot.store import requests, runs
from bot.store.ids import new_id
from notifiers.ports import Lane
from playbooks.gate.policy import Rule
from playbooks.model.plan import Plan
from playbooks.model.request import Request, RequestState

_MOST_TYPED = 3_000


@dataclass(frozen=True)
class Wish:
    """Who wants a plan to run, and how they said so. `supersedes` is a request that is void.
    `card` is the channel of its card, empty for that of the stack; `incident` is that in whose
    course it is asked for."""

    requester: str
    slack: str
    typed: str
    origin: Literal["slack", "schedule", "api", "shell", "button"]
    once: str | None = None
    supersedes: str | None = None
    card: str = ""
    incident: str = ""


def open_request(
    ledger: Ledger, connection: sa.Connection, plan: Plan, rule: Rule, wish: Wish
) -> Request:
    """The request, audited, with its card wanted. Where nobody must approve, it is claimed."""
    request = _request(ledger, plan, rule, wish)
    requests.insert(connection, request, wish.once)
    ledger.audit(
        connection,
        "request.asked",
        wish.requester,
        request,
        typed=request.typed,
        digest=request.digest,
        risk=plan.risk.value,
        needed=request.needed,
        supersedes=wish.supersedes,
        **confirmed_by_asker(request),
    )
    if request.needed == 0:
        claim(ledger, connection, request)
    ledger.want_card(connection, request.id, Lane.APPROVAL)
    return request


def confirmed_by_asker(request: Request) -> dict[str, list[str]]:
    """Where nobody approves, whoever asks confirms the plan's checklist."""
    checklist = list(request.plan.checklist)
    return {"confirmed": checklist} if checklist and request.needed == 0 else {}


def claim(ledger: Ledger, connection: sa.Connection, request: Request) -> None:
    """The request has what it needs: its one run is queued."""
    requests.approve(connection, request.id)
    runs.claim(connection, request.id, ledger.now())
    ledger.audit(connection, "run.claimed", "policy", request, digest=request.digest)


def close_request(
    ledger: Ledger, connection: sa.Connection, request: Request, state: RequestState, by: str
) -> None:
    """The request ends without a run; its card and the requester learn of it."""
    requests.close(connection, request.id, state, ledger.now(), by=by, reason=request.reason)
    ledger.audit(connection, f"request.{state.value}", by, request)
    ledger.want_finished(connection, request)


def expire(ledger: Ledger, connection: sa.Connection, request: Request) -> None:
    close_request(ledger, connection, request, RequestState.EXPIRED, "policy")


def expire_overdue(ledger: Ledger) -> int:
    """Ends every pending request whose time is up; answers how many."""
    with ledger.database.read() as connection:
        overdue = requests.expired(connection, ledger.now())
    count = 0
    for request_id in overdue:
        with ledger.database.write() as connection:
            request = requests.get_locked(connection, request_id)
            if request is not None and request.state is RequestState.PENDING:
                expire(ledger, connection, request)
                count += 1
    return count


def _request(ledger: Ledger, plan: Plan, rule: Rule, wish: Wish) -> Request:
    now, version = ledger.now(), ledger.policy.version
    why = rule.undrilled(plan, now)
    if why:
        plan = plan.model_copy(update={"notes": (*plan.notes, why)})
    return Request(
        id=new_id(),
        plan=plan,
        digest=plan.digest(version),
        policy_version=version,
        requester=wish.requester,
        requester_slack=wish.slack,
        channel=wish.card or ledger.channel_of(ledger.stack(plan.stack)),
        typed=ledger.redactor.redact(wish.typed)[:_MOST_TYPED],
        origin=wish.origin,
        needed=rule.approvals_for(plan, now),
        approver_roles=rule.roles,
        approver_people=rule.people,
        asked_at=now,
        expires_at=now + rule.expires,
        run_within_seconds=int(rule.run_within / timedelta(seconds=1)),
        supersedes=wish.supersedes,
        for_incident=wish.incident,
    )
