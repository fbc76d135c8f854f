"""What alerts do, in the words of timelines."""

from datetime import UTC, datetime

from bot.incidents.of_alerts import happened
from bot.store.alerts import Change


def test_the_end_of_a_silence_is_a_time_for_people() -> None:
    """Minutes and the zone, not the notation of machines."""
    at = datetime(2026, 11, 22, 21, 57, 11, tzinfo=UTC)
    detail = {"rule": "HighLatency", "until": "2026-11-22T22:57:11.718339+00:00"}
    change = Change(group="g", stack="harbor", at=at, kind="silenced", by="ana", detail=detail)
    assert happened(change).text == "HighLatency is silenced until 2026-11-22 22:57 UTC"
