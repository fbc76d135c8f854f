"""What the sampler keeps of a stack that runs, and how it is shown."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isnan
from pathlib import Path

import pytest

from bot.context import House, open_house, read_configuration
from bot.sampler import Sampler
from bot.settings import Sampling
from bot.store.database import Database
from bot.store.migrate import migrate
from commands.see.trend import broken, over_time, thinned
from playbooks.hosts.services import runner_of
from tests.support.bot import end_services, write_stack

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class _Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = _NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def house(tmp_path: Path, clock: _Clock) -> Iterator[House]:
    """A bot's parts, and its stack harbor of which one of two services runs."""
    write_stack(tmp_path)
    configured = read_configuration(tmp_path / "interlock.yaml")
    database = Database(configured.file.database_url(tmp_path))
    migrate(database)
    made = open_house(configured, database, {}, clock)
    runner = runner_of(made.context.stacks["harbor"], "api")
    assert runner is not None
    runner.start(made.secrets)
    try:
        yield made
    finally:
        end_services(tmp_path)
        database.close()


def test_each_sample_has_what_runs_and_the_host(house: House, clock: _Clock) -> None:
    """What is stopped has no line; the host's processors are known from the second sample on."""
    sampler = Sampler(house.ledger, house.context.facts, Sampling(keep=timedelta(hours=1)))
    sampler.take()
    clock.now += timedelta(minutes=1)
    sampler.take()
    first, second = house.context.trends.since("harbor", _NOW - timedelta(days=1))
    assert set(first.services) == set(second.services) == {"api"}
    assert second.services["api"].memory > 1_000_000
    assert second.services["api"].processor is not None
    assert first.host is not None and first.host.processor is None
    assert second.host is not None and second.host.processor is not None
    assert second.cores and 0 <= second.host.processor <= 100 * second.cores
    clock.now += timedelta(hours=1, seconds=30)
    sampler.take()
    kept = [each.at for each in house.context.trends.since("harbor", _NOW - timedelta(days=1))]
    assert kept == [clock.now]


def test_people_see_numbers_and_a_picture(house: House, clock: _Clock) -> None:
    """Where nothing was sampled that is said, with how it comes about."""
    stack, since = house.context.stacks["harbor"], _NOW - timedelta(hours=6)
    said = over_time(house.context, stack, since, 1, "stats harbor --since 6h")
    assert said.body is not None and "nothing was sampled in the last 6 h" in said.body.text
    sampler = Sampler(house.ledger, house.context.facts, Sampling())
    for _ in range(3):
        sampler.take()
        clock.now += timedelta(minutes=1)
    said = over_time(house.context, stack, since, 1, "stats harbor --since 6h")
    assert said.body is not None and "3 samples of the last 3 min" in said.body.text
    assert said.file is not None and said.file.content.startswith(b"\x89PNG")


def test_long_curves_are_thinned_by_their_means() -> None:
    """As many points as a picture shows, and the mean of all stays."""
    points = [(_NOW + timedelta(minutes=at), float(at)) for at in range(1000)]
    few = thinned(points, most=100)
    assert len(few) == 100
    assert sum(value for _, value in few) / 100 == pytest.approx(499.5)
    assert few[-1][0] == points[-1][0]


def test_a_curve_is_broken_where_nothing_was_sampled() -> None:
    """Neither bridged nor fallen to nothing."""
    points = [(_NOW + timedelta(minutes=at), 1.0) for at in (0, 1, 2, 30, 31)]
    shown = broken(points)
    assert [at for at, (_, value) in enumerate(shown) if isnan(value)] == [3]
    assert broken(points[:3]) == points[:3]
