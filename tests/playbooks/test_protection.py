"""Objectives, ages and usual sizes, from what a repository lists."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from playbooks.model.drill import DrillNote, DrillRules
from playbooks.model.objectives import Objectives
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_stack
from playbooks.protection import (
    ages,
    drilled_within,
    finished_before,
    good_backups,
    scenarios,
    standings,
    unusual_size,
)
from playbooks.repository.listing import StoreSummary, Summary

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAY = timedelta(days=1)
_SHIPPED = Path(__file__).parents[2] / "playbooks" / "stacks"
HARBOR = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "objectives": {"rpo": "1d2h", "rto": "30m"},
        "datastores": {
            "uploads": {"kind": "files", "path": "/uploads"},
            "other": {"kind": "files", "path": "/other"},
        },
    }
)


def backup(days: float, size: int = 1000, **more: object) -> Summary:
    made = NOW - days * DAY
    store = StoreSummary(kind="files", bytes=size, stored_bytes=size, seconds=1.0)
    values = {
        "id": f"{made:%Y%m%d-%H%M%S}-abcdef",
        "made_at": made,
        "origin": "scheduled",
        "run": "abcdef",
        "requester": "schedule nightly",
        "environment": "prod",
        "stores": {"uploads": store},
        "bytes": size,
        "stored_bytes": size,
        "encrypted": False,
    }
    return Summary.model_validate({**values, **more})


def test_what_counts_as_a_good_backup() -> None:
    """Damaged ones and safety backups do not, nor those without the datastore; newest first."""
    found = [
        backup(3),
        backup(0.5, problem="uploads.tar is cut"),
        backup(0.2, origin="safety"),
        backup(1),
    ]
    assert [b.made_at for b in good_backups(found, "uploads")] == [NOW - DAY, NOW - 3 * DAY]
    assert good_backups(found, "other") == ()


def test_what_was_finished_before_a_moment() -> None:
    """One that began before and ended after does not count, nor a damaged or a safety one."""
    found = [backup(1), backup(0.5, problem="cut"), backup(0.2, origin="safety"), backup(3)]
    assert finished_before(found, "uploads", NOW) == found[0]
    assert finished_before(found, "uploads", NOW - DAY + timedelta(seconds=0.5)) == found[3]
    assert finished_before(found, "uploads", NOW - DAY + timedelta(seconds=1.5)) == found[0]
    assert finished_before(found, "uploads", NOW - 4 * DAY) is None
    assert finished_before(found, "other", NOW) is None


def test_standing_against_the_objectives() -> None:
    """Age and restore time are held against the objectives; what is not known misses nothing."""
    uploads, other = standings(HARBOR, [backup(2)], {"uploads": 1900.0}, NOW)
    assert (uploads.age, uploads.too_old, uploads.too_slow) == (2 * 86400.0, True, True)
    assert (other.newest, other.too_old, other.too_slow) == (None, False, False)
    [fine, _] = standings(HARBOR, [backup(1)], {"uploads": 60.0}, NOW)
    assert not fine.too_old
    assert not fine.too_slow


def test_the_line_of_ages() -> None:
    """It climbs to each backup and falls to nought there; one older than the span counts."""
    found = [backup(40), backup(20), backup(1)]
    corners = ages(found, "uploads", NOW, 30 * DAY)
    assert [(NOW - moment, seconds / 86400) for moment, seconds in corners] == [
        (30 * DAY, 10.0),
        (20 * DAY, 20.0),
        (20 * DAY, 0.0),
        (DAY, 19.0),
        (DAY, 0.0),
        (timedelta(0), 1.0),
    ]
    assert ages([], "uploads", NOW, 30 * DAY) == ()


def test_an_unusual_size() -> None:
    """The usual size is named when this one is far from it, unless too few tell what is usual."""
    earlier = [backup(days) for days in (2, 3, 4)]
    assert unusual_size(backup(1, 100), "uploads", earlier) == 1000.0
    assert unusual_size(backup(1, 1400), "uploads", earlier) is None
    assert unusual_size(backup(1, 100), "uploads", earlier[:2]) is None


def note(days: float, *, passed: bool = True) -> DrillNote:
    return DrillNote(at=NOW - days * DAY, run="abcdef", passed=passed, seconds=90.0, checks=5)


def drilled_harbor(**drill: object) -> Stack:
    return HARBOR.model_copy(update={"drill": DrillRules.model_validate(drill)})


def test_the_newest_drill_counts_and_one_that_passed_is_a_measure() -> None:
    """A failure is told although an older one passed; the time is that of what passed."""
    backups = [
        backup(2, drills={"uploads": note(2)}),
        backup(1, drills={"uploads": note(1, passed=False)}),
    ]
    [uploads, other] = standings(drilled_harbor(alarm_after="30h"), backups, {}, NOW)
    assert uploads.drill_failed and uploads.drill_overdue
    assert (uploads.restore, uploads.drill_age) == (90.0, 2 * 86400.0)
    assert other.drill is None and not other.drill_overdue


def test_what_the_schedule_leaves_out_is_never_overdue() -> None:
    """Only datastores of the drill's schedule have to be drilled; its rhythm and a day is the
    limit where none is given."""
    rules = drilled_harbor(schedule={"on": "monthly 2", "at": "05:00", "datastores": ["uploads"]})
    assert drilled_within(rules, "uploads") == timedelta(days=32)
    assert drilled_within(rules, "other") is None
    assert drilled_within(HARBOR, "uploads") is None


def test_scenarios_are_held_against_their_own_datastores() -> None:
    """The oldest newest backup and the sum of restores; unknown where one is; nothing to judge
    where nothing may be lost."""
    objectives = {
        "scenarios": {
            "crash": {"rpo": "0s", "rto": "5m"},
            "corruption": {"rpo": "1d", "rto": "1m", "datastores": ["uploads"]},
            "everything": {"rpo": "3d", "rto": "1h"},
        }
    }
    stack = HARBOR.model_copy(update={"objectives": Objectives.model_validate(objectives)})
    found = standings(stack, [backup(2, drills={"uploads": note(1)})], {}, NOW)
    crash, corruption, everything = scenarios(stack, found)
    assert (crash.age, crash.missed) == (None, ())
    assert corruption.missed == ("RPO", "RTO")
    assert (everything.age, everything.missed) == (None, ())


def test_without_one_for_all_a_datastore_goes_by_its_scenarios() -> None:
    """The shortest of those that are about it; the one word for all comes first, and trouble in
    which nothing may be lost is no matter of backups."""
    objectives: dict[str, Any] = {
        "scenarios": {
            "crash": {"rpo": "0s"},
            "corruption": {"rpo": "2h", "datastores": ["uploads"]},
            "everything": {"rpo": "3d"},
        }
    }
    found = Objectives.model_validate(objectives)
    assert [found.rpo_of(name) for name in ("uploads", "other")] == [timedelta(hours=2), 3 * DAY]
    assert found.shortest_rpo == timedelta(hours=2)
    told = Objectives.model_validate({**objectives, "rpo": "1d"})
    assert [told.rpo_of(name) for name in ("uploads", "other")] == [DAY, DAY]
    crash = Objectives.model_validate({"scenarios": {"crash": {"rpo": "0s"}}})
    assert crash.rpo_of("uploads") is crash.shortest_rpo is Objectives().rpo_of("uploads") is None


@pytest.mark.covers("B12", "RNA", only="what each schedule can keep, from the shipped file")
@pytest.mark.parametrize("name", ["relica", "neurocore", "analytics-engine"])
def test_nothing_is_late_between_two_backups_of_the_shipped_schedules(name: str) -> None:
    """Just before its next backup no datastore is too old; one that was missed makes it so, and no
    other."""
    stack = load_stack(_SHIPPED / f"{name}.yaml")
    assert stack.backup is not None
    timed = [each for each in stack.backup.schedules.values() if not each.on_change]
    gaps = {
        store: min(each.longest_gap for each in timed if store in stack.scheduled(each))
        for store in stack.datastores
    }
    held = StoreSummary(kind="files", bytes=1, stored_bytes=1, seconds=1.0)
    found = [backup(gap / DAY, stores={store: held}) for store, gap in gaps.items()]
    assert [each for each in standings(stack, found, {}, NOW) if each.too_old] == []
    for late in standings(stack, found, {}, NOW + timedelta(hours=3)):
        assert late.too_old or late.on_change, late.datastore
