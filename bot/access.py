"""Who people are and what they may do: commands.ports.Access over the policy."""

from bot import audit
from bot.store.database import Database
from commands.ports import Clock
from notifiers.views.text import either
from playbooks.errors import Refused
from playbooks.gate.access import may, roles_allowing
from playbooks.gate.policy import Policy
from playbooks.model.base import JsonObject
from playbooks.model.people import Actor, Permission
from playbooks.model.stack import Stack

_ACTS: dict[Permission, str] = {
    "read": "look at",
    "ask": "ask for operations on",
    "approve": "approve operations on",
    "break_glass": "break the glass on",
    "audit": "read the audit of",
    "download": "download backups or diagnostics of",
}


class PolicyAccess:
    """Fails closed: a Slack user whom the policy does not name may do nothing.

    A schedule may ask on the stack whose file names it, and nothing else.
    """

    def __init__(self, policy: Policy, database: Database, now: Clock) -> None:
        self._policy = policy
        self._database = database
        self._now = now

    def actor(self, slack: str) -> Actor:
        return Actor(slack=slack, person=self._policy.person_with(slack))

    def may(self, actor: Actor, permission: Permission, stack: Stack) -> bool:
        if actor.schedule is not None:
            return permission == "ask" and actor.schedule in _schedules(stack)
        return may(self._policy, actor.person, permission, stack.name, stack.environment)

    def require(self, actor: Actor, permission: Permission, stack: Stack) -> None:
        """Raises Refused, saying which role would have it; the refusal is audited."""
        if self.may(actor, permission, stack):
            return
        why = self._why(actor, permission, stack)
        self._note("access.refused", actor, stack, permission, {"why": why})
        raise Refused(why, self._hint(permission, stack))

    def grant(self, actor: Actor, permission: Permission, stack: Stack, what: str) -> None:
        """As `require`; what it is granted for is audited, too."""
        self.require(actor, permission, stack)
        self._note("access.granted", actor, stack, permission, {"what": what})

    def _note(
        self, kind: str, actor: Actor, stack: Stack, permission: Permission, detail: JsonObject
    ) -> None:
        with self._database.write() as connection:
            audit.append(
                connection,
                at=self._now(),
                kind=kind,
                actor=actor.name,
                stack=stack.name,
                subject=permission,
                detail={"slack": actor.slack, **detail},
            )

    def _why(self, actor: Actor, permission: Permission, stack: Stack) -> str:
        act = _ACTS[permission]
        where = f"{stack.name} ({stack.environment})"
        if actor.person is None:
            return f"You may not {act} {where}: the policy does not know {actor.slack}."
        return f"You may not {act} {where}."

    def _hint(self, permission: Permission, stack: Stack) -> str:
        roles = roles_allowing(self._policy, permission, stack.name, stack.environment)
        if not roles:
            return "No role allows it; `interlock.yaml` says who may do what."
        return f"It takes the role {either(roles)}."


def _schedules(stack: Stack) -> frozenset[str]:
    return frozenset(f"{stack.name}/{name}" for name in stack.schedules)
