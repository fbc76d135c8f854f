"""Moments to come, as people type them."""

from datetime import UTC, datetime

import pytest

from commands.coming import coming

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22:00", "2026-11-22T22:00"),
        ("9:30", "2026-11-23T09:30"),
        ("tomorrow 22:00", "2026-11-23T22:00"),
        ("Tomorrow at 22:00", "2026-11-23T22:00"),
        ("friday 03:00", "2026-11-27T03:00"),
        ("sun 11:00", "2026-11-29T11:00"),
        ("sunday 13:00", "2026-11-22T13:00"),
        ("in 3h", "2026-11-22T15:00"),
        ("in 90 min", "2026-11-22T13:30"),
        ("2026-11-23 22:00", "2026-11-23T22:00"),
        ("2026-11-23T22:00Z", "2026-11-23T22:00"),
        ("2026-11-23T22:00+02:00", "2026-11-23T20:00"),
        ("22:00 Europe/Paris", "2026-11-22T21:00"),
        ("2026-12-01 08:00 America/New_York", "2026-12-01T13:00"),
        ("tomorrow 00:30 Asia/Tokyo", "2026-11-22T15:30"),
    ],
)
def test_a_moment_to_come(text: str, expected: str) -> None:
    """The next one that the words fit, in UTC or in the zone that follows them."""
    assert coming(text, NOW) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "25:00", "noday 10:00", "today 11:00", "2026-11-22 11:00", "22:00 Mars/Base",
     "in a while", "t 10:00"],
)  # fmt: skip
def test_what_is_no_moment_to_come(text: str) -> None:
    """It is refused, never guessed."""
    with pytest.raises(ValueError, match=r"\S"):
        coming(text, NOW)
