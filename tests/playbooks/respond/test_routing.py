"""Where alerts go, whom they mention and when they wait: tables."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert
from playbooks.respond.quiet import QuietHours
from playbooks.respond.routing import Routed, owner_of, routed
from playbooks.respond.sources import AlertRules

NIGHT = {"from": "22:00", "to": "07:00", "zone": "Europe/Paris"}
WORK = {"from": "22:00", "to": "07:00", "zone": "Europe/Paris", "days": ["friday", "saturday"]}
STACKS = {"harbor": Stack(name="harbor", environment="prod", channel="ops-harbor")}
AT_NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT_NIGHT = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RULES = AlertRules.model_validate(
    {
        "channel": "lost",
        "quiet": NIGHT,
        "routes": [
            {"match": {"kind": "security"}, "channel": "security", "tell": ["dora"]},
            {"severity": ["critical"], "stack": ["harbor"], "tell": ["ben", "S0DBA123"]},
            {"owner": ["data"], "channel": "ops-data", "quiet": "never"},
            {"severity": ["info"], "channel": "noise"},
        ],
    }
)


def alert(severity: str = "warning", stack: str = "harbor", **labels: str) -> Alert:
    return Alert.model_validate(
        {
            "fingerprint": "a",
            "rule": "Down",
            "stack": stack,
            "severity": severity,
            "firing": True,
            "since": AT_NOON,
            "labels": labels,
        }
    )


@pytest.mark.parametrize(
    ("given", "now", "expected"),
    [
        (alert(), AT_NOON, Routed("ops-harbor")),
        (alert(), AT_NIGHT, Routed("ops-harbor", (), MORNING)),
        (alert("critical"), AT_NIGHT, Routed("ops-harbor", ("ben", "S0DBA123"))),
        (alert("critical", stack=""), AT_NIGHT, Routed("lost")),
        (alert(kind="security"), AT_NOON, Routed("security", ("dora",))),
        (alert("critical", kind="security"), AT_NIGHT, Routed("security", ("dora",))),
        (alert(owner="data"), AT_NIGHT, Routed("ops-data")),
        (alert(team="data"), AT_NIGHT, Routed("ops-data")),
        (alert(owner="web", team="data"), AT_NOON, Routed("ops-harbor")),
        (alert("info", stack=""), AT_NIGHT, Routed("noise", (), MORNING)),
    ],
)
def test_the_first_route_that_fits_decides(given: Alert, now: datetime, expected: Routed) -> None:
    """By label, severity, stack and owner; what no route says is as usual."""
    assert routed(given, RULES, STACKS, now) == expected


def test_the_owner_is_the_first_label_that_names_one() -> None:
    """`owner` goes before `team`; nobody where neither is there."""
    assert owner_of(alert(owner="web", team="data"), RULES) == "web"
    assert owner_of(alert(), RULES) == ""


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, "2026-11-22T20:59:59", None),
        (NIGHT, "2026-11-22T21:00:00", "2026-11-23T06:00:00"),
        (NIGHT, "2026-11-23T05:59:59", "2026-11-23T06:00:00"),
        (NIGHT, "2026-11-23T06:00:00", None),
        (NIGHT, "2026-07-01T20:30:00", "2026-07-02T05:00:00"),
        # Clocks go on from 2:00 to 3:00 on the 29th of March: the night is an hour shorter.
        (NIGHT, "2026-03-28T21:30:00", "2026-03-29T05:00:00"),
        # They go back from 3:00 to 2:00 on the 25th of October: it is an hour longer.
        (NIGHT, "2026-10-24T20:30:00", "2026-10-25T06:00:00"),
        (NIGHT, "2026-10-25T05:30:00", "2026-10-25T06:00:00"),
        # An end that clocks jump over counts when they have jumped.
        ({**NIGHT, "to": "02:30"}, "2026-03-29T00:30:00", "2026-03-29T01:30:00"),
        # An end that comes twice counts the first time, and it is not quiet again after it.
        ({**NIGHT, "to": "02:30"}, "2026-10-25T00:15:00", "2026-10-25T00:30:00"),
        ({**NIGHT, "to": "02:30"}, "2026-10-25T01:15:00", None),
        # Friday's night belongs to Friday, also on Saturday morning; Sunday's is none.
        (WORK, "2026-11-21T05:00:00", "2026-11-21T06:00:00"),
        (WORK, "2026-11-22T21:30:00", None),
        (WORK, "2026-11-20T20:30:00", None),
        # All day, every day of the weekend: one stretch.
        (
            {"from": "00:00", "to": "00:00", "days": ["saturday", "sunday"]},
            "2026-11-21T10:00:00",
            "2026-11-23T00:00:00",
        ),
        ({"from": "12:00", "to": "13:00"}, "2026-11-22T12:30:00", "2026-11-22T13:00:00"),
    ],
)
def test_when_quiet_hours_end(hours: dict[str, Any], now: str, until: str | None) -> None:
    """Over midnight, over changes of clocks, on named days; to the second."""
    expected = datetime.fromisoformat(f"{until}+00:00") if until else None
    moment = datetime.fromisoformat(f"{now}+00:00")
    assert QuietHours.model_validate(hours).until(moment) == expected


@given(
    zone=st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"]),
    begins=st.integers(0, 23),
    ends=st.integers(0, 23),
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
)
def test_an_end_is_ahead_and_on_the_clock(
    zone: str, begins: int, ends: int, moment: datetime
) -> None:
    """Whatever the zone: an end lies ahead, within a week and a day, and it is not quiet then."""
    quiet = QuietHours.model_validate(
        {"from": f"{begins:02}:00", "to": f"{ends:02}:00", "zone": zone}
    )
    until = quiet.until(moment)
    if until is None:
        return
    assert moment < until <= moment + timedelta(days=9)
    if begins != ends:
        assert quiet.until(until) is None
        assert until.astimezone(ZoneInfo(zone)).minute in {0, 30}


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"match": {"a": "b"}}, "changes nothing"),
        ({"channel": "x", "quiet": {"from": "25:00", "to": "07:00"}}, "in quotes"),
        ({"channel": "x", "quiet": {"from": 1320, "to": "07:00"}}, '"22:00"'),
        ({"channel": "x", "quiet": {"from": "22:00", "to": "07:00", "zone": "Mars"}}, "time zone"),
        ({"channel": "x", "severity": ["bad"]}, "critical"),
        ({"channel": "x", "owners": ["data"]}, "owners"),
    ],
)
def test_a_route_that_cannot_be_meant_is_refused(route: dict[str, Any], said: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValidationError, match=said):
        AlertRules.model_validate({"routes": [route]})
