"""Times as people type them, on the clocks of their zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from commands.moments import moment

PARIS = ZoneInfo("Europe/Paris")
# An hour and a half after Paris put its clocks back from three to two.
NOW = datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("15m", datetime(2026, 10, 25, 2, 15, tzinfo=UTC)),
        ("03:20", datetime(2026, 10, 25, 2, 20, tzinfo=UTC)),
        ("01:30", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
        ("14:00", datetime(2026, 10, 24, 12, 0, tzinfo=UTC)),
        ("2026-07-01 12:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
        ("2026-07-01T12:00Z", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
        ("2026-07-01T12:00+05:00", datetime(2026, 7, 1, 7, 0, tzinfo=UTC)),
    ],
)
def test_times_are_on_the_clocks_of_the_zone(text: str, meant: datetime) -> None:
    """Also on the night when clocks are put back, and always in the past."""
    assert moment(text, NOW, PARIS) == meant


def test_without_a_zone_it_is_utc() -> None:
    """As everywhere where nothing is known of the person."""
    assert moment("02:20", NOW) == datetime(2026, 10, 25, 2, 20, tzinfo=UTC)
