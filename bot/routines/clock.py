"""Begins rounds at their hours and tells of the week, each once, however many bots and lives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import audit
from bot.bell import Bell
from bot.engine.failpoints import Failpoints
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.routines.cards import want_report
from bot.routines.kept import StoredRoutines, begin, mark_of, today, week_of
from bot.store import routines as rows
from bot.store import schedules
from playbooks.model.routines import Routine
from playbooks.model.schedule import Schedule
from playbooks.model.stack import Stack
from playbooks.respond import routine as course
from playbooks.respond.routine import schedule_of
from playbooks.rhythm import Fire, fires_between, next_fire

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 15.0
_MOST_AT_ONCE = 48
_DAY = timedelta(days=1)
REPORT = ":routine-report"
"""Under which name it is kept until when the week was told."""


@dataclass(frozen=True)
class RoutineClock:
    """`run` goes on for ever; `turn` is one round of it. A round is noted as begun before it is
    looked at: whatever is killed in between, the next life looks at it, and its card is one."""

    ledger: Ledger
    routines: StoredRoutines
    bell: Bell
    failpoints: Failpoints

    async def run(self) -> None:
        await rounds("routines", _LONGEST_WAIT, self._round)

    def _round(self) -> float:
        self.turn()
        now = self.ledger.now()
        waits = [(next_fire(each, now).at - now).total_seconds() for each in self._schedules()]
        return max(0.05, min([_LONGEST_WAIT, *waits]))

    def turn(self) -> None:
        """Begins what is due, looks at what was begun, tells of the week."""
        for stack in self.ledger.stacks.values():
            for name, routine in stack.routines.items():
                self._begin_due(stack, name, routine)
            if stack.routines:
                self._report_due(stack)
        with self.ledger.database.read() as connection:
            waiting = [each.id for each in rows.begun(connection)]
        if waiting:
            self.failpoints.passing("routine:begun")
            self.routines.look_at(waiting)

    def _schedules(self) -> Sequence[Schedule]:
        stacks = [stack for stack in self.ledger.stacks.values() if stack.routines]
        timed = [schedule_of(each) for stack in stacks for each in stack.routines.values()]
        return [*filter(None, timed), *(stack.routine_report.schedule for stack in stacks)]

    def _begin_due(self, stack: Stack, name: str, routine: Routine) -> None:
        schedule = schedule_of(routine)
        now = self.ledger.now()
        if schedule is None or not self._may_be_due(stack, mark_of(name), schedule, now):
            return
        with self.ledger.database.write() as connection:
            mark = schedules.get(connection, stack.name, mark_of(name), now)
            due = fires_between(schedule, mark.seen_until, now, _MOST_AT_ONCE)
            if not due:
                return
            for fire in due[:-1]:
                # A later one stands for it: nobody goes through yesterday's list today.
                lost = course.begun(stack, name, fire, now)
                rows.add(connection, course.missed(lost))
            newest = due[-1]
            fresh = course.begun(stack, name, newest, now)
            begin(connection, self.ledger, stack, fresh)
            schedules.see(connection, stack.name, mark_of(name), newest.at)
        _log.info("routine.begun", stack=stack.name, routine=name, key=newest.key)

    def _report_due(self, stack: Stack) -> None:
        schedule, now = stack.routine_report.schedule, self.ledger.now()
        if not self._may_be_due(stack, REPORT, schedule, now):
            return
        with self.ledger.database.write() as connection:
            mark = schedules.get(connection, stack.name, REPORT, now)
            due: Sequence[Fire] = fires_between(schedule, mark.seen_until, now, 1)
            if not due:
                return
            [fire] = due
            week = week_of(connection, stack, today(stack, fire.at) - _DAY)
            schedules.see(connection, stack.name, REPORT, fire.at)
            if not week.sum("rounds"):
                return
            want_report(connection, self.ledger, stack, week, fire.key)
            detail = {"due": week.sum("due"), "done": week.sum("done")}
            audit.append(
                connection,
                at=now,
                kind="routine.reported",
                actor="schedule",
                stack=stack.name,
                subject=fire.key,
                detail=detail,
            )
        self.bell.ring()

    def _may_be_due(self, stack: Stack, mark: str, schedule: Schedule, now: datetime) -> bool:
        """Without the lock; a routine that was never seen begins to be watched now."""
        with self.ledger.database.read() as connection:
            seen = schedules.peek(connection, stack.name, mark)
        return seen is None or next_fire(schedule, seen.seen_until).at <= now
