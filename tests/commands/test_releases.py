"""Where a rollback leads, read from the releases there were."""

from datetime import timedelta
from typing import Any

import pytest

from commands.do.release_history import data_backup, named, previous, releases_of
from commands.ports import Dossier
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.plan import ActionCall, Plan, Risk, Step
from playbooks.model.request import RequestState, Run, RunState, StepRecord
from tests.support.cards import NOW, request, run


def _release(
    number: int,
    *,
    before: str,
    after: str | None,
    operation: str = "deploy",
    migrated: tuple[str, ...] = (),
    lists: bool = True,
    **params: Any,
) -> Dossier:
    """Release number `number` of the morning; images are called like their versions."""
    outputs: dict[str, Any] = {"note": {"images": {"api": f"image-{before}"}, "version": before}}
    outputs["publish"] = {"id": f"backup-{number}"}
    if migrated:
        outputs["m"] = {"applied": list(migrated)} if lists else {}
    if after:
        outputs["released"] = {"images": {"api": f"image-{after}"}, "version": after, "code": {}}
    probe = ActionCall(action="deploy.migrated")
    steps = [
        Step(key=key, name=key, action="deploy.one_off" if key == "m" else "x", probe=probe)
        for key in outputs
    ]
    plan = Plan(
        operation=operation,
        stack="harbor",
        environment="prod",
        summary=operation,
        risk=Risk.CHANGE,
        params={"version": after, **params},
        stages=tuple((step,) for step in steps),
    )
    asked = request(
        plan,
        id=f"r{number}",
        asked_at=NOW - timedelta(minutes=100 - number),
        state=RequestState.APPROVED,
    )
    return Dossier(request=asked, votes=(), run=_ran(outputs, after))


def _ran(outputs: dict[str, Any], after: str | None) -> Run:
    records = tuple(
        StepRecord(key=key, name=key, stage=0, phase="do", state="done", output=output)
        for key, output in outputs.items()
    )
    return run(RunState.SUCCEEDED if after else RunState.UNDONE, records)


_FIRST = _release(1, before="v0", after="v1")
_SECOND = _release(2, before="v1", after="v2", migrated=("a", "b"))
_FAILED = _release(3, before="v2", after=None)
_BACK = _release(4, before="v2", after="v1", operation="rollback", to="r1")


def test_it_leads_to_what_ran_before() -> None:
    """Past releases that failed, and it knows what it goes across."""
    back = previous(releases_of([_FAILED, _SECOND, _FIRST]), "harbor")
    assert (back.to, back.version, back.images) == ("r1", "v1", {"api": "image-v1"})
    assert back.across == ("a", "b") and not back.unlisted


def test_twice_leads_further_back() -> None:
    """A second rollback does not return to what the first one left."""
    back = previous(releases_of([_BACK, _FAILED, _SECOND, _FIRST]), "harbor")
    assert (back.to, back.before, back.version) == ("", "r1", "v0")


def test_a_release_can_be_named_by_id_and_by_version() -> None:
    """Both lead to what it had brought."""
    known = releases_of([_SECOND, _FIRST])
    assert named(known, "harbor", "r1") == named(known, "harbor", "v1")
    assert named(known, "harbor", "v1").across == ("a", "b")
    with pytest.raises(UnknownName):
        named(known, "harbor", "v7")


def test_migrations_that_nothing_lists_are_told() -> None:
    """It is not taken for a release without migrations."""
    silent = _release(2, before="v1", after="v2", migrated=("?",), lists=False)
    assert previous(releases_of([silent, _FIRST]), "harbor").unlisted == ("r2",)


def test_data_come_from_the_first_backup_after_it() -> None:
    """The one that the next release made before it changed anything."""
    known = releases_of([_FAILED, _SECOND, _FIRST])
    assert data_backup(known, named(known, "harbor", "r1")) == "backup-2"
    first = releases_of([_FIRST])
    assert data_backup(first, previous(first, "harbor")) == "backup-1"


def test_without_a_release_there_is_no_way_back() -> None:
    """It is said."""
    with pytest.raises(BadArgument, match="no earlier release"):
        previous(releases_of([_FAILED]), "harbor")


def test_a_way_that_rolls_nothing_has_still_set_the_version() -> None:
    """Where no images were noted, the undo of the version's step says what it held before."""
    made = _release(1, before="v0", after="v1")
    undo = ActionCall(action="deploy.set_version", args={"value": "v0"})
    version = Step(key="version", name="Set VERSION", action="deploy.set_version", undo=undo)
    request_ = made.request.model_copy(
        update={"plan": made.request.plan.model_copy(update={"stages": ((version,),)})}
    )
    assert made.run is not None
    records = tuple(step for step in made.run.steps if step.key != "note")
    ran = made.run.model_copy(update={"steps": records})
    known = releases_of([Dossier(request=request_, votes=(), run=ran)])
    back = previous(known, "harbor")
    assert (back.versioned, back.version, back.images) == (True, "v0", {})
