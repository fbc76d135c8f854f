"""What people call a time: up to when a backup counts, and which very moment they said."""

from datetime import UTC, datetime

import pytest

from playbooks.repository.moments import moment

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "instant", "before"),
    [
        ("10:42", (22, 10, 42, 0), (22, 10, 43, 0)),
        ("yesterday 23:59", (21, 23, 59, 0), (22, 0, 0, 0)),
        ("2026-11-20 08:15:30", (20, 8, 15, 30), (20, 8, 15, 31)),
        ("2026-11-20T08:15:30+01:00", (20, 7, 15, 30), (20, 7, 15, 31)),
    ],
)
def test_a_time_is_a_moment_and_a_limit(
    said: str, instant: tuple[int, ...], before: tuple[int, ...]
) -> None:
    """A backup as of then may have begun within the minute; an archive gives the moment itself."""
    found = moment(said, NOW, UTC)
    assert found is not None and found.since is None
    assert found.instant == datetime(2026, 11, *instant, tzinfo=UTC)
    assert found.before == datetime(2026, 11, *before, tzinfo=UTC)


@pytest.mark.parametrize("said", ["today", "2026-11-20"])
def test_a_day_is_no_moment(said: str) -> None:
    """A whole day means its newest backup, never a point in an archive."""
    found = moment(said, NOW, UTC)
    assert found is not None and found.instant is None and found.since is not None
