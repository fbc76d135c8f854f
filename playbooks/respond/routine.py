"""Rounds of a routine: begun at its hour, looked at, ticked, carried over. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from playbooks.model.base import Model
from playbooks.model.checks import Item
from playbooks.model.facts import Facts
from playbooks.model.routines import Routine
from playbooks.model.schedule import Schedule
from playbooks.model.stack import Stack
from playbooks.respond.checking.finding import Finding, Verdict
from playbooks.respond.checks import judge
from playbooks.rhythm import Fire

_DAYS = 7
_KEY_DAY = 10


class RoundState(StrEnum):
    """`begun` waits to be looked at. `over` is what the next round took over from; `missed` is one
    whose hour passed while the bot was down."""

    BEGUN = "begun"
    OPEN = "open"
    DONE = "done"
    OVER = "over"
    MISSED = "missed"


class Line(Model):
    """One item of a round. `since` is the key of the round in which it was left first, where it is
    carried over. Times are UTC."""

    item: Item
    since: str = ""
    finding: Finding | None = None
    ticked_at: datetime | None = None
    ticked_by: str = ""
    ticked_slack: str = ""

    @property
    def by_itself(self) -> bool:
        """Whether it is done without anybody: found well, and nobody is to look at it as well."""
        well = self.finding is not None and self.finding.verdict is Verdict.GREEN
        return well and not self.item.asked

    @property
    def red(self) -> bool:
        return self.finding is not None and self.finding.verdict is Verdict.RED

    @property
    def done(self) -> bool:
        return self.ticked_at is not None or self.by_itself


class Round(Model):
    """One time that a routine is gone through. `key` is its day on the clocks of its zone, or of
    one that somebody began by hand (`by`) the minute; `due` its moment."""

    stack: str
    routine: str
    key: str
    due: datetime
    begun_at: datetime
    lines: tuple[Line, ...] = Field(min_length=1)
    state: RoundState = RoundState.BEGUN
    by: str = ""
    looked_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def id(self) -> str:
        return f"{self.stack}/{self.routine}:{self.key}"

    @property
    def left(self) -> tuple[Line, ...]:
        """What is not done."""
        return tuple(line for line in self.lines if not line.done)

    @property
    def carried(self) -> tuple[Line, ...]:
        """What was left by rounds before it."""
        return tuple(line for line in self.lines if line.since)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.key[:_KEY_DAY])


def schedule_of(routine: Routine) -> Schedule | None:
    """When it comes by itself; None where nothing says at what time."""
    if not routine.at:
        return None
    days = {"weekly": "weekly monday", "monthly": "monthly 1", "quarterly": "quarterly 1"}
    return Schedule(on=days.get(routine.every, routine.every), at=routine.at, zone=routine.zone)


def begun(stack: Stack, name: str, fire: Fire, now: datetime, by: str = "") -> Round:
    """A round with nothing looked at and nothing ticked. Raises UnknownName."""
    lines = tuple(Line(item=item) for item in stack.routine(name).items)
    return Round(
        stack=stack.name,
        routine=name,
        key=fire.key,
        due=fire.at,
        begun_at=now,
        lines=lines,
        by=by,
    )


def missed(round_: Round) -> Round:
    """Its hour passed while nobody could begin it."""
    return round_.model_copy(update={"state": RoundState.MISSED, "ended_at": round_.begun_at})


def carrying(fresh: Round, before: Round) -> Round:
    """With what the round before it left: an item that comes again says since when, one that the
    routine does not have any more is added."""
    left = {line.item.text: line.since or before.key for line in before.left}
    own = {line.item.text for line in fresh.lines}
    again = tuple(
        line.model_copy(update={"since": left.get(line.item.text, "")}) for line in fresh.lines
    )
    added = tuple(
        Line(item=line.item, since=line.since or before.key)
        for line in before.left
        if line.item.text not in own
    )
    return fresh.model_copy(update={"lines": (*again, *added)})


def taken_over(round_: Round, now: datetime) -> Round:
    """The next round began: what is left of this one is in that one."""
    if round_.state in {RoundState.DONE, RoundState.MISSED, RoundState.OVER}:
        return round_
    return _next(round_, state=RoundState.OVER, ended_at=now)


def looked(round_: Round, stack: Stack, facts: Facts, now: datetime) -> Round:
    """With what the facts say. What people ticked stays as they left it."""
    lines = tuple(
        line
        if line.ticked_at is not None
        else line.model_copy(update={"finding": judge(stack, line.item, facts, now)})
        for line in round_.lines
    )
    return _settled(_next(round_, lines=lines, looked_at=now), now)


def ticked(round_: Round, number: int, name: str, slack: str, now: datetime) -> Round:
    """Somebody did the item of that number, from 0. One that is ticked keeps its first tick."""
    if round_.lines[number].ticked_at is not None:
        return round_
    tick = {"ticked_at": now, "ticked_by": name, "ticked_slack": slack}
    return _settled(_next(round_, lines=_with(round_, number, tick)), now)


def unticked(round_: Round, number: int, now: datetime) -> Round:
    """It was ticked by mistake."""
    if round_.lines[number].ticked_at is None:
        return round_
    tick = {"ticked_at": None, "ticked_by": "", "ticked_slack": ""}
    return _settled(_next(round_, lines=_with(round_, number, tick)), now)


class Day(Model):
    """What became of the lines of all rounds of one day. `red` are those found red, done or not;
    `left` are those that can still be done."""

    day: date
    rounds: int = 0
    due: int = 0
    done: int = 0
    by_itself: int = 0
    red: int = 0
    missed: int = 0
    left: int = 0


class Week(Model):
    """Seven days of a stack's routines, the oldest first. `most_missed` are items with how often
    they were."""

    stack: str
    days: tuple[Day, ...]
    most_missed: tuple[tuple[str, int], ...] = ()

    def sum(self, field: str) -> int:
        return sum(int(getattr(day, field)) for day in self.days)


def week(stack: str, rounds: Sequence[Round], last: date) -> Week:
    """The seven days that end with `last`."""
    first = last - timedelta(days=_DAYS - 1)
    days = {
        first + timedelta(days=each): Day(day=first + timedelta(days=each)) for each in range(7)
    }
    missed_items: dict[str, int] = {}
    for round_ in rounds:
        if round_.day not in days:
            continue
        days[round_.day] = _counted(days[round_.day], round_)
        if round_.state in {RoundState.OVER, RoundState.MISSED}:
            for line in round_.left:
                missed_items[line.item.text] = missed_items.get(line.item.text, 0) + 1
    worst = sorted(missed_items.items(), key=lambda each: (-each[1], each[0]))
    return Week(stack=stack, days=tuple(days.values()), most_missed=tuple(worst))


def _counted(day: Day, round_: Round) -> Day:
    over = round_.state in {RoundState.OVER, RoundState.MISSED}
    left = len(round_.left)
    return Day(
        day=day.day,
        rounds=day.rounds + 1,
        due=day.due + len(round_.lines),
        done=day.done + len(round_.lines) - left,
        by_itself=day.by_itself + sum(line.by_itself for line in round_.lines),
        red=day.red + sum(line.red for line in round_.lines),
        missed=day.missed + (left if over else 0),
        left=day.left + (0 if over else left),
    )


def _with(round_: Round, number: int, update: Mapping[str, object]) -> tuple[Line, ...]:
    return tuple(
        line.model_copy(update=update) if place == number else line
        for place, line in enumerate(round_.lines)
    )


def _next(round_: Round, **update: object) -> Round:
    return round_.model_copy(update={**update, "version": round_.version + 1})


def _settled(round_: Round, now: datetime) -> Round:
    """Done when nothing is left, open again when something is."""
    if round_.state in {RoundState.OVER, RoundState.MISSED}:
        return round_
    if not round_.left:
        return round_.model_copy(update={"state": RoundState.DONE, "ended_at": now})
    return round_.model_copy(update={"state": RoundState.OPEN, "ended_at": None})
