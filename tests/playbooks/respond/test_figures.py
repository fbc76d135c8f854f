"""How people respond, counted from what happened."""

from datetime import UTC, datetime, timedelta

import pytest

from playbooks.respond.figures import Approval, Change, counted, episodes
from playbooks.respond.incident import Incident, Priority

SINCE = datetime(2026, 10, 25, 12, tzinfo=UTC)
UNTIL = SINCE + timedelta(weeks=4)
MINUTE = timedelta(minutes=1)


def change(group: str, kind: str, minutes: float) -> Change:
    at = SINCE + minutes * MINUTE
    return Change(group=group, stack="harbor", rule=group.upper(), at=at, kind=kind)


def minutes(at: datetime | None) -> float | None:
    return None if at is None else (at - SINCE) / MINUTE


def test_an_episode_is_from_fired_to_resolved() -> None:
    """Fired again while it fires is the same one; what ends without a beginning is none."""
    found = episodes(
        [
            change("a", "resolved", 0),
            change("a", "fired", 1),
            change("b", "fired", 2),
            change("a", "fired", 3),
            change("a", "acknowledged", 4),
            change("a", "acknowledged", 5),
            change("a", "resolved", 6),
            change("a", "fired", 7),
        ]
    )
    times = [
        (each.rule, *(minutes(at) for at in (each.fired, each.acknowledged, each.resolved)))
        for each in found
    ]
    assert times == [("A", 1, 4, 6), ("B", 2, None, None), ("A", 7, None, None)]


@pytest.mark.covers("R6", "SN", only="figures")
def test_means_weeks_and_the_noisiest() -> None:
    """Only what began in the time counts; a week without anything is there, with nothing."""
    week = 7 * 24 * 60
    changes = [
        change("old", "fired", -10),
        change("old", "resolved", 5),
        change("a", "fired", 10),
        change("a", "acknowledged", 14),
        change("a", "resolved", 40),
        change("a", "fired", 100),
        change("a", "resolved", 110),
        change("b", "fired", 3 * week + 10),
        change("b", "acknowledged", 3 * week + 12),
    ]
    opened = SINCE + timedelta(days=8)
    incident = Incident(
        id="inc-1",
        title="Slow",
        priority=Priority.P2,
        opened_by="ana",
        opened_at=opened,
        detected_at=opened,
        acknowledged_at=opened + 2 * MINUTE,
        resolved_at=opened + 30 * MINUTE,
    )
    approval = Approval(
        stack="harbor", operation="restart", asked_at=SINCE, decided_at=SINCE + 6 * MINUTE
    )
    found = counted(changes, [incident], [approval], SINCE, UNTIL)
    assert (found.alerts, found.incidents) == (3, 1)
    assert found.alerts_acknowledged.mean == 3 * MINUTE
    assert found.alerts_resolved.median == 20 * MINUTE
    assert found.alerts_resolved.longest == 30 * MINUTE
    assert found.incidents_acknowledged.mean == 2 * MINUTE
    assert found.incidents_resolved.mean == found.incidents_mitigated.mean == 30 * MINUTE
    assert (found.approvals.count, found.approvals.mean) == (1, 6 * MINUTE)
    assert [(e.rule, e.fired, e.ignored) for e in found.noisiest] == [("A", 2, 1), ("B", 1, 0)]
    assert [(w.alerts, w.incidents) for w in found.weeks] == [(2, 0), (0, 1), (0, 0), (1, 0)]


def test_a_moment_more_than_four_weeks_is_no_fifth() -> None:
    """What happened in it counts in the week before."""
    late = UNTIL + timedelta(seconds=1)
    found = counted([change("a", "fired", 4 * 7 * 24 * 60)], [], [], SINCE, late)
    assert [week.alerts for week in found.weeks] == [0, 0, 0, 1]
    assert len(counted([], [], [], SINCE, UNTIL + timedelta(days=1)).weeks) == 5


def test_nothing_happened() -> None:
    """Zero, and nothing that is divided by it."""
    found = counted([], [], [], SINCE, SINCE + timedelta(days=1))
    assert found.alerts_acknowledged.mean is None
    assert [week.alerts for week in found.weeks] == [0]
