"""Alarms of drills: overdue once, over once, whatever kept the drill from passing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from playbooks.model.drill import DrillNote
from playbooks.repository.catalogue import note_drill, survey
from playbooks.repository.copies import storage_called
from tests.support import yard
from tests.support.nights import NIGHT, Night, Setting, carry_out, night


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Night]:
    drill = {"schedule": {"at": "03:00", "on": "weekly sunday", "zone": "Europe/Paris"}}
    with night(Setting(tmp_path, stack={"drill": drill})) as made:
        made.scheduler.turn()
        yield made


def noted(one: Night, passed: bool) -> None:
    """A drill of the newest backup, at this moment of the night's clock."""
    storage = storage_called(one.stack, yard.NoSecrets(), "")
    newest = survey(storage, "harbor").backups[0].id
    why = "" if passed else "2 of 3 checks failed: it is empty"
    note = DrillNote(at=one.clock(), run="k3f9q2", passed=passed, seconds=4.0, checks=3, why=why)
    note_drill(storage, "harbor", newest, {"uploads": note})


async def test_an_overdue_drill_is_said_once_and_when_it_is_over(one: Night) -> None:
    """A week and a day after the stack is known; a drill that passes ends it; eight days later the
    next alarm is another message."""
    one.at(NIGHT)
    await carry_out(one)
    one.watch.look()
    assert one.said("drill:") == []
    one.clock.turn_to(NIGHT + timedelta(days=8, hours=1))
    one.watch.look()
    one.watch.look()
    [said] = one.said("drill:harbor/uploads:overdue")
    assert "no drill has passed yet; one is to pass every 8 d" in said
    assert "<@" in said and "`/ops drill harbor uploads` runs one now" in said
    noted(one, passed=True)
    one.watch.look()
    one.watch.look()
    assert len(one.said("drill:")) == 2
    one.clock.turn_to(NIGHT + timedelta(days=17))
    one.watch.look()
    assert len(one.said("drill:")) == 3
    kinds = [entry.kind for entry in one.house.history.audit(limit=100)]
    assert kinds.count("drill.breach") == 2 and kinds.count("drill.met") == 1


async def test_a_failed_drill_is_said_with_its_reason_until_one_passes(one: Night) -> None:
    """The backup, what was wrong, and what to do; nothing more while it stays failed."""
    one.at(NIGHT)
    await carry_out(one)
    noted(one, passed=False)
    one.watch.look()
    one.watch.look()
    [said] = one.said("drill:harbor/uploads:failed")
    assert "2 of 3 checks failed: it is empty" in said and "<@" in said
    one.clock.turn_to(one.clock() + timedelta(hours=1))
    noted(one, passed=True)
    one.watch.look()
    assert any("Drill passed again" in each for each in one.said("drill:"))
