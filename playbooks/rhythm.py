"""When a schedule fires: pure, over the changes of clocks."""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from playbooks.model.schedule import Schedule

_DAY = timedelta(days=1)
_LOOKED_BACK = timedelta(days=400)
_MADE_UP = 5

GRACE = timedelta(minutes=5)
"""How late a fire may begin without counting as missed."""


@dataclass(frozen=True)
class Fire:
    """One time that a schedule fires: `at` is UTC.

    `key` is the same for whoever computes it: the local date, so that a day whose clocks are
    turned back has one; of an hourly one, and of a look for changes, the minute of UTC.
    """

    key: str
    at: datetime


def next_fire(schedule: Schedule, after: datetime) -> Fire:
    """The first one later than `after`."""
    return next(_fires(schedule, after))


def fires_between(
    schedule: Schedule, after: datetime, until: datetime, most: int
) -> Sequence[Fire]:
    """The newest `most` that are later than `after` and not later than `until`, oldest first.

    None is looked for more than 400 days before `until`.
    """
    newest: deque[Fire] = deque(maxlen=most)
    for fire in _fires(schedule, max(after, until - _LOOKED_BACK)):
        if fire.at > until:
            break
        newest.append(fire)
    return tuple(newest)


def delay(identity: str, jitter: timedelta) -> timedelta:
    """How much later than its time a fire begins: under `jitter`, the same for each identity."""
    spread = int(jitter.total_seconds())
    if not spread:
        return timedelta(0)
    number = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8])
    return timedelta(seconds=number % spread)


def left_out(
    fires: Sequence[Fire], catch_up: Literal["once", "none", "all"], now: datetime
) -> Mapping[str, str]:
    """Which of the due fires (oldest first) are not made up for, by their keys, and why."""
    late = [fire for fire in fires if now - fire.at > GRACE]
    if catch_up == "none":
        return {fire.key: "missed while Interlock was down; it is not made up for" for fire in late}
    kept = _MADE_UP if catch_up == "all" else max(0, 1 - (len(fires) - len(late)))
    dropped = late[: max(0, len(late) - kept)]
    return {
        fire.key: "missed while Interlock was down; a later one stands for it" for fire in dropped
    }


def _fires(schedule: Schedule, after: datetime) -> Iterator[Fire]:
    return _looks(schedule, after) if schedule.on_change else _by_the_clock(schedule, after)


def _looks(schedule: Schedule, after: datetime) -> Iterator[Fire]:
    """The same moments for whoever computes them: counted from the beginning of 1970."""
    every = int(schedule.looks_every.total_seconds())
    seconds = int(after.timestamp()) // every * every
    while True:
        seconds += every
        at = datetime.fromtimestamp(seconds, UTC)
        yield Fire(f"{at:%Y-%m-%dT%H:%MZ}", at)


def _by_the_clock(schedule: Schedule, after: datetime) -> Iterator[Fire]:
    hourly = schedule.on == "hourly"
    zone = ZoneInfo("UTC" if hourly else schedule.zone)
    trigger = _trigger(schedule)
    # The trigger counts on a clock that never changes; the zone is applied to what it says.
    wall = after.astimezone(zone).replace(tzinfo=UTC) - _DAY
    while True:
        wall = trigger.get_next_fire_time(None, wall + timedelta(seconds=1))
        at = moment_at(wall.replace(tzinfo=None), zone)
        if at > after:
            yield Fire(f"{wall:%Y-%m-%dT%H:%MZ}" if hourly else f"{wall:%Y-%m-%d}", at)


def _trigger(schedule: Schedule) -> CronTrigger:
    clock, month_day = schedule.clock, schedule.day_of_month
    return CronTrigger(
        month="1,4,7,10" if schedule.quarterly else "*",
        day=month_day or "*",
        day_of_week=",".join(day[:3] for day in schedule.days) or "*",
        hour="*" if schedule.on == "hourly" else clock.hour,
        minute=clock.minute,
        second=0,
        timezone=UTC,
    )


def moment_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment when clocks of the zone first show `wall`, or have jumped over it."""
    early = wall.replace(tzinfo=zone, fold=0)
    before, after = early.utcoffset(), early.replace(fold=1).utcoffset()
    if before is None or after is None:
        raise ValueError(f"{zone} has no offset at {wall}")
    if after <= before:
        return early.astimezone(UTC)
    return _end_of_gap(wall, zone, after - before)


def _end_of_gap(wall: datetime, zone: ZoneInfo, gap: timedelta) -> datetime:
    """Clocks jump somewhere within `gap` around the wall time; found by halving, to the second."""
    middle = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    low, high = middle - gap, middle + gap
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        half = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if half.astimezone(zone).utcoffset() == offset:
            low = half
        else:
            high = half
    return high
