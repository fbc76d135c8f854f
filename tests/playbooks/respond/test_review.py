"""Days that people write, and when owners are reminded."""

from datetime import UTC, date, datetime, timedelta

import pytest

from playbooks.model.contacts import OfficeHours
from playbooks.respond.review import FollowUp, chased, day_of, due_day

SUNDAY = date(2026, 11, 22)
PARIS = OfficeHours(zone="Europe/Paris")


def followup(due: date, **values: object) -> FollowUp:
    known: dict[str, object] = {
        "id": "inc-1-1",
        "incident": "inc-1",
        "text": "Limit the pool",
        "owner": "ben",
        "due": due,
        "made_by": "ana",
        "made_at": datetime(2026, 11, 20, tzinfo=UTC),
    }
    return FollowUp.model_validate(known | values)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 11, 22)),
        ("tomorrow", date(2026, 11, 23)),
        ("friday", date(2026, 11, 27)),
        ("Fri", date(2026, 11, 27)),
        ("sunday", date(2026, 11, 29)),
        ("monday", date(2026, 11, 23)),
        ("3d", date(2026, 11, 25)),
        ("in 2 weeks", date(2026, 12, 6)),
        ("2w", date(2026, 12, 6)),
        ("2026-12-01", date(2026, 12, 1)),
    ],
)
def test_a_day_as_people_write_it(text: str, day: date) -> None:
    """A day of the week is the next one, never today."""
    assert due_day(text, SUNDAY) == day


@pytest.mark.parametrize("text", ["", "t", "soon", "2026-11-21", "9999-01-01", "2026-13-01", "-1d"])
def test_what_is_no_day(text: str) -> None:
    """Neither words nor what has passed."""
    with pytest.raises(ValueError):
        due_day(text, SUNDAY)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "due", "reminded"),
    [
        ("2026-11-23T08:59:59+01:00", date(2026, 11, 23), False),
        ("2026-11-23T09:00:00+01:00", date(2026, 11, 23), True),
        ("2026-11-23T16:59:59+01:00", date(2026, 11, 23), True),
        ("2026-11-23T17:00:00+01:00", date(2026, 11, 23), False),
        ("2026-11-22T10:00:00+01:00", date(2026, 11, 20), False),
        ("2026-11-23T10:00:00+01:00", date(2026, 11, 24), False),
        ("2027-03-29T09:00:00+02:00", date(2027, 3, 29), True),
        ("2027-03-29T08:30:00+02:00", date(2027, 3, 29), False),
    ],
)
def test_when_an_owner_is_reminded(now: str, due: date, reminded: bool) -> None:
    """From the due day on, in office hours of the stack's own clocks, also after they changed."""
    assert bool(chased([followup(due)], PARIS, moment(now))) is reminded


def test_once_a_day_until_it_is_done() -> None:
    """Through a week of hourly looks: each working day once, and never again once it is done."""
    each, days = followup(date(2026, 11, 23)), []
    now = moment("2026-11-23T00:00:00+01:00")
    for _ in range(7 * 24):
        for marked in chased([each], PARIS, now):
            each = marked
            days.append(day_of(now, PARIS.zone).isoformat())
        now += timedelta(hours=1)
    assert days == [f"2026-11-{day}" for day in (23, 24, 25, 26, 27)]
    finished = each.model_copy(update={"done_at": now})
    assert not chased([finished], PARIS, moment("2026-11-30T10:00:00+01:00"))
