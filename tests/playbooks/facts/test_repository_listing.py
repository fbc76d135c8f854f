"""What is told of backups where there are none yet, and where they have gone."""

import shutil
from pathlib import Path

import pytest

from playbooks.catalogue import READERS
from playbooks.errors import FactUnavailable
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.registry import found
from playbooks.repository.of_stack import new_or_old_repository_of
from tests.support.harbor import harbor
from tests.support.work import KnownSecrets, Remembered, TestReading


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return harbor(tmp_path)


def url_of(stack: Stack) -> str:
    assert stack.backup is not None
    return stack.backup.repository


def listed(stack: Stack, past: Remembered) -> JsonObject:
    return found(READERS, "repository.list").call(TestReading(stack, past=past), {})


def test_a_repository_that_was_never_begun_is_an_empty_list(stack: Stack) -> None:
    """A place that is missing, or empty, and of which nothing is remembered has no backups yet."""
    assert listed(stack, Remembered())["backups"] == []
    Path(url_of(stack).removeprefix("file://")).mkdir()
    assert listed(stack, Remembered())["backups"] == []


def test_a_repository_that_has_gone_is_an_error(stack: Stack) -> None:
    """Where a backup is remembered and nothing is there, the list is unavailable, with why."""
    new_or_old_repository_of(stack, KnownSecrets())
    shutil.rmtree(url_of(stack).removeprefix("file://"))
    with pytest.raises(FactUnavailable, match="There is no backup repository at"):
        listed(stack, Remembered({url_of(stack): "20261122-010203-k3f9q2"}))


def test_a_place_with_something_else_in_it_is_an_error(stack: Stack) -> None:
    """A place that a first backup could not use is not shown as one without backups."""
    root = Path(url_of(stack).removeprefix("file://"))
    root.mkdir()
    (root / "holiday.jpg").write_bytes(b"sea")
    with pytest.raises(FactUnavailable, match="something else"):
        listed(stack, Remembered())
