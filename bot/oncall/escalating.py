"""Tells more people, step by step, while nobody takes care of an alert."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.bell import Bell
from bot.engine.failpoints import Failpoints
from bot.ledger import Ledger
from bot.oncall.calling import Caller
from bot.oncall.pagers import close_pagers, open_pagers
from bot.rounds import rounds
from bot.store import alerts as alert_rows
from bot.store import paging as rows
from notifiers.views.alert import alert_key
from playbooks.model.stack import Stack
from playbooks.respond.escalation import (
    Escalation,
    due,
    fitting,
    hours_of,
    rested,
    resumed,
    worsened,
)
from playbooks.respond.matters import Matter, Placed, matters, subject_of
from playbooks.respond.paging import Paging, Step
from playbooks.respond.sources import AlertRules

_SECONDS = 5.0
_GROUPS = 5_000
# So long after a storm what began it is not paged for one by one.
_STORMS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class _Change:
    """What is to be written down: the escalation as it is now, and the step that is due. `joined`:
    a storm goes on with it."""

    matter: Matter | None
    before: Escalation | None
    after: Escalation
    step: Step | None = None
    joined: bool = False


@dataclass(frozen=True)
class Escalating:
    """`look` brings every escalation up to date; all that a step does is in one transaction, but
    for what leaves the house: that is noted, and the pager sends it."""

    ledger: Ledger
    rules: AlertRules
    paging: Paging
    caller: Caller
    bell: Bell
    failpoints: Failpoints

    async def run(self) -> None:
        """For ever."""
        await rounds("escalation", _SECONDS, self.look)

    def look(self) -> None:
        now = self.ledger.now()
        with self.ledger.database.read() as connection:
            if not any(self._changes(connection, now)):
                return
        with self.ledger.database.write() as connection:
            stepped = False
            for change in list(self._changes(connection, now)):
                stepped = self._apply(connection, change, now) or stepped
            if stepped:
                self.failpoints.passing("escalation:before-commit")
        if stepped:
            self.failpoints.passing("escalation:after-commit")
        self.bell.ring()

    def _changes(self, connection: sa.Connection, now: datetime) -> Iterator[_Change]:
        shown = alert_rows.groups(connection, firing=True, limit=_GROUPS)
        placed = [
            Placed(each.group, each.carded_at, each.storm) for each in shown if not each.rests
        ]
        storms = alert_rows.storms_since(connection, now - _STORMS_KEPT)
        found = {m.subject: m for m in matters(placed, storms, self.rules.storm.within, now)}
        own = _own_subjects(found)
        known = rows.escalations_of(connection, [*found, *own])
        for matter in found.values():
            change = self._change(matter, known, now)
            if change is not None:
                yield change
        for subject, escalation in known.items():
            if escalation.since is not None and subject not in found:
                over = rested(escalation, now)
                yield _Change(None, escalation, over, joined=subject in own)

    def _change(
        self, matter: Matter, known: Mapping[str, Escalation], now: datetime
    ) -> _Change | None:
        before = known.get(matter.subject)
        if not matter.unattended:
            running = before is not None and before.since is not None
            return _Change(matter, before, rested(before, now)) if before and running else None
        stack = self._stack(matter.lead.stack)
        after = before or self._begun(matter, known, stack, now)
        if after is None:
            return None
        if after.since is None:
            after = resumed(after, now)
        after = self._as_severe(matter, after, stack, now)
        policy = self.paging.policy(after.policy)
        office = hours_of(self.paging, stack)
        step = due(policy, after, office, now) if policy is not None else None
        if after == before and step is None:
            return None
        return _Change(matter, before, after, step)

    def _begun(
        self, matter: Matter, known: Mapping[str, Escalation], stack: Stack | None, now: datetime
    ) -> Escalation | None:
        """From its beginning; a storm goes on from where the furthest of its groups had come."""
        policy = fitting(self.paging, matter.lead.severity, stack, now)
        if policy is None:
            return None
        group = matter.lead
        thread = f"storm:{matter.storm}" if matter.storm else alert_key(group)
        fresh = Escalation(
            subject=matter.subject,
            stack=group.stack,
            group=group.key,
            rule=group.rule,
            severity=group.severity,
            channel=group.channel,
            thread_of=thread,
            policy=policy.name,
            began_at=matter.began_at,
            since=matter.began_at,
        )
        own = [known.get(subject_of(member.group, None)) for member in matter.members]
        earlier = [e for e in own if e is not None and e.policy == policy.name]
        if not matter.storm or not earlier:
            return fresh
        furthest = max(earlier, key=lambda e: (e.step, e.unattended(now)))
        keep = {name: getattr(fresh, name) for name in ("subject", "thread_of")}
        return furthest.model_copy(update=keep)

    def _as_severe(
        self, matter: Matter, after: Escalation, stack: Stack | None, now: datetime
    ) -> Escalation:
        """By the policy that holds now that it fires more severely, if that is another one, or now
        that the file has its own no more."""
        severity = matter.lead.severity
        if severity == after.severity and self.paging.policy(after.policy) is not None:
            return after
        policy = fitting(self.paging, severity, stack, now)
        if policy is None or policy.name == after.policy:
            return after.model_copy(update={"severity": severity})
        return worsened(after, severity, policy.name, now)

    def _apply(self, connection: sa.Connection, change: _Change, now: datetime) -> bool:
        """Whether a step was taken."""
        after, before = change.after, change.before
        if after.since is None and not change.joined:
            close_pagers(connection, after.subject, now)
            group = change.matter.lead if change.matter is not None else None
            self.caller.tell_over(connection, after, group)
        elif before is not None and before.since is None:
            open_pagers(connection, after.subject, now)
        policy = self.paging.policy(after.policy)
        if change.step is None or change.matter is None or policy is None:
            rows.put_escalation(connection, after)
            return False
        group = change.matter.lead
        after = after.model_copy(update={"rule": group.rule, "group": group.key})
        rows.put_escalation(connection, self.caller.step(connection, after, policy, group))
        return True

    def _stack(self, name: str) -> Stack | None:
        return self.ledger.stacks.get(name)


def _own_subjects(found: Mapping[str, Matter]) -> frozenset[str]:
    """What the members of storms were called before it."""
    return frozenset(
        subject_of(member.group, None)
        for matter in found.values()
        if matter.storm
        for member in matter.members
    )
