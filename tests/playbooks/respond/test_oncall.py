"""Who is on call, as a table and as the exchanges that people make."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.ahead import ahead, hours
from playbooks.errors import BadArgument, Refused
from playbooks.respond.ical import BadCalendar, calendar_shifts
from playbooks.respond.oncall import (
    at,
    following,
    gaps,
    horizon,
    rota_of,
    swapped,
    taken,
    turns,
    with_changes,
)
from playbooks.respond.rota import LAYERS, Override, Rota, Shift

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "oncall.yaml").read_text())
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAILY = Rota(
    rotation="daily",
    starts=date(2026, 11, 22),
    primary=("ana", "ben", "cleo"),
    secondary=("ben", "cleo", "ana"),
)


def moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC)


def shifts_of(rota: Rota, around: datetime, changes: list[Override]) -> dict[str, Any]:
    planned = turns(rota, around - timedelta(days=8), horizon(around))
    return {layer: with_changes(planned, changes, layer) for layer in LAYERS}


def change(number: int, given: dict[str, Any]) -> Override:
    return Override(
        id=f"x{number}",
        pair=f"x{number}",
        rota="r",
        layer="primary",
        person=given["person"],
        begins=moment(given["begins"]),
        ends=moment(given["ends"]),
        why="took it over",
        by=given["person"],
        at=NOW + timedelta(seconds=number),
    )


@pytest.mark.covers("R8", "NS", only="rotas over changes of clocks, changes and gaps")
@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_the_table_says_who_is_on_call(case: dict[str, Any]) -> None:
    """At every moment of the table the ones it names are on call."""
    rota = Rota.model_validate(case["rota"])
    changes = [change(number, each) for number, each in enumerate(case.get("changes", ()))]
    found = {}
    for text in case["at"]:
        layers = shifts_of(rota, moment(text), changes)
        on_call = [at(layers[layer], moment(text)) for layer in LAYERS]
        names = [shift.person if shift else "-" for shift in on_call]
        found[text] = "/".join(names if rota.secondary else names[:1])
    assert found == case["at"]


@settings(deadline=None, max_examples=60)
@given(
    zone=st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    clock=st.sampled_from(["00:00", "01:30", "02:00", "02:30", "03:00", "23:59"]),
    weekly=st.booleans(),
    begins=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
)
def test_turns_leave_no_gap_and_never_meet(
    zone: str, clock: str, weekly: bool, begins: datetime
) -> None:
    """Whatever clocks do, each turn begins when the one before it ends."""
    rota = Rota(
        rotation="weekly" if weekly else "daily",
        zone=zone,
        at=clock,
        starts=date(2026, 1, 5),
        primary=("ana", "ben"),
    )
    start = begins.replace(tzinfo=UTC)
    end = start + timedelta(days=60)
    found = turns(rota, start, end)
    assert gaps(found, start, end) == ()
    assert all(one.ends == other.begins for one, other in pairwise(found))
    assert all(one.person != other.person for one, other in pairwise(found))


def test_gaps_are_told() -> None:
    """Between two shifts, before the first and after the last one."""
    shift = Shift(
        layer="primary",
        person="ana",
        begins=NOW + timedelta(hours=1),
        ends=NOW + timedelta(hours=3),
    )
    end = NOW + timedelta(hours=4)
    assert gaps([shift], NOW, end) == ((NOW, shift.begins), (shift.ends, end))


def test_taking_lasts_until_the_turn_ends() -> None:
    """Without a time it is the rest of the turn; what is one's own already is refused."""
    primary = shifts_of(DAILY, NOW, [])["primary"]
    exchange = taken(primary, "primary", "cleo", NOW, None)
    assert (exchange.begins, exchange.ends) == (NOW, datetime(2026, 11, 23, 9, tzinfo=UTC))
    with pytest.raises(Refused, match="ana is primary in that time already"):
        taken(primary, "primary", "ana", NOW, None)
    with pytest.raises(BadArgument, match="over already"):
        taken(primary, "primary", "cleo", NOW, NOW - timedelta(hours=1))


def test_taking_in_a_gap_lasts_until_somebody_follows() -> None:
    """Nobody is on call, so it is taken until the next turn."""
    later = Shift(
        layer="primary", person="ana", begins=NOW + timedelta(hours=5), ends=NOW + timedelta(days=1)
    )
    assert taken([later], "primary", "ben", NOW, None).ends == later.begins
    assert taken([], "primary", "ben", NOW, None).ends == NOW + timedelta(hours=12)


def test_a_swap_gives_each_the_others_turn() -> None:
    """The rest of mine for the other's next one, in the same layer."""
    primary = shifts_of(DAILY, NOW, [])["primary"]
    mine, theirs = swapped(primary, "ana", "cleo", NOW)
    assert (mine.person, mine.begins) == ("cleo", NOW)
    assert (theirs.person, theirs.begins) == ("ana", datetime(2026, 11, 24, 9, tzinfo=UTC))
    assert {mine.layer, theirs.layer} == {"primary"}


