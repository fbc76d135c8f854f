"""The schedules of stacks: commands.ports.Timetable over the database."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.ledger import Ledger
from bot.store import outbox
from bot.store import schedules as rows
from bot.store.schedules import FireRow, ScheduleRow
from commands.ports import Fired, Scheduled
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import escape, person, utc
from playbooks.model.people import Actor
from playbooks.model.schedule import Schedule
from playbooks.model.stack import Stack
from playbooks.rhythm import delay, next_fire

PROOF = ":proof"
"""The name under which the daily proof of a stack is kept; no schedule can be called so."""


def timed(stack: Stack) -> Mapping[str, Schedule]:
    """All that happens by itself on the stack, the proof included, by name."""
    rules = stack.backup
    if rules is None:
        return {}
    proof = rules.proof
    more = {PROOF: Schedule(at=proof.at, zone=proof.zone)} if proof else {}
    return {**stack.schedules, **more}


def fire_id(stack: str, name: str, key: str) -> str:
    """The same for every process: `sched:harbor/nightly:2026-11-22`."""
    return f"sched:{stack}/{name}:{key}"


def paused_line(row: ScheduleRow) -> str:
    """`paused by ana since 2026-11-22 01:02 UTC: moving house`, or nothing."""
    if row.paused_at is None:
        return ""
    reason = f": {row.reason}" if row.reason else ""
    return f"paused by {row.paused_by} since {utc(row.paused_at)}{reason}"


class StoredTimetable:
    """Remembers what is paused, and shows what the scheduler did."""

    def __init__(self, ledger: Ledger, bell: Bell) -> None:
        self._ledger = ledger
        self._bell = bell

    def of(self, stack: Stack) -> Sequence[Scheduled]:
        schedules = stack.schedules
        with self._ledger.database.read() as connection:
            return [self._scheduled(connection, stack, n, s) for n, s in schedules.items()]

    def pause(self, stack: Stack, name: str, actor: Actor, reason: str) -> bool:
        stack.schedule(name)
        with self._ledger.database.write() as connection:
            row = rows.get(connection, stack.name, name, self._ledger.now())
            if row.paused_at is not None:
                return False
            rows.pause(
                connection,
                stack.name,
                name,
                at=self._ledger.now(),
                by=actor.name,
                reason=self._ledger.redactor.redact(reason),
            )
            self._changed(connection, stack, name, actor, what="paused", reason=reason)
        self._bell.ring()
        return True

    def resume(self, stack: Stack, name: str, actor: Actor) -> bool:
        stack.schedule(name)
        with self._ledger.database.write() as connection:
            row = rows.get(connection, stack.name, name, self._ledger.now())
            if row.paused_at is None:
                return False
            rows.resume(connection, stack.name, name)
            self._changed(connection, stack, name, actor, what="resumed", reason="")
        self._bell.ring()
        return True

    def _scheduled(
        self, connection: sa.Connection, stack: Stack, name: str, schedule: Schedule
    ) -> Scheduled:
        row = rows.peek(connection, stack.name, name)
        last = next(iter(rows.newest(connection, stack.name, name)), None)
        fire = next_fire(schedule, row.seen_until if row else self._ledger.now())
        return Scheduled(
            name=name,
            schedule=schedule,
            next_at=fire.at + delay(fire_id(stack.name, name, fire.key), schedule.jitter),
            paused=paused_line(row) if row else "",
            last=_fired(last) if last else None,
        )

    def _changed(
        self,
        connection: sa.Connection,
        stack: Stack,
        name: str,
        actor: Actor,
        *,
        what: str,
        reason: str,
    ) -> None:
        now = self._ledger.now()
        audit.append(
            connection,
            at=now,
            kind=f"schedule.{what}",
            actor=actor.name,
            stack=stack.name,
            subject=name,
            detail=self._ledger.redactor.redact_json({"reason": reason}),
        )
        who, why = person(actor.slack, actor.name), f": {escape(reason)}" if reason else "."
        desired = Desired(
            key=f"schedule:{stack.name}/{name}:{what}:{now.isoformat()}",
            channel=self._ledger.channel_of(stack),
            lane=Lane.UPDATE,
            version=1,
            body=Body(text=f"Schedule {name} of {stack.name} is {what} by {who}{why}"),
        )
        outbox.want(connection, desired, now)


def _fired(row: FireRow) -> Fired:
    return Fired(at=row.at, state=row.state, request=row.request, why=row.why)
