"""Asks for what schedules want, each fire once, however many processes and lives it takes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot import audit
from bot.bell import Bell
from bot.engine.failpoints import Failpoints
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.schedules.changes import Changes
from bot.schedules.proof import Proof
from bot.schedules.timetable import PROOF, fire_id, paused_line, timed
from bot.store import outbox
from bot.store import schedules as rows
from bot.store.schedules import FireRow, ScheduleRow
from commands.ports import Asking, Gate
from commands.protect.drill import drill_of
from commands.protect.known import LIST
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import escape
from playbooks.datastores.protocol import BackupParams
from playbooks.errors import InterlockError, Refused, UnknownName
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.schedule import Schedule
from playbooks.model.stack import DRILL, Stack
from playbooks.repository.listing import Listing
from playbooks.rhythm import Fire, delay, fires_between, left_out, next_fire

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 15.0
_MOST_AT_ONCE = 48
_PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Scheduler:
    """`run` goes on for ever; `turn` is one round of it. Safe to have several on one database.

    A fire is noted before it is asked for, and asked for under its own id, so that whatever is
    killed in between, the next life completes it and nothing is asked for twice.
    """

    ledger: Ledger
    gate: Gate
    bell: Bell
    failpoints: Failpoints
    proof: Proof
    changes: Changes

    async def run(self) -> None:
        """Each round as soon as something is due."""
        await rounds("scheduler", _LONGEST_WAIT, self._round)

    def _round(self) -> float:
        self.turn()
        return self._seconds_to_next()

    def turn(self) -> None:
        """Notes what is due, and asks for it."""
        for stack, name, schedule in self._all():
            if schedule.on_change:
                self.changes.note_due(stack, name, schedule)
            else:
                self._note_due(stack, name, schedule)
        with self.ledger.database.read() as connection:
            begun = rows.begun(connection)
        for fire in begun:
            self.failpoints.passing("schedule:noted")
            self._carry_on(fire)

    def _all(self) -> Iterator[tuple[Stack, str, Schedule]]:
        for stack in self.ledger.stacks.values():
            for name, schedule in timed(stack).items():
                yield stack, name, schedule

    def _seconds_to_next(self) -> float:
        now = self.ledger.now()
        waits = [
            (_due(stack, name, schedule, next_fire(schedule, now)) - now).total_seconds()
            for stack, name, schedule in self._all()
        ]
        return max(0.05, min([_LONGEST_WAIT, *waits]))

    def _note_due(self, stack: Stack, name: str, schedule: Schedule) -> None:
        now = self.ledger.now()
        with self.ledger.database.read() as connection:
            seen = rows.peek(connection, stack.name, name)
        if seen is not None and next_fire(schedule, seen.seen_until).at > now:
            return
        with self.ledger.database.write() as connection:
            row = rows.get(connection, stack.name, name, now)
            due = list(_until_not_due(stack, name, schedule, row, now))
            if not due:
                return
            skipped = left_out(
                [replace(fire, at=_due(stack, name, schedule, fire)) for fire in due],
                schedule.catch_up,
                now,
            )
            paused = paused_line(row)
            for fire in due:
                why = paused or skipped.get(fire.key, "")
                rows.note(connection, _noted(stack, name, fire, now, why))
            rows.see(connection, stack.name, name, due[-1].at)

    def _carry_on(self, fire: FireRow) -> None:
        try:
            self._perform(fire)
        except Refused as error:
            self._give_up(fire, str(error))
        except InterlockError as error:
            if isinstance(error, UnknownName) or self._out_of_patience(fire):
                self._give_up(fire, str(error))
            else:
                _log.warning("schedule.waits", fire=fire.id, why=str(error))
                with self.ledger.database.write() as connection:
                    rows.explain(connection, fire.id, self.ledger.redactor.redact(str(error)))
        except Exception as error:  # noqa: BLE001 - the boundary of one fire
            _log.exception("schedule.broke", fire=fire.id)
            if self._out_of_patience(fire):
                self._give_up(fire, f"something broke ({type(error).__name__})")

    def _perform(self, fire: FireRow) -> None:
        stack = self.ledger.stack(fire.stack)
        if fire.name == PROOF:
            self.proof.say(stack, fire)
            return
        schedule = stack.schedule(fire.name)
        operation, params = self._wish(stack, fire.name, schedule)
        asking = Asking(
            actor=Actor(slack=f"schedule {fire.name}", schedule=f"{stack.name}/{fire.name}"),
            channel=self.ledger.channel_of(stack),
            typed=f"schedule {fire.name}, {schedule.rhythm}",
            origin="schedule",
            once=fire.id,
        )
        dossier = self.gate.ask(self.gate.plan(operation, stack, params), asking)
        self.failpoints.passing("schedule:asked")
        with self.ledger.database.write() as connection:
            rows.settle(connection, fire.id, "asked", request=dossier.request.id)

    def _wish(self, stack: Stack, name: str, schedule: Schedule) -> tuple[str, Model]:
        names = stack.scheduled(schedule)
        if name != DRILL:
            return "backup", BackupParams(datastores=names, origin="scheduled")
        facts = self.proof.facts.read(stack, [LIST])
        backups = Listing.model_validate(facts.of(LIST)).backups
        now = self.ledger.now()
        return "drill", drill_of(stack, names, "latest", backups, now=now, origin="scheduled")

    def _out_of_patience(self, fire: FireRow) -> bool:
        return self.ledger.now() - fire.begun_at > _PATIENCE

    def _give_up(self, fire: FireRow, why: str) -> None:
        """Says in the stack's channel, once, that this one does not happen."""
        why = self.ledger.redactor.redact(why)
        with self.ledger.database.write() as connection:
            if rows.settle(connection, fire.id, "failed", why=why):
                self._tell(connection, fire, why)
        self.bell.ring()

    def _tell(self, connection: sa.Connection, fire: FireRow, why: str) -> None:
        now, stack = self.ledger.now(), self.ledger.stacks.get(fire.stack)
        audit.append(
            connection,
            at=now,
            kind="schedule.failed",
            actor="scheduler",
            stack=fire.stack,
            subject=fire.name,
            detail={"fire": fire.id, "why": why},
        )
        if stack is None:
            return
        what = {PROOF: "The daily proof", DRILL: "The scheduled drill"}.get(
            fire.name, f"Scheduled backup {fire.name}"
        )
        desired = Desired(
            key=f"{fire.id}:failed",
            channel=self.ledger.channel_of(stack),
            lane=Lane.CRITICAL,
            version=1,
            body=Body(text=f"{what} of {stack.name} could not be asked for: {escape(why)}"),
        )
        outbox.want(connection, desired, now)


def _until_not_due(
    stack: Stack, name: str, schedule: Schedule, row: ScheduleRow, now: datetime
) -> Iterator[Fire]:
    for fire in fires_between(schedule, row.seen_until, now, _MOST_AT_ONCE):
        if _due(stack, name, schedule, fire) > now:
            return
        yield fire


def _due(stack: Stack, name: str, schedule: Schedule, fire: Fire) -> datetime:
    return fire.at + delay(fire_id(stack.name, name, fire.key), schedule.jitter)


def _noted(stack: Stack, name: str, fire: Fire, now: datetime, why: str) -> FireRow:
    return FireRow(
        id=fire_id(stack.name, name, fire.key),
        stack=stack.name,
        name=name,
        key=fire.key,
        at=fire.at,
        begun_at=now,
        state="skipped" if why else "begun",
        why=why,
    )
