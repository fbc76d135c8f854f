"""Deploy locks: commands.ports.DeployLocks over the database, and what they forbid."""

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.ledger import Ledger
from bot.store import deploy_locks as rows
from bot.store import outbox
from bot.store.ids import new_id
from commands.ports import DeployLock
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import escape, person, utc
from playbooks.errors import Refused
from playbooks.model.people import Actor
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack

LOCKABLE = frozenset({"deploy", "update", "migrate", "bluegreen"})
"""What a lock keeps others from. Going back, stopping and restoring are never in its way."""


def locked_against(connection: sa.Connection, plan: Plan, person: str) -> DeployLock | None:
    """The lock of somebody else that keeps this person from it."""
    lock = rows.of(connection, plan.stack) if plan.operation in LOCKABLE else None
    return None if lock is None or lock.person == person else lock


def lock_refusal(connection: sa.Connection, plan: Plan, person: str) -> Refused | None:
    lock = locked_against(connection, plan, person)
    if lock is None:
        return None
    return Refused(
        f"{plan.stack} is locked by {lock.person} since {utc(lock.at)}: {lock.reason}.",
        f"Ask {lock.person}; `/ops deploy unlock {plan.stack}` ends it.",
    )


class StoredDeployLocks:
    """One a stack, audited and said in its channel."""

    def __init__(self, ledger: Ledger, bell: Bell) -> None:
        self._ledger = ledger
        self._bell = bell

    def of(self, stack: Stack) -> DeployLock | None:
        with self._ledger.database.read() as connection:
            return rows.of(connection, stack.name)

    def lock(self, stack: Stack, actor: Actor, reason: str) -> DeployLock:
        lock = DeployLock(
            stack=stack.name,
            person=actor.name,
            slack=actor.slack,
            reason=self._ledger.redactor.redact(reason),
            at=self._ledger.now(),
        )
        with self._ledger.database.write() as connection:
            held = rows.of(connection, stack.name)
            if held is not None and held.person != actor.name:
                raise Refused(
                    f"{stack.name} is locked by {held.person} already: {held.reason}.",
                    f"`/ops deploy unlock {stack.name}` ends that first.",
                )
            rows.put(connection, lock)
            said = f"deploys of {stack.name} are locked: {lock.reason}"
            self._changed(connection, stack, actor, "locked", said)
        self._bell.ring()
        return lock

    def unlock(self, stack: Stack, actor: Actor) -> DeployLock | None:
        with self._ledger.database.write() as connection:
            held = rows.of(connection, stack.name)
            if held is None:
                return None
            rows.remove(connection, stack.name)
            said = f"deploys of {stack.name} are open again"
            if held.person != actor.name:
                said += f"; the lock was {held.person}'s: {held.reason}"
            self._changed(connection, stack, actor, "unlocked", said)
        self._bell.ring()
        return held

    def _changed(
        self, connection: sa.Connection, stack: Stack, actor: Actor, what: str, said: str
    ) -> None:
        now = self._ledger.now()
        audit.append(
            connection,
            at=now,
            kind=f"deploy.{what}",
            actor=actor.name,
            stack=stack.name,
            subject=stack.name,
            detail=self._ledger.redactor.redact_json({"said": said}),
        )
        text = f"{person(actor.slack, actor.name)}: {escape(said)}"
        desired = Desired(
            key=f"deploy-lock:{stack.name}:{new_id()}",
            channel=self._ledger.channel_of(stack),
            lane=Lane.UPDATE,
            version=1,
            body=Body(text=text),
        )
        outbox.want(connection, desired, now)
