"""Backup, restore and undo of a folder by the real playbooks, broken off after every step."""

from pathlib import Path

import pytest

from playbooks.catalogue import ACTIONS, PLAYBOOKS, READERS
from playbooks.errors import FactUnavailable
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import Facts
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.registry import found
from tests.support.carry import call, carry_out
from tests.support.harbor import harbor, tree_of
from tests.support.work import TestReading, TestWork


def planned(stack: Stack, operation: str, params: JsonObject) -> Plan:
    playbook = PLAYBOOKS[operation]
    typed: Model = playbook.params.model_validate(params)
    values: dict[str, JsonObject] = {}
    missing: dict[str, str] = {}
    for query in playbook.needs(stack, typed):
        try:
            values[query.key] = found(READERS, query.fact).call(TestReading(stack), query.args)
        except FactUnavailable as error:
            missing[query.key] = error.message
    return playbook.plan(stack, typed, Facts(values, missing))


def run(stack: Stack, plan: Plan, name: str) -> dict[str, JsonObject]:
    outputs: dict[str, JsonObject] = {}
    carry_out(plan.stages, TestWork(stack, run=name), ACTIONS, outputs)
    return outputs


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A folder that was backed up by run `aaaaaa` and damaged since."""
    folder = tmp_path / "uploads"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/ship ü.txt").write_text("ahoy")
    (folder / "gone").write_text("soon")
    stack = harbor(tmp_path)
    run(stack, planned(stack, "backup", {"datastores": ["uploads"]}), "aaaaaa")
    (folder / "gone").unlink()
    (folder / "new").write_text("x")
    return stack


def restore(stack: Stack, mode: str = "swap", backup: str = "20261122-010203-aaaaaa") -> Plan:
    return planned(stack, "restore", {"datastore": "uploads", "backup": backup, "mode": mode})


def backups(stack: Stack) -> dict[str, str]:
    listed = found(READERS, "repository.list").call(TestReading(stack), {})
    assert listed["unreadable"] == []
    return {backup["run"]: backup["origin"] for backup in listed["backups"]}


def test_the_whole_story_of_a_folder(stack: Stack, tmp_path: Path) -> None:
    """Back up at once, restore with a safety backup, take back; nothing is left over."""
    damaged = tree_of(tmp_path / "uploads")
    plan = restore(stack)
    assert plan.risk is Risk.DESTROY
    assert plan.loses[0].startswith("1 file of uploads added since the backup")
    run(stack, plan, "bbbbbb")
    assert (tmp_path / "uploads/gone").read_text() == "soon"
    assert backups(stack) == {"aaaaaa": "asked", "bbbbbb": "safety"}
    run(stack, restore(stack, "undo", "bbbbbb"), "cccccc")
    assert tree_of(tmp_path / "uploads") == damaged
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".uploads.interlock-bbbbbb",
        "repository",
        "uploads",
    ]
    assert not list((tmp_path / "repository").glob(".scratch/*"))


def test_the_safety_backup_is_the_state_that_was_replaced(stack: Stack, tmp_path: Path) -> None:
    """Restoring the safety backup is another way back."""
    damaged = tree_of(tmp_path / "uploads")
    run(stack, restore(stack), "bbbbbb")
    run(stack, restore(stack, backup="20261122-010203-bbbbbb"), "cccccc")
    assert tree_of(tmp_path / "uploads") == damaged


def test_the_safety_backup_of_a_kept_copy_is_not_pruned(stack: Stack) -> None:
    """As long as the copy is kept, and however old it is."""
    run(stack, restore(stack), "bbbbbb")
    plan = planned(stack, "backup", {"datastores": ["uploads"]})
    outputs = run(stack, plan, "cccccc")
    reasons = outputs["prune"]["kept"]
    assert "kept copy of uploads" in reasons["20261122-010203-bbbbbb"]


STEPS = 8


@pytest.mark.parametrize("broken_after", range(STEPS + 1))
def test_broken_off_anywhere_and_undone_the_folder_is_as_it_was(
    stack: Stack, tmp_path: Path, broken_after: int
) -> None:
    """The undo of every step that may have begun, in reverse, leaves the live folder as it was,
    and nothing beside it; a safety backup that was published stays."""
    before = tree_of(tmp_path / "uploads")
    plan = restore(stack)
    last = plan.point_of_no_return
    assert last is not None
    undoable = [step for stage in plan.stages[: last + 1] for step in stage]
    assert len(undoable) == STEPS
    work, outputs = TestWork(stack, run="bbbbbb"), {}
    carry_out((tuple(undoable[:broken_after]),), work, ACTIONS, outputs)
    # The step after the last finished one may have begun: it is undone as well.
    for step in reversed(undoable[: broken_after + 1]):
        if step.undo is not None and (step.key != "exchange" or "identify" in outputs):
            call(step.undo, work, ACTIONS, outputs)
    assert tree_of(tmp_path / "uploads") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["repository", "uploads"]
    assert not list((tmp_path / "repository").glob(".scratch/*"))
    assert set(backups(stack)) - {"bbbbbb"} == {"aaaaaa"}


def test_a_changed_backup_is_another_plan(stack: Stack, tmp_path: Path) -> None:
    """The manifest's checksum, the folder's identity: either changes the digest."""
    first = restore(stack).digest("1")
    (tmp_path / "uploads/more").write_text("growth voids nothing")
    assert restore(stack).digest("1") == first
    (tmp_path / "uploads").rename(tmp_path / "other")
    (tmp_path / "uploads").mkdir()
    assert restore(stack).digest("1") != first
