"""Rates: who may speak when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.pace import RESERVE, Bucket, Pace, ProgressPace
from notifiers.ports import Lane


def test_a_burst_is_free_and_then_it_is_one_a_second() -> None:
    """Three calls at once, the fourth a second later."""
    bucket = Bucket(1.0, 3, now=0.0)
    assert [bucket.reserve(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.wait(0.0) == pytest.approx(1.0)
    assert bucket.wait(1.0) == 0.0


def test_queued_calls_get_places_one_after_another() -> None:
    """Those who reserve when it is empty wait longer and longer."""
    bucket = Bucket(2.0, 1, now=0.0)
    assert [bucket.reserve(0.0) for _ in range(3)] == [0.0, 0.5, 1.0]


def test_a_closed_bucket_opens_when_slack_said() -> None:
    """Retry-After is kept, and after it there is no burst."""
    bucket = Bucket(1.0, 3, now=0.0)
    bucket.close(30.0)
    assert bucket.wait(10.0) == pytest.approx(20.0)
    assert bucket.wait(30.0) == 0.0


def test_progress_leaves_tokens_for_approvals() -> None:
    """Where progress has to wait, an update may still go, and an approval in any case."""
    bucket = Bucket(1.0, 12, now=0.0)
    for _ in range(8):
        bucket.take(0.0)
    assert bucket.wait(0.0, RESERVE[Lane.PROGRESS]) > 0
    assert bucket.wait(0.0, RESERVE[Lane.UPDATE]) == 0.0
    for _ in range(3):
        bucket.take(0.0)
    assert bucket.wait(0.0, RESERVE[Lane.UPDATE]) > 0
    assert bucket.wait(0.0, RESERVE[Lane.APPROVAL]) == 0.0


@given(st.lists(st.floats(min_value=0, max_value=5), max_size=60))
def test_no_minute_has_more_calls_than_burst_and_rate(pauses: list[float]) -> None:
    """Whoever waits as told never makes more calls than Slack allows in any minute."""
    pace = Pace()
    bucket, now, made = Bucket(pace.calls, pace.call_burst, 0.0), 0.0, []
    for pause in pauses:
        now += pause
        now += bucket.wait(now)
        bucket.take(now)
        made.append(now)
    for start in made:
        assert sum(start <= at < start + 60 for at in made) <= 50


def test_progress_slows_down_with_the_load() -> None:
    """One run shows progress every 3 s, many every 10 s at most, forgotten ones not counted."""
    progress = ProgressPace(Pace())
    assert progress.wait("run:0", 0.0) == 0.0
    progress.shown("run:0", 0.0)
    assert progress.wait("run:0", 1.0) == pytest.approx(2.0)
    for number in range(20):
        progress.shown(f"run:{number}", 1.0)
    assert progress.interval(1.0) == 10.0
    assert progress.interval(60.0) == 3.0
