"""No backup makes a second repository where the first one should be."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from playbooks.catalogue import ACTIONS, PLAYBOOKS, READERS
from playbooks.errors import FactUnavailable, RepositoryError
from playbooks.gate.changes import differences
from playbooks.model.base import JsonObject
from playbooks.model.facts import Facts
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.registry import found
from tests.support.carry import carry_out
from tests.support.harbor import harbor
from tests.support.work import Remembered, TestReading, TestWork


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads/ship").write_text("ahoy")
    return harbor(tmp_path)


def planned(stack: Stack, past: Remembered) -> Plan:
    reading = TestReading(stack, past=past)
    playbook = PLAYBOOKS["backup"]
    params = playbook.params.model_validate({"datastores": ["uploads"]})
    values: dict[str, JsonObject] = {}
    missing: dict[str, str] = {}
    for query in playbook.needs(stack, params):
        try:
            values[query.key] = found(READERS, query.fact).call(reading, query.args)
        except FactUnavailable as error:
            missing[query.key] = str(error)
    return playbook.plan(stack, params, Facts(values, missing))


def backed_up(stack: Stack, run: str, past: Remembered | None = None) -> str:
    outputs: dict[str, JsonObject] = {}
    plan = planned(stack, past or Remembered())
    carry_out(plan.stages, TestWork(stack, run=run), ACTIONS, outputs)
    return str(outputs["publish"]["id"])


def url_of(stack: Stack) -> str:
    assert stack.backup is not None
    return stack.backup.repository


def root_of(stack: Stack) -> Path:
    return Path(url_of(stack).removeprefix("file://"))


def test_the_first_backup_makes_the_repository_and_the_next_only_uses_it(stack: Stack) -> None:
    """The plan says which of both; the marker says whose the repository is."""
    first = planned(stack, Remembered())
    assert first.steps[0].args == {"repository": url_of(stack), "new": True}
    backed_up(stack, "aaaaaa")
    assert (
        '"owner":{"environment":"prod","stack":"harbor"}'
        in (root_of(stack) / "interlock-repository.json").read_text()
    )
    assert planned(stack, Remembered()).steps[0].args["new"] is False


def test_two_first_backups_at_once_are_both_made(stack: Stack) -> None:
    """The plan of the second one stays the plan when the first one has made the repository, and
    neither minds that the other one makes it in the same moment."""
    before = planned(stack, Remembered())
    begin = found(ACTIONS, "repository.begin")
    works = [TestWork(stack, run=f"aaaaa{letter}") for letter in "bcde"]
    with ThreadPoolExecutor(len(works)) as threads:
        opened = list(threads.map(lambda work: begin.call(work, before.steps[0].args), works))
    assert len({each["id"] for each in opened}) == len(works)
    after = planned(stack, Remembered())
    assert after.steps[0].args["new"] is False
    assert after.digest("1") == before.digest("1")
    assert differences(before, after) == ()


def test_an_empty_mount_point_is_not_taken_for_a_new_repository(
    stack: Stack, tmp_path: Path
) -> None:
    """With backups remembered there, an empty or missing place is a disk that is not mounted."""
    past = Remembered({url_of(stack): backed_up(stack, "aaaaaa")})
    root_of(stack).rename(tmp_path / "unmounted")
    for present in (False, True):
        if present:
            root_of(stack).mkdir()
        with pytest.raises(RepositoryError) as refused:
            planned(stack, past)
        assert "20261122-010203-aaaaaa" in str(refused.value)
        assert "disk is mounted" in str(refused.value)
    assert list(root_of(stack).iterdir()) == []
    root_of(stack).rmdir()
    (tmp_path / "unmounted").rename(root_of(stack))
    assert backed_up(stack, "bbbbbb", past) == "20261122-010203-bbbbbb"


def test_a_disk_that_goes_after_the_plan_gets_no_new_repository(stack: Stack) -> None:
    """A plan that saw a repository makes none, whatever happened since."""
    backed_up(stack, "aaaaaa")
    plan = planned(stack, Remembered())
    root_of(stack).rename(root_of(stack).with_name("elsewhere"))
    root_of(stack).mkdir()
    with pytest.raises(RepositoryError, match="it is empty"):
        carry_out(plan.stages, TestWork(stack, run="bbbbbb"), ACTIONS, {})
    assert list(root_of(stack).iterdir()) == []


def test_another_place_may_be_begun_anew(stack: Stack) -> None:
    """What is remembered of one place says nothing of another; a fresh disk is as good as none."""
    (root_of(stack) / "lost+found").mkdir(parents=True)
    assert backed_up(stack, "aaaaaa", Remembered({"file:///elsewhere": "x"}))


@pytest.mark.parametrize("other", [{"name": "quay"}, {"environment": "staging"}])
def test_the_repository_of_another_stack_is_refused(stack: Stack, other: dict[str, str]) -> None:
    """Two stacks, or two environments of one, do not mix their backups by a copied line."""
    backed_up(stack, "aaaaaa")
    stranger = stack.model_copy(update=other)
    with pytest.raises(FactUnavailable, match="is the repository of prod/harbor"):
        planned(stranger, Remembered())
    with pytest.raises(RepositoryError, match="is the repository of prod/harbor"):
        found(ACTIONS, "repository.begin").call(TestWork(stranger, run="bbbbbb"), {"new": True})


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("{}", "says nothing about a repository"),
        ("{", "says nothing about a repository"),
        ('{"interlock_repository": 2}', "of version 2"),
    ],
)
def test_a_foreign_marker_is_refused(stack: Stack, marker: str, message: str) -> None:
    """A place that something else, or a newer Interlock, has marked is not written to."""
    root_of(stack).mkdir(parents=True)
    (root_of(stack) / "interlock-repository.json").write_text(marker)
    with pytest.raises(FactUnavailable, match=message):
        planned(stack, Remembered())
