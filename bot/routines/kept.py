"""What people see of routines, and what they do about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.ledger import Ledger
from bot.routines.cards import want_card
from bot.store import routines as rows
from bot.store import schedules
from commands.ports import KeptRoutine
from playbooks.errors import Refused, UnknownName
from playbooks.model.people import Actor
from playbooks.model.routines import Routine
from playbooks.model.stack import Stack
from playbooks.ports import FactReader
from playbooks.respond import routine as course
from playbooks.respond.checks import SECONDS, needs
from playbooks.respond.routine import Round, RoundState, Week, schedule_of
from playbooks.rhythm import Fire, next_fire

_Turn = Callable[[Round, datetime], Round]
_WEEK = timedelta(days=8)


def mark_of(name: str) -> str:
    """Under which name it is kept until when a routine is dealt with: no schedule can be called
    so."""
    return f":routine:{name}"


@dataclass(frozen=True)
class StoredRoutines:
    """commands.ports.Routines over the database."""

    ledger: Ledger
    facts: FactReader
    bell: Bell

    def of(self, stack: Stack) -> Sequence[KeptRoutine]:
        with self.ledger.database.read() as connection:
            return [self._kept(connection, stack, n, r) for n, r in stack.routines.items()]

    def begin(self, stack: Stack, name: str, actor: Actor, once: str | None = None) -> Round:
        routine, now = stack.routine(name), self.ledger.now()
        key = f"{now.astimezone(ZoneInfo(routine.zone)):%Y-%m-%d}-{once or f'{now:%H%M%S}'}"
        fresh = course.begun(stack, name, Fire(key, now), now, by=actor.name)
        with self.ledger.database.write() as connection:
            if rows.get(connection, fresh.id) is None:
                begin(connection, self.ledger, stack, fresh)
        self.look_at([fresh.id])
        return self.round(fresh.id)

    def round(self, id_: str) -> Round:
        with self.ledger.database.read() as connection:
            found = rows.get(connection, id_)
        if found is None:
            raise UnknownName(f"There is no round {id_!r}.", "`/ops routines` lists them.")
        return found

    def tick(self, id_: str, number: int, actor: Actor) -> Round:
        def turn(round_: Round, now: datetime) -> Round:
            return course.ticked(round_, _fitting(round_, number), actor.name, actor.slack, now)

        return self._change(id_, actor, "ticked", turn, number)

    def untick(self, id_: str, number: int, actor: Actor) -> Round:
        def turn(round_: Round, now: datetime) -> Round:
            return course.unticked(round_, _fitting(round_, number), now)

        return self._change(id_, actor, "unticked", turn, number)

    def look_again(self, id_: str, actor: Actor) -> Round:
        round_ = self.round(id_)
        stack = self.ledger.stack(round_.stack)
        items = [line.item for line in round_.lines]
        facts = self.facts.read(stack, needs(stack, items), within=SECONDS)

        def turn(held: Round, now: datetime) -> Round:
            return course.looked(held, stack, facts, now)

        return self._change(id_, actor, "looked", turn)

    def week(self, stack: Stack) -> Week:
        with self.ledger.database.read() as connection:
            return week_of(connection, stack, today(stack, self.ledger.now()))

    def look_at(self, ids: Sequence[str]) -> None:
        """Rounds that were begun are looked at, all within one deadline, and shown. One that
        somebody else looked at meanwhile stays as that one left it."""
        with self.ledger.database.read() as connection:
            found = [each for id_ in ids if (each := rows.get(connection, id_))]
        asked = [each for each in found if each.stack in self.ledger.stacks]
        stacks = [self.ledger.stacks[each.stack] for each in asked]
        queries = [
            (stack, needs(stack, [line.item for line in round_.lines]))
            for stack, round_ in zip(stacks, asked, strict=True)
        ]
        facts = self.facts.read_all(queries, within=SECONDS)
        for stack, round_, seen in zip(stacks, asked, facts, strict=True):
            with self.ledger.database.write() as connection:
                held = rows.hold(connection, round_.id)
                if held is not None and held.state is RoundState.BEGUN:
                    looked = course.looked(held, stack, seen, self.ledger.now())
                    looked = self._redacted(looked)
                    rows.put(connection, looked)
                    want_card(connection, self.ledger, stack, looked)
        self.bell.ring()

    def _kept(
        self, connection: sa.Connection, stack: Stack, name: str, routine: Routine
    ) -> KeptRoutine:
        schedule = schedule_of(routine)
        mark = schedules.peek(connection, stack.name, mark_of(name))
        after = mark.seen_until if mark else self.ledger.now()
        return KeptRoutine(
            name=name,
            rhythm=schedule.rhythm if schedule else f"{routine.every}, when somebody begins it",
            items=len(routine.items),
            next_at=next_fire(schedule, after).at if schedule else None,
            last=rows.latest(connection, stack.name, name),
        )

    def _change(
        self, id_: str, actor: Actor, kind: str, turn: _Turn, number: int | None = None
    ) -> Round:
        """The change, what is remembered of it, and the card, in one transaction."""
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            held = rows.hold(connection, id_)
            if held is None:
                raise UnknownName(f"There is no round {id_!r}.", "`/ops routines` lists them.")
            _require_newest(connection, held)
            changed = self._redacted(turn(held, now))
            if changed == held:
                return held
            rows.put(connection, changed)
            item = {} if number is None else {"item": held.lines[number].item.text}
            audit.append(
                connection,
                at=now,
                kind=f"routine.{kind}",
                actor=actor.name,
                stack=held.stack,
                subject=held.id,
                detail=item,
            )
            want_card(connection, self.ledger, self.ledger.stack(held.stack), changed)
        self.bell.ring()
        return changed

    def _redacted(self, round_: Round) -> Round:
        """What was found is somebody else's words."""
        lines = tuple(
            line.model_copy(
                update={
                    "finding": line.finding.model_copy(
                        update={"said": self.ledger.redactor.redact(line.finding.said)}
                    )
                }
            )
            if line.finding
            else line
            for line in round_.lines
        )
        return round_.model_copy(update={"lines": lines})


