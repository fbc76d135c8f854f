"""Schedules on change: files are looked at now and then, and backed up when they differ."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.lives import KILLED
from tests.support.nights import EVENING, Night, Setting, carry_out, life, night
from tests.support.story import PEOPLE

STEP = timedelta(minutes=10)
ON_CHANGE = {"on": "change", "every": "10m", "at": ""}


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Uploads that are backed up when they change, looked at every ten minutes."""
    return Setting(tmp_path, more=ON_CHANGE)


@pytest.fixture
def one(setting: Setting) -> Iterator[Night]:
    """The evening of 2026-11-21, 20:00 UTC, nothing looked at yet."""
    with night(setting) as one:
        yield one


def uploads(one: Night) -> Path:
    return one.setting.folder / "uploads"


async def later(one: Night, looks: int) -> list[str]:
    """So many looks after the evening began, with all that is asked for carried out; what was
    asked for by then."""
    one.at(EVENING + looks * STEP)
    await carry_out(one)
    return one.requests()


@pytest.mark.covers("B3", "A", only="on change, on a small stack of the tests")
@pytest.mark.covers("B3", "A", only="configuration, on change")
async def test_a_backup_is_made_only_when_something_differs(one: Night) -> None:
    """The first one at once; then for content, a mode, a name and a time, and for nothing else."""
    assert len(await later(one, 0)) == 1
    assert len(await later(one, 1)) == 1
    (uploads(one) / "one.txt").write_text("two")
    assert len(await later(one, 2)) == 2
    (uploads(one) / "one.txt").chmod(0o600)
    assert len(await later(one, 3)) == 3
    (uploads(one) / "one.txt").rename(uploads(one) / "other.txt")
    assert len(await later(one, 4)) == 4
    (uploads(one) / "other.txt").read_text()
    assert len(await later(one, 5)) == 4
    os.utime(uploads(one) / "other.txt", (1, 1))
    assert len(await later(one, 6)) == 5
    assert set(one.fires()) == {
        "2026-11-21T20:00Z",
        "2026-11-21T20:20Z",
        "2026-11-21T20:30Z",
        "2026-11-21T20:40Z",
        "2026-11-21T21:00Z",
    }


async def test_it_looks_once_in_an_interval(one: Night) -> None:
    """A change is seen at the next look, not before, and many missed looks are one."""
    await later(one, 0)
    (uploads(one) / "new").write_text("x")
    one.at(EVENING + STEP - timedelta(seconds=1))
    assert len(one.requests()) == 1
    one.at(EVENING + 50 * STEP)
    one.scheduler.turn()
    assert len(one.requests()) == 2
    assert one.requests()[-1].endswith("2026-11-22T04:20Z")


async def test_it_waits_for_what_it_asked_for(one: Night) -> None:
    """While the backup of a change has not ended, the same change is not asked for again."""
    one.at(EVENING)
    one.at(EVENING + STEP)
    one.at(EVENING + 2 * STEP)
    assert len(one.requests()) == 1
    await carry_out(one)
    assert len(await later(one, 3)) == 1


async def test_paused_it_does_not_look(one: Night) -> None:
    """What changed meanwhile is backed up after it was resumed."""
    await later(one, 0)
    ana = one.house.access.actor(PEOPLE["ana"])
    one.timetable.pause(one.stack, "nightly", ana, "moving house")
    (uploads(one) / "new").write_text("x")
    assert len(await later(one, 1)) == 1
    one.timetable.resume(one.stack, "nightly", ana)
    assert len(await later(one, 2)) == 2


async def test_what_cannot_be_looked_at_is_told_once_a_day(one: Night) -> None:
    """A folder that is gone is no change: the channel is told that it cannot be backed up."""
    await later(one, 0)
    (uploads(one) / "one.txt").unlink()
    uploads(one).rmdir()
    for look in range(1, 8):
        one.at(EVENING + look * STEP)
    assert len(one.requests()) == 1
    [said] = one.said("sched:harbor/nightly:2026-11-21:failed")
    assert "could not be asked for" in said and "is not there" in said


@pytest.mark.parametrize("failpoint", ["schedule:noted", "schedule:asked"])
def test_a_killed_scheduler_asks_once(setting: Setting, failpoint: str) -> None:
    """Killed after the change was noted or asked for, the next life completes it, once."""
    assert life(setting, [EVENING], failpoint) == KILLED
    assert life(setting, [EVENING + timedelta(seconds=5)]) == 0
    with night(setting) as one:
        assert one.requests() == ["sched:harbor/nightly:2026-11-21T20:00Z"]
