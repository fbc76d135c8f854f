"""Switching maintenance on and off as steps of runs: repeated, undone, found out about."""

from datetime import timedelta
from pathlib import Path

import pytest

from playbooks.catalogue import ACTIONS
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.operations.maintenance_steps import owed_off, switch_off, switch_on
from playbooks.registry import found
from tests.support.work import STARTED, NotedMaintenances, TestWork


def stack(folder: Path) -> Stack:
    switch = {"kind": "file", "path": str(folder / "flag")}
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "maintenance": {"switch": switch, "message": "Closed", "lasting": "90m"},
        }
    )


def act(work: TestWork, name: str, **args: str) -> JsonObject:
    filled = {key: value.replace("{run}", work.run) for key, value in args.items()}
    return found(ACTIONS, f"maintenance.{name}").call(work, filled)


def test_on_and_off_may_be_repeated_and_their_probes_know(tmp_path: Path) -> None:
    """Each time the same is true afterwards, on the host and in what is remembered."""
    work = TestWork(stack(tmp_path))
    assert act(work, "is_on")["state"] == "not_done"
    for _ in range(2):
        assert act(work, "on")["message"] == "Closed"
        assert act(work, "is_on")["state"] == "done"
        assert act(work, "is_off")["state"] == "not_done"
    state = work.maintenances.of("harbor")
    assert state is not None
    assert state.until == STARTED + timedelta(minutes=90)
    for _ in range(2):
        act(work, "off")
        assert act(work, "is_off")["state"] == "done"
    assert not (tmp_path / "flag").exists()
    assert work.maintenances.of("harbor") is None


def test_what_another_run_began_is_not_taken_back(tmp_path: Path) -> None:
    """A run that fails inside somebody's maintenance leaves it on; its own it takes back."""
    noted = NotedMaintenances()
    first = TestWork(stack(tmp_path), maintenances=noted, run="aaaaaa")
    second = TestWork(stack(tmp_path), maintenances=noted, run="bbbbbb")
    undo = switch_on().undo
    assert undo is not None
    act(first, "on")
    act(second, "on")
    assert act(second, "off", **undo.args) == {"lifted": False}
    assert (tmp_path / "flag").exists()
    assert act(first, "off", **owed_off(0).call.args)["lifted"] is True
    assert not (tmp_path / "flag").exists()


def test_nothing_is_taken_back_that_was_never_done(tmp_path: Path) -> None:
    """The undo of a step that did nothing leaves a flag that another hand has raised."""
    work = TestWork(stack(tmp_path))
    (tmp_path / "flag").write_text("mine")
    act(work, "off", **switch_off().args)
    assert (tmp_path / "flag").read_text() == "mine"


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("2h", STARTED + timedelta(hours=2)),
        ("2026-11-22T04:00:00Z", STARTED.replace(hour=4, minute=0, second=0)),
        ("2026-11-22T04:00:00+01:00", STARTED.replace(hour=3, minute=0, second=0)),
    ],
)
def test_the_end_is_a_moment_or_a_span(tmp_path: Path, until: str, end: object) -> None:
    """Both are what a plan may say."""
    work = TestWork(stack(tmp_path))
    act(work, "on", until=until)
    state = work.maintenances.of("harbor")
    assert state is not None
    assert state.until == end


def test_an_end_that_is_neither_is_refused(tmp_path: Path) -> None:
    """Nothing is switched by it."""
    work = TestWork(stack(tmp_path))
    with pytest.raises(BadArgument, match="neither"):
        act(work, "on", until="soon")
    assert not (tmp_path / "flag").exists()
