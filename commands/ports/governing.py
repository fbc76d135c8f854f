"""Who may do what, what is asked for, and what became of it; implemented in bot/."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from commands.ports.asked import Asking, AuditEntry, Dossier
from playbooks.model.base import Model
from playbooks.model.people import Actor, Permission
from playbooks.model.plan import Plan
from playbooks.model.request import RequestState
from playbooks.model.stack import Stack


class Access(Protocol):
    """Who people are and what they may do. Fails closed."""

    def actor(self, slack: str) -> Actor:
        """Who this Slack user id is. A user nobody named is an actor without a person."""
        ...

    def may(self, actor: Actor, permission: Permission, stack: Stack) -> bool: ...

    def require(self, actor: Actor, permission: Permission, stack: Stack) -> None:
        """Raises Refused, saying which role would have it; the refusal is audited."""
        ...

    def grant(self, actor: Actor, permission: Permission, stack: Stack, what: str) -> None:
        """As `require`; that it was granted, and for what, is audited, too."""
        ...


class Gate(Protocol):
    """Plans, requests and votes."""

    def plan(self, operation: str, stack: Stack, params: Model) -> Plan:
        """Reads the facts and makes the plan. Asks nobody, changes nothing."""
        ...

    def ask(self, plan: Plan, asking: Asking) -> Dossier:
        """Requests that the plan runs. With no approval needed it is claimed at once. The card is
        posted by the outbox. Raises Refused (role, freeze)."""
        ...

    def keep(self, plan: Plan, asking: Asking) -> Dossier:
        """As `ask`, for what was approved together with an earlier plan (`Plan.afterwards`): nobody
        approves it again. Raises Refused (freeze)."""
        ...

    def vote(
        self, request: str, digest: str, actor: Actor, decision: Literal["approve", "deny"]
    ) -> Dossier:
        """Raises Refused with the reason for the person: own request, role, twice, expired,
        another digest, already decided. Every refusal is audited."""
        ...

    def cancel(self, request: str, actor: Actor) -> Dossier:
        """Withdraws a pending request, or asks the run to stop at the next safe place."""
        ...

    def settle(
        self, request: str, actor: Actor, decision: Literal["retry", "accept", "abort"]
    ) -> Dossier:
        """Answers what to do with an uncertain step."""
        ...


class History(Protocol):
    """What happened. Newest first; `before` is the id (or number) of the last one seen."""

    def dossier(self, request: str) -> Dossier:
        """Raises UnknownName with what it was likely meant to be."""
        ...

    def dossiers(
        self,
        stack: str | None = None,
        states: Sequence[RequestState] = (),
        limit: int = 20,
        before: str | None = None,
        operations: Sequence[str] = (),
    ) -> Sequence[Dossier]: ...

    def audit(
        self, stack: str | None = None, limit: int = 20, before: int | None = None
    ) -> Sequence[AuditEntry]: ...

    def approvals_needed(self, plan: Plan) -> int:
        """How many approvals policy asks for this plan right now."""
        ...

    def restore_seconds(self, stack: str) -> Mapping[str, float]:
        """How long the newest successful restore of each datastore took."""
        ...