def begin(connection: sa.Connection, ledger: Ledger, stack: Stack, fresh: Round) -> None:
    """A new round takes over from the one before it."""
    now = ledger.now()
    before = rows.latest(connection, fresh.stack, fresh.routine)
    if before is not None:
        held = rows.hold(connection, before.id) or before
        over = course.taken_over(held, now)
        if over != held:
            fresh = course.carrying(fresh, held)
            rows.put(connection, over)
            if held.state is not RoundState.BEGUN:
                want_card(connection, ledger, stack, over)
    if not rows.add(connection, fresh):
        return
    audit.append(
        connection,
        at=now,
        kind="routine.begun",
        actor=fresh.by or "schedule",
        stack=fresh.stack,
        subject=fresh.id,
        detail={"items": len(fresh.lines), "carried": len(fresh.carried)},
    )


def today(stack: Stack, now: datetime) -> date:
    """The day on the clocks of the stack's report."""
    return now.astimezone(ZoneInfo(stack.routine_report.zone)).date()


def week_of(connection: sa.Connection, stack: Stack, last: date) -> Week:
    """The seven days that end with `last`."""
    since = datetime.combine(last, time(), UTC) - _WEEK
    return course.week(stack.name, rows.since(connection, stack.name, since), last)


def _fitting(round_: Round, number: int) -> int:
    if not 0 <= number < len(round_.lines):
        raise UnknownName(f"{round_.id} has no item {number + 1}.", "Open its newest card.")
    return number


def _require_newest(connection: sa.Connection, round_: Round) -> None:
    newest = rows.latest(connection, round_.stack, round_.routine)
    if newest is not None and newest.id != round_.id:
        raise Refused(
            f"The next round of {round_.routine} has begun ({newest.key}); what was left is there.",
            f"Use its card, or `/ops routine {round_.stack} {round_.routine}`.",
        )
