"""Samples of what services use: kept for some days, read by time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.store import samples
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.trends import StoredTrends
from playbooks.model.trend import Point, Sample

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _sample(minutes_ago: int) -> Sample:
    point = Point(processor=1.5, memory=minutes_ago)
    return Sample(at=_NOW - timedelta(minutes=minutes_ago), services={"web": point}, cores=2)


def test_samples_are_read_back_by_time_and_forgotten(tmp_path: Path) -> None:
    """Oldest first, of one stack only; one of the same moment is kept once."""
    database = Database(f"sqlite:///{tmp_path / 'ours.db'}")
    migrate(database)
    taken = [_sample(minutes) for minutes in (90, 30, 1)]
    with database.write() as connection:
        samples.keep(connection, [("shop", each) for each in (*taken, taken[0])])
        samples.keep(connection, [("other", taken[0])])
    trends = StoredTrends(database)
    assert list(trends.since("shop", _NOW - timedelta(days=1))) == taken
    assert list(trends.since("shop", _NOW - timedelta(hours=1))) == taken[1:]
    with database.write() as connection:
        assert samples.forget(connection, _NOW - timedelta(hours=1)) == 2
    assert list(trends.since("shop", _NOW - timedelta(days=1))) == taken[1:]
    database.close()
