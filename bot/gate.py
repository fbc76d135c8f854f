"""Plans, requests and votes: commands.ports.Gate. Every decision is one transaction."""

from collections.abc import Mapping
from typing import Any, Literal

import sqlalchemy as sa

from bot.bell import Bell
from bot.engine.failpoints import Failpoints
from bot.ledger import Ledger
from bot.refusals import ask_refusal, vote_refusal
from bot.requesting import Wish, claim, close_request, expire, open_request
from bot.steering import Decision, cancel_run, settle_run
from bot.store import requests
from commands.ports import Access, Asking, Dossier
from notifiers.ports import Lane
from playbooks.errors import InterlockError, Refused, UnknownName
from playbooks.gate.verdict import decide
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.plan import Plan
from playbooks.model.request import Request, RequestState, Vote
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.ports import FactReader

Playbooks = Mapping[str, Playbook[Any]]


class PolicyGate:
    """Lets pass what policy allows, and nothing else."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        access: Access,
        facts: FactReader,
        playbooks: Playbooks,
        bell: Bell,
        failpoints: Failpoints,
    ) -> None:
        self._ledger = ledger
        self._access = access
        self._facts = facts
        self._playbooks = playbooks
        self._bell = bell
        self._failpoints = failpoints

    def plan(self, operation: str, stack: Stack, params: Model) -> Plan:
        """Raises UnknownName for an operation that is not there, FactUnavailable, InputError."""
        if operation not in self._playbooks:
            raise UnknownName(
                f"There is no operation {operation!r}.", f"There is: {', '.join(self._playbooks)}."
            )
        playbook = self._playbooks[operation]
        facts = self._facts.read(stack, playbook.needs(stack, params))
        return playbook.plan(stack, params, facts)

    def ask(self, plan: Plan, asking: Asking) -> Dossier:
        stack = self._ledger.stack(plan.stack)
        earlier = self._asked_before(asking)
        if earlier is not None:
            return earlier
        self._access.require(asking.actor, "ask", stack)
        try:
            request = self._ask(plan, asking)
        except sa.exc.IntegrityError:
            # Two processes were told the same thing at once; the other one was first.
            earlier = self._asked_before(asking)
            if earlier is None:
                raise
            return earlier
        return self._after(request)

    def keep(self, plan: Plan, asking: Asking) -> Dossier:
        """Asks for what was approved together with an earlier plan, so that nobody approves it
        again. Raises Refused when it may not run now."""
        earlier = self._asked_before(asking)
        if earlier is not None:
            return earlier
        return self._after(self._ask(plan, asking, approvals=0))

    def vote(
        self, request: str, digest: str, actor: Actor, decision: Literal["approve", "deny"]
    ) -> Dossier:
        vote = Vote(
            person=actor.name,
            slack=actor.slack,
            decision=decision,
            digest=digest,
            at=self._ledger.now(),
        )
        with self._ledger.database.write() as connection:
            found = self._locked(connection, request)
            refusal = vote_refusal(self._ledger, connection, found, vote, actor)
            if refusal is None:
                self._cast(connection, found, vote)
                self._failpoints.passing("vote:before-commit")
            elif _overdue(found, vote):
                expire(self._ledger, connection, found)
        self._failpoints.passing("vote:after-commit")
        return self._after(request, refusal)

    def cancel(self, request: str, actor: Actor) -> Dossier:
        with self._ledger.database.write() as connection:
            found = self._locked(connection, request)
            refusal = self._may_steer(connection, found, actor, "cancel")
            if refusal is None:
                refusal = self._cancel(connection, found, actor)
        return self._after(request, refusal)

    def settle(self, request: str, actor: Actor, decision: Decision) -> Dossier:
        with self._ledger.database.write() as connection:
            found = self._locked(connection, request)
            refusal = self._may_steer(connection, found, actor, decision)
            if refusal is None:
                refusal = settle_run(self._ledger, connection, found, actor.name, decision)
        return self._after(request, refusal)

    def _ask(self, plan: Plan, asking: Asking, approvals: int | None = None) -> str:
        """`approvals` is how many it takes, where policy's own number does not count."""
        with self._ledger.database.write() as connection:
            refusal = ask_refusal(self._ledger, connection, plan, asking)
            if refusal is None:
                return self._open(connection, plan, asking, approvals).id
        raise refusal

    def _asked_before(self, asking: Asking) -> Dossier | None:
        if asking.once is None:
            return None
        with self._ledger.database.read() as connection:
            request = requests.get_once(connection, asking.once)
            return self._ledger.dossier(connection, request) if request else None

    def _open(
        self, connection: sa.Connection, plan: Plan, asking: Asking, approvals: int | None
    ) -> Request:
        rule = self._ledger.policy.rule_for(plan)
        if rule is None:
            raise InterlockError(f"{plan.operation} lost its policy rule while it was asked for.")
        if approvals is not None:
            rule = rule.model_copy(update={"approvals": approvals, "undrilled_approvals": None})
        wish = Wish(
            requester=asking.actor.name,
            slack=asking.actor.slack,
            typed=asking.typed,
            origin=asking.origin,
            once=asking.once,
            card=asking.card,
            incident=asking.incident,
        )
        return open_request(self._ledger, connection, plan, rule, wish)

    def _cast(self, connection: sa.Connection, request: Request, vote: Vote) -> None:
        """Vote, verdict, claim, audit and the card's new version."""
        requests.cast(connection, request.id, vote)
        votes = requests.votes_on(connection, request.id)
        verdict = decide(request, votes, self._ledger.policy, vote.at)
        self._ledger.audit(
            connection,
            f"vote.{vote.decision}",
            vote.person,
            request,
            digest=vote.digest,
            approvals=verdict.approvals,
            needed=verdict.needed,
            **confirmed(request.plan, vote.decision),
        )
        if verdict.state is RequestState.DENIED:
            close_request(self._ledger, connection, request, RequestState.DENIED, vote.person)
            return
        if verdict.state is RequestState.APPROVED:
            claim(self._ledger, connection, request)
        self._ledger.want_card(connection, request.id, Lane.APPROVAL)

    def _cancel(self, connection: sa.Connection, request: Request, actor: Actor) -> Refused | None:
        if request.state is RequestState.PENDING:
            state = RequestState.CANCELLED
            close_request(self._ledger, connection, request, state, actor.name)
            return None
        return cancel_run(self._ledger, connection, request, actor.name)

    def _may_steer(
        self, connection: sa.Connection, request: Request, actor: Actor, act: str
    ) -> Refused | None:
        if self._ledger.may_steer(request, actor.person):
            return None
        why = f"Only {request.requester} and approvers may {act} this."
        self._ledger.audit(connection, f"{act}.refused", actor.name, request, why=why)
        return Refused(why)

    def _locked(self, connection: sa.Connection, request: str) -> Request:
        found = requests.get_locked(connection, request)
        if found is None:
            raise UnknownName(f"There is no request {request!r}.", "`/ops runs` lists them.")
        return found

    def _after(self, request: str, refusal: Refused | None = None) -> Dossier:
        """Wakes whoever has work now; tells the person why not, or how things stand."""
        self._bell.ring()
        if refusal is not None:
            raise refusal
        with self._ledger.database.read() as connection:
            found = requests.get(connection, request)
            if found is None:
                raise UnknownName(f"There is no request {request!r}.")
            return self._ledger.dossier(connection, found)


def confirmed(plan: Plan, decision: str) -> dict[str, list[str]]:
    """What an approval says besides: that the plan's checklist was gone through."""
    return {"confirmed": list(plan.checklist)} if plan.checklist and decision == "approve" else {}


def _overdue(request: Request, vote: Vote) -> bool:
    return request.state is RequestState.PENDING and vote.at >= request.expires_at
