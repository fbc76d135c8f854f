"""What votes amount to. Pure: everything it rests on is handed in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from playbooks.gate.access import may
from playbooks.gate.policy import Policy
from playbooks.model.people import Person
from playbooks.model.request import Request, RequestState, Verdict, Vote


def eligible(request: Request, person: Person | None, policy: Policy) -> bool:
    """Whether this person's vote counts: not the requester, may approve there, in a role (and,
    where they are pinned, among the people) that the request asks for."""
    if person is None or person.name == request.requester:
        return False
    if person.slack == request.requester_slack:
        return False
    plan = request.plan
    if not may(policy, person, "approve", plan.stack, plan.environment):
        return False
    if request.approver_roles and not request.approver_roles & person.roles:
        return False
    return not request.approver_people or person.name in request.approver_people


def decide(request: Request, votes: Sequence[Vote], policy: Policy, now: datetime) -> Verdict:
    """The verdict on a pending request; a decided one keeps its state.

    A denial by somebody eligible decides. Votes on another digest, or cast after the request
    expired, do not count; each person counts once.
    """
    counting = [vote for vote in votes if _counts(request, vote, policy)]
    approvals = len({vote.person for vote in counting if vote.decision == "approve"})
    return Verdict(
        state=_state(request, counting, approvals, now), approvals=approvals, needed=request.needed
    )


def may_still_run(request: Request, claimed_at: datetime, now: datetime) -> bool:
    """Whether the approval is fresh enough for the run to begin. Without approvals: always."""
    within = timedelta(seconds=request.run_within_seconds)
    return request.needed == 0 or now < claimed_at + within


def _counts(request: Request, vote: Vote, policy: Policy) -> bool:
    person = policy.person(vote.person)
    return (
        vote.digest == request.digest
        and vote.at < request.expires_at
        and person is not None
        and person.slack == vote.slack
        and eligible(request, person, policy)
    )


def _state(
    request: Request, counting: Sequence[Vote], approvals: int, now: datetime
) -> RequestState:
    if request.state is not RequestState.PENDING:
        return request.state
    if any(vote.decision == "deny" for vote in counting):
        return RequestState.DENIED
    if now >= request.expires_at:
        return RequestState.EXPIRED
    return RequestState.APPROVED if approvals >= request.needed else RequestState.PENDING
