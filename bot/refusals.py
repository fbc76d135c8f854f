"""Why the gate says no: a sentence for the person, and an entry in the audit."""

import sqlalchemy as sa

from bot import audit
from bot.deploy_locks import lock_refusal
from bot.ledger import Ledger
from bot.store import requests
from commands.ports import Asking
from notifiers.views.text import either
from playbooks.errors import Refused
from playbooks.gate.policy import Rule
from playbooks.gate.verdict import eligible
from playbooks.model.people import Actor
from playbooks.model.plan import Plan
from playbooks.model.request import Request, RequestState, Vote


def ask_refusal(
    ledger: Ledger, connection: sa.Connection, plan: Plan, asking: Asking
) -> Refused | None:
    """Why this plan may not be asked for now; noted in the audit."""
    refusal = _why_not_ask(ledger, plan) or lock_refusal(connection, plan, asking.actor.name)
    if refusal is not None:
        audit.append(
            connection,
            at=ledger.now(),
            kind="request.refused",
            actor=asking.actor.name,
            stack=plan.stack,
            subject=plan.operation,
            detail=ledger.redactor.redact_json({"why": refusal.message, "typed": asking.typed}),
        )
    return refusal


def vote_refusal(
    ledger: Ledger, connection: sa.Connection, request: Request, vote: Vote, actor: Actor
) -> Refused | None:
    """Why this vote does not count; noted in the audit."""
    refusal = _why_not_vote(ledger, connection, request, vote, actor)
    if refusal is not None:
        ledger.audit(
            connection,
            "vote.refused",
            actor.name,
            request,
            decision=vote.decision,
            digest=vote.digest,
            why=refusal.message,
        )
    return refusal


def _why_not_ask(ledger: Ledger, plan: Plan) -> Refused | None:
    if plan.nothing_to_do:
        return Refused(f"There is nothing to do: {plan.summary}.")
    if source := ledger.policy.keeps_apart(plan):
        into = f"{plan.environment}/{plan.stack}"
        return Refused(
            f"Policy keeps the data of {source} out of {into}.",
            f"An entry `across: [{{from: {source}, into: {into}}}]` in interlock.yaml allows it.",
        )
    rule = ledger.policy.rule_for(plan)
    if rule is None:
        return Refused(
            f"No policy rule fits {plan.operation} ({plan.risk}) on {plan.stack}.",
            "What no rule allows is refused; see `policy` in interlock.yaml.",
        )
    return _undrilled(ledger, rule, plan) or _frozen(ledger, plan)


def _undrilled(ledger: Ledger, rule: Rule, plan: Plan) -> Refused | None:
    why = rule.undrilled(plan, ledger.now())
    if not why or rule.undrilled_approvals is not None:
        return None
    first = plan.sources[0]
    return Refused(
        why,
        f"`/ops drill {plan.stack} {first.datastore} {first.backup}` rehearses the restore and "
        "touches nothing; then ask again.",
    )


def _frozen(ledger: Ledger, plan: Plan) -> Refused | None:
    freeze = ledger.policy.freeze_on(plan, ledger.now())
    if freeze is None:
        return None
    return Refused(
        f"{plan.stack} is frozen until {freeze.ends:%Y-%m-%d %H:%M %Z}: {freeze.reason}.",
        "Ask again after that.",
    )


def _why_not_vote(
    ledger: Ledger, connection: sa.Connection, request: Request, vote: Vote, actor: Actor
) -> Refused | None:
    if request.state is not RequestState.PENDING:
        return _decided(request)
    if vote.at >= request.expires_at:
        return Refused(f"Too late: the request expired at {request.expires_at:%H:%M} UTC.")
    if vote.digest != request.digest:
        return Refused(
            "This button belongs to another plan than the one that is asked for now.",
            "Look at the newest card and vote there.",
        )
    ineligible = _not_eligible(ledger, request, vote, actor)
    if ineligible is not None:
        return ineligible
    earlier = {v.person: v for v in requests.votes_on(connection, request.id)}
    if vote.person in earlier:
        return Refused(f"You have voted already ({earlier[vote.person].decision}).")
    return _frozen(ledger, request.plan) if vote.decision == "approve" else None


def _decided(request: Request) -> Refused:
    if request.superseded_by is not None:
        return Refused(
            "This plan is superseded: what it rested on has changed.",
            f"The plan of now is request {request.superseded_by}.",
        )
    return Refused(f"This is decided already: {request.state.value}.")


def _not_eligible(ledger: Ledger, request: Request, vote: Vote, actor: Actor) -> Refused | None:
    own = request.requester in {vote.person} or request.requester_slack == vote.slack
    if own and vote.decision == "approve":
        return Refused("Nobody approves their own request.", "Somebody else has to.")
    if own:
        return Refused("This is your own request.", f"`/ops cancel {request.id}` withdraws it.")
    if eligible(request, actor.person, ledger.policy):
        return None
    if request.approver_people:
        return Refused(f"Only {either(sorted(request.approver_people))} may vote on this.")
    roles = either(sorted(request.approver_roles))
    return Refused(f"Your vote does not count here: it takes the role {roles}.")