def test_a_swap_of_a_time_trades_all_that_is_in_it() -> None:
    """Both layers, cut to the time; others keep theirs."""
    layers = shifts_of(DAILY, NOW, [])
    every = [shift for shifts in layers.values() for shift in shifts]
    begins, ends = NOW + timedelta(hours=1), NOW + timedelta(hours=6)
    found = {(e.layer, e.person) for e in swapped(every, "ana", "ben", NOW, (begins, ends))}
    assert found == {("primary", "ben"), ("secondary", "ana")}
    with pytest.raises(Refused, match="Neither cleo nor dora"):
        swapped(layers["primary"], "cleo", "dora", NOW, (begins, ends))
    with pytest.raises(BadArgument, match="before it begins"):
        swapped(every, "ana", "ben", NOW, (ends, begins))
    with pytest.raises(BadArgument, match="somebody else"):
        swapped(every, "ana", "ana", NOW)


def test_who_follows_is_somebody_else() -> None:
    """Two turns of the same person in a row are one to who asks who is next."""
    rota = Rota(rotation="daily", starts=date(2026, 11, 22), primary=("ana", "ana", "ben"))
    primary = shifts_of(rota, NOW, [])["primary"]
    found = following(primary, NOW)
    assert found is not None
    assert (found.person, found.begins) == ("ben", datetime(2026, 11, 24, 9, tzinfo=UTC))


def test_the_first_rota_that_fits_a_stack_is_its() -> None:
    """Patterns count in their order."""
    rota = {"starts": "2026-11-22", "primary": ["ana"]}
    rotas = {
        "data": Rota.model_validate({**rota, "stacks": ["neo*"]}),
        "all": Rota.model_validate(rota),
    }
    assert [rota_of(rotas, name) for name in ("neurocore", "neo4j", "")] == ["all", "data", "all"]


_ICAL = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Paris:20261019T090000
DTEND;TZID=Europe/Paris:20261026T090000
RRULE:FREQ=WEEKLY;INTERVAL=2
SUMMARY:On call: Ana
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Europe/Paris:20261102T090000
DTSTART;TZID=Europe/Paris:20261103T090000
DTEND;TZID=Europe/Paris:20261109T090000
SUMMARY:On call: Cleo
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;VALUE=DATE:20261020
DTEND;VALUE=DATE:20261022
SUMMARY:secondary
ATTENDEE;CN=Ben:mailto:ben@example.com
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.covers("R8", "NS", only="a rota from an iCal file")
def test_a_calendar_says_who_is_on_call() -> None:
    """Recurring events over the end of summer, an exception of one, whole days, who attends."""
    begins, ends = datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
    found = calendar_shifts(_ICAL, ("ana", "ben", "cleo"), "Europe/Paris", begins, ends)
    told = [(s.layer, s.person, s.begins.astimezone(UTC), s.ends.astimezone(UTC)) for s in found]
    assert told == [
        ("primary", "ana", utc(10, 19, 7), utc(10, 26, 8)),
        ("secondary", "ben", utc(10, 19, 22), utc(10, 21, 22)),
        ("primary", "cleo", utc(11, 3, 8), utc(11, 9, 8)),
        ("primary", "ana", utc(11, 16, 8), utc(11, 23, 8)),
    ]
    primary = [shift for shift in found if shift.layer == "primary"]
    assert gaps(primary, begins, utc(11, 16, 8))[1] == (utc(10, 26, 8), utc(11, 3, 8))


def test_what_is_no_calendar_is_refused() -> None:
    """With what is wrong about it."""
    with pytest.raises(BadCalendar, match="cannot be read"):
        calendar_shifts("<html>log in</html>", ("ana",), "UTC", NOW, NOW + timedelta(days=1))


def test_times_to_come_are_on_the_clocks_of_their_zone() -> None:
    """The next 18:00 there; a time that is jumped over; spans; a whole date."""
    assert ahead("18:00", NOW, "Asia/Tokyo") == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert ahead("18:00", NOW, "America/New_York") == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert ahead("2027-03-28T02:30", NOW, "Europe/Paris") == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert ahead("90m", NOW, "UTC") == NOW + timedelta(minutes=90)
    assert hours("4") == timedelta(hours=4)
    for text in ("soon", "25:00", "2026-13-01"):
        with pytest.raises(BadArgument, match=text):
            ahead(text, NOW, "UTC")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "name either people in primary, or a calendar"),
        ({"primary": ["ana"]}, "starts is missing"),
        ({"primary": ["ana"], "starts": "2026-11-22", "at": 540}, '"09:00"'),
        ({"calendar": "x.ics", "secondary": ["ana"]}, "leave secondary out"),
        ({"primary": ["ana"], "starts": "2026-11-22", "zone": "Mars"}, "no time zone"),
    ],
)
def test_a_wrong_rota_is_refused(wrong: dict[str, Any], said: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=said):
        Rota.model_validate(wrong)


def utc(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)
