"""Rounds of a routine: done, left, carried over, counted. Tables of what was and what becomes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from playbooks.errors import UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.facts import Facts
from playbooks.model.stack import Stack
from playbooks.respond.checks import needs
from playbooks.respond.routine import (
    Round,
    RoundState,
    begun,
    carrying,
    looked,
    missed,
    schedule_of,
    taken_over,
    ticked,
    unticked,
    week,
)
from playbooks.rhythm import Fire, fires_between

NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)
HARBOR = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "services": {"api": {"health": {"kind": "tcp", "port": 80}}},
        "routines": {
            "morning": {
                "every": "daily",
                "at": "09:00",
                "zone": "Europe/Paris",
                "items": [
                    {"text": "Health", "check": "health"},
                    "Look at sessions",
                    {"text": "Alerts", "check": "alerts", "ask": True},
                ],
            },
            "thoughts": {"every": "monthly", "items": ["Think"]},
            "quarter": {"every": "quarterly", "at": "10:00", "items": ["Think"]},
            "week": {"every": "weekly", "at": "10:00", "items": ["Think"]},
        },
    }
)


def a_round(day: str = "2026-11-23") -> Round:
    return begun(HARBOR, "morning", Fire(day, NINE), NINE)


def facts(healthy: bool) -> Facts:
    answers: dict[str, JsonObject] = {
        "service.health": {"healthy": healthy, "detail": "refused", "ms": 1},
        "remembered.alerts": {"firing": []},
    }
    asked = needs(HARBOR, HARBOR.routines["morning"].items)
    return Facts({query.key: answers[query.fact] for query in asked})


def seen(healthy: bool = True, day: str = "2026-11-23") -> Round:
    return looked(a_round(day), HARBOR, facts(healthy), NINE)


def later(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_what_is_well_is_done_by_itself() -> None:
    """Green is done, unless somebody is to look as well; text is for people."""
    round_ = seen()
    assert round_.state is RoundState.OPEN
    assert [line.done for line in round_.lines] == [True, False, False]
    assert [line.item.text for line in seen(healthy=False).left] == [
        "Health",
        "Look at sessions",
        "Alerts",
    ]


def test_ticks_carry_who_and_when() -> None:
    """The first tick stands; the last one ends the round; taking one back opens it again."""
    round_ = ticked(seen(), 1, "ana", "U0ANA", later(5))
    again = ticked(round_, 1, "ben", "U0BEN", later(6))
    assert again is round_
    done = ticked(round_, 2, "ben", "U0BEN", later(7))
    assert (done.state, done.ended_at, done.left) == (RoundState.DONE, later(7), ())
    line = done.lines[1]
    assert (line.ticked_by, line.ticked_slack, line.ticked_at) == ("ana", "U0ANA", later(5))
    reopened = unticked(done, 1, later(8))
    assert (reopened.state, reopened.ended_at, len(reopened.left)) == (RoundState.OPEN, None, 1)
    assert [round_.version, done.version, reopened.version] == [3, 4, 5]


def test_a_red_one_can_be_dealt_with_and_looked_at_again() -> None:
    """Red is done when somebody ticks it, or when it is found well."""
    red = seen(healthy=False)
    assert red.lines[0].red
    assert ticked(red, 0, "ana", "U0ANA", later(1)).lines[0].done
    assert looked(red, HARBOR, facts(healthy=True), later(2)).lines[0].by_itself


def test_what_is_left_is_carried_over() -> None:
    """The next round says since when, over several rounds; what is gone from the list is added."""
    sunday = taken_over(seen(day="2026-11-22"), NINE)
    assert sunday.state is RoundState.OVER
    monday = carrying(a_round(), sunday)
    assert [line.since for line in monday.lines] == ["", "2026-11-22", "2026-11-22"]
    seen_monday = ticked(looked(monday, HARBOR, facts(True), NINE), 2, "ana", "U0ANA", NINE)
    tuesday = carrying(a_round("2026-11-24"), seen_monday)
    assert [line.since for line in tuesday.lines] == ["", "2026-11-22", ""]
    shorter = HARBOR.model_copy(
        update={"routines": {"morning": HARBOR.routines["thoughts"]}},
    )
    other = carrying(begun(shorter, "morning", Fire("2026-11-25", NINE), NINE), tuesday)
    assert [(line.item.text, line.since) for line in other.lines] == [
        ("Think", ""),
        ("Health", "2026-11-24"),
        ("Look at sessions", "2026-11-22"),
        ("Alerts", "2026-11-24"),
    ]


def test_what_is_done_or_over_is_not_taken_over_again() -> None:
    """A round that is done stays so, and one that was missed."""
    done = ticked(ticked(seen(), 1, "ana", "U", NINE), 2, "ana", "U", NINE)
    assert taken_over(done, later(1)) is done
    assert taken_over(missed(a_round()), later(1)).state is RoundState.MISSED


def test_the_week_is_counted_by_day() -> None:
    """Done, by the bot, red, missed and open of each day; what was missed most comes first."""
    rounds = [
        missed(a_round("2026-11-20")),
        taken_over(seen(healthy=False, day="2026-11-21"), NINE),
        ticked(seen(day="2026-11-23"), 1, "ana", "U", NINE),
        seen(day="2026-11-10"),
    ]
    found = week("harbor", rounds, date(2026, 11, 23))
    assert [day.day.day for day in found.days] == [17, 18, 19, 20, 21, 22, 23]
    fields = ("rounds", "due", "done", "by_itself", "red", "missed", "left")
    figures = {day.day.day: tuple(getattr(day, f) for f in fields) for day in found.days}
    assert figures[20] == (1, 3, 0, 0, 0, 3, 0)
    assert figures[21] == (1, 3, 0, 0, 1, 3, 0)
    assert figures[22] == (0, 0, 0, 0, 0, 0, 0)
    assert figures[23] == (1, 3, 2, 1, 0, 0, 1)
    assert found.most_missed == (("Alerts", 2), ("Health", 2), ("Look at sessions", 2))
    assert (found.sum("due"), found.sum("missed")) == (9, 6)


@pytest.mark.parametrize(
    ("name", "after", "expected"),
    [
        # Paris: nine o'clock is seven in summer and eight in winter, once on the day between.
        ("morning", datetime(2026, 10, 24, 12, tzinfo=UTC), [(25, 8), (26, 8)]),
        ("morning", datetime(2027, 3, 26, 12, tzinfo=UTC), [(27, 8), (28, 7)]),
        ("week", datetime(2026, 11, 16, 12, tzinfo=UTC), [(23, 10)]),
        ("quarter", datetime(2026, 12, 30, tzinfo=UTC), [(1, 10)]),
    ],
)
def test_hours_are_those_of_the_zone(
    name: str, after: datetime, expected: list[tuple[int, int]]
) -> None:
    """Clock changes move the moment and never double it; weeks begin on Mondays, quarters on the
    first."""
    schedule = schedule_of(HARBOR.routines[name])
    assert schedule is not None
    until = after + timedelta(days=len(expected) if name == "morning" else 7)
    fires = fires_between(schedule, after, until, 10)
    assert [(fire.at.day, fire.at.hour) for fire in fires] == expected
    assert len({fire.key for fire in fires}) == len(expected)


def test_a_routine_without_an_hour_comes_only_by_hand() -> None:
    """It has no schedule; one that is unknown is named."""
    assert schedule_of(HARBOR.routines["thoughts"]) is None
    with pytest.raises(UnknownName, match="no routine 'evening'"):
        begun(HARBOR, "evening", Fire("2026-11-23", NINE), NINE)
