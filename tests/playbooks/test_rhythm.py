"""When schedules fire, over the changes of clocks of several zones."""

from datetime import UTC, datetime, timedelta

import pytest

from playbooks.model.schedule import Schedule
from playbooks.rhythm import Fire, delay, fires_between, left_out, next_fire


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(schedule: Schedule, after: str, count: int) -> list[tuple[str, str]]:
    """The next fires as (key, UTC)."""
    found, moment = [], utc(after)
    for _ in range(count):
        fire = next_fire(schedule, moment)
        found.append((fire.key, f"{fire.at:%m-%d %H:%M}"))
        moment = fire.at
    return found


@pytest.mark.parametrize(
    ("zone", "at", "after", "expected"),
    [
        pytest.param(
            "Europe/Paris",
            "02:30",
            "2026-10-24T12:00",
            [("2026-10-25", "10-25 00:30"), ("2026-10-26", "10-26 01:30")],
            id="Paris, autumn: 02:30 comes twice, the first counts",
        ),
        pytest.param(
            "Europe/Paris",
            "02:30",
            "2026-03-28T12:00",
            [("2026-03-29", "03-29 01:00"), ("2026-03-30", "03-30 00:30")],
            id="Paris, spring: 02:30 is jumped over, 03:00 counts",
        ),
        pytest.param(
            "Europe/Paris",
            "02:00",
            "2026-03-28T12:00",
            [("2026-03-29", "03-29 01:00"), ("2026-03-30", "03-30 00:00")],
            id="Paris, spring: the first minute of the gap",
        ),
        pytest.param(
            "Europe/Paris",
            "03:00",
            "2026-03-28T12:00",
            [("2026-03-29", "03-29 01:00"), ("2026-03-30", "03-30 01:00")],
            id="Paris, spring: the first minute after the gap",
        ),
        pytest.param(
            "America/New_York",
            "01:30",
            "2026-10-31T12:00",
            [("2026-11-01", "11-01 05:30"), ("2026-11-02", "11-02 06:30")],
            id="New York, autumn",
        ),
        pytest.param(
            "America/New_York",
            "02:15",
            "2026-03-07T12:00",
            [("2026-03-08", "03-08 07:00"), ("2026-03-09", "03-09 06:15")],
            id="New York, spring",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            "02:15",
            "2026-10-03T00:00",
            [("2026-10-04", "10-03 15:30"), ("2026-10-05", "10-04 15:15")],
            id="Lord Howe, spring: a gap of half an hour",
        ),
        pytest.param(
            "America/Sao_Paulo",
            "00:30",
            "2018-11-03T12:00",
            [("2018-11-04", "11-04 03:00"), ("2018-11-05", "11-05 02:30")],
            id="Sao Paulo, spring: midnight itself is jumped over",
        ),
        pytest.param(
            "Asia/Kolkata",
            "02:00",
            "2026-11-21T00:00",
            [("2026-11-22", "11-21 20:30"), ("2026-11-23", "11-22 20:30")],
            id="Kolkata: clocks never change",
        ),
    ],
)
def test_daily_over_changes_of_clocks(
    zone: str, at: str, after: str, expected: list[tuple[str, str]]
) -> None:
    """Every local date has one fire, at its time or at the first moment that the clocks have it."""
    assert fires(Schedule(at=at, zone=zone), after, 2) == expected


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Sao_Paulo", "Pacific/Apia", "UTC"])
@pytest.mark.parametrize("at", ["00:00", "01:30", "02:30", "03:00", "23:59"])
def test_every_day_of_a_year_once(zone: str, at: str) -> None:
    """A whole year has a fire a day, in order, no date twice."""
    found = fires_between(
        Schedule(at=at, zone=zone), utc("2026-01-01T00:00"), utc("2026-12-31T23:59"), 1000
    )
    assert len({fire.key for fire in found}) == len(found)
    assert len(found) in {364, 365, 366}
    assert [fire.at for fire in found] == sorted(fire.at for fire in found)


def test_hourly_goes_on_while_clocks_change() -> None:
    """Hourly ones count hours of UTC: none is left out or doubled in either change."""
    schedule = Schedule(on="hourly", at=":15", zone="Europe/Paris")
    for day in ("2026-03-29", "2026-10-25"):
        found = fires_between(schedule, utc(f"{day}T00:00"), utc(f"{day}T06:00"), 100)
        assert [f"{fire.at:%H:%M}" for fire in found] == [f"0{hour}:15" for hour in range(6)]
        assert len({fire.key for fire in found}) == 6


def test_days_of_the_week_are_the_named_ones() -> None:
    """Sunday is Sunday; several days are all of them."""
    sunday = Schedule(on="weekly sunday", at="03:00", zone="Europe/Paris")
    assert [f"{next_fire(sunday, utc('2026-11-16T00:00')).at:%A}"] == ["Sunday"]
    two = Schedule(on="weekly monday, thursday", at="03:00")
    assert [key for key, _ in fires(two, "2026-11-22T00:00", 4)] == [
        "2026-11-23",
        "2026-11-26",
        "2026-11-30",
        "2026-12-03",
    ]


def test_days_of_the_month() -> None:
    """The first is in every month, and the last one is, too."""
    first = Schedule(on="monthly 1", at="04:00")
    assert [key for key, _ in fires(first, "2026-01-15T00:00", 2)] == ["2026-02-01", "2026-03-01"]
    last = Schedule(on="monthly last", at="04:00")
    assert [key for key, _ in fires(last, "2028-01-31T05:00", 2)] == ["2028-02-29", "2028-03-31"]


@pytest.mark.parametrize(
    ("catch_up", "late", "on_time", "begun"),
    [
        ("once", 3, False, 1),
        ("once", 3, True, 1),
        ("once", 0, True, 1),
        ("none", 3, False, 0),
        ("none", 3, True, 1),
        ("all", 3, False, 3),
        ("all", 9, False, 5),
        ("all", 9, True, 6),
    ],
)
def test_what_is_made_up_for(catch_up: str, late: int, on_time: bool, begun: int) -> None:
    """Of the missed ones the newest, none, or the newest five; one that is on time always."""
    now = utc("2026-11-22T02:00")
    missed = [Fire(f"{n}", now - timedelta(days=n)) for n in range(late, 0, -1)]
    due = [*missed, *([Fire("now", now - timedelta(seconds=2))] if on_time else [])]
    out = left_out(due, catch_up, now)  # type: ignore[arg-type]
    kept = [fire.key for fire in due if fire.key not in out]
    assert kept == [fire.key for fire in due][len(due) - begun :]


def test_jitter_is_the_same_for_everybody() -> None:
    """A fire's delay follows from its identity, stays under the jitter, and differs among fires."""
    jitter = timedelta(minutes=10)
    delays = [delay(f"sched:a/b:{n}", jitter) for n in range(50)]
    assert delays == [delay(f"sched:a/b:{n}", jitter) for n in range(50)]
    assert all(timedelta(0) <= each < jitter for each in delays)
    assert len(set(delays)) > 25
    assert delay("any", timedelta(0)) == timedelta(0)


def test_a_long_absence_is_bounded() -> None:
    """However long nothing ran, only the newest fires are looked at."""
    found = fires_between(
        Schedule(on="hourly"), utc("2016-01-01T00:00"), utc("2026-01-01T00:30"), 48
    )
    assert len(found) == 48
    assert found[-1].at == utc("2026-01-01T00:00")
