"""What a drill's plan holds, guards and leaves out. Facts only, nothing runs."""

from pathlib import Path

import pytest

from commands.protect.drill import drill_of
from playbooks.catalogue import ACTIONS
from playbooks.errors import UnknownName
from playbooks.model.stack import Stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.registry import found
from playbooks.repository.catalogue import survey
from playbooks.repository.copies import storage_called
from tests.support.drills import Drills
from tests.support.runbook import commands, follow, printed


@pytest.fixture
def bench(tmp_path: Path) -> Drills:
    for name in ("uploads", "letters"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.txt").write_text("one")
    return Drills(
        Stack.model_validate(
            {
                "name": "harbor",
                "environment": "prod",
                "channel": "ops-harbor",
                "datastores": {
                    name: {"kind": "files", "path": str(tmp_path / name)}
                    for name in ("uploads", "letters")
                },
                "backup": {"repository": f"file://{tmp_path}/repository"},
            }
        )
    )


def test_each_datastore_is_drilled_from_its_own_newest_backup(bench: Drills) -> None:
    """Backups of one datastore each; what has none as of then is left out and named."""
    first, second = bench.backup("uploads"), bench.backup("letters")
    backups = survey(storage_called(bench.stack, bench.secrets, ""), "harbor").backups
    names = ("uploads", "letters")
    params = drill_of(bench.stack, names, "latest", backups, now=bench.now)
    assert params.backup == {"uploads": first, "letters": second}
    plan = bench.plan(DRILL, params)
    assert [s.key for s in plan.steps][:4] == [
        "fetch.uploads",
        "rehearse.uploads",
        "fetch.letters",
        "rehearse.letters",
    ]
    assert {owed.key for owed in plan.owed} == {"clear", "release"}
    bench.run(plan)
    alone = drill_of(bench.stack, names, second, backups, now=bench.now)
    assert alone.datastores == ("letters",) and "uploads" in alone.left_out
    assert any("uploads is left out" in note for note in bench.plan(DRILL, alone).notes)
    with pytest.raises(UnknownName, match="does not hold uploads"):
        drill_of(bench.stack, ("uploads",), second, backups, now=bench.now)


def test_no_room_is_seen_before_it_begins(bench: Drills) -> None:
    """What is fetched and what is unpacked share a disk here, so one guard asks for both."""
    backup = bench.backup("uploads", "letters")
    both = {"uploads": backup, "letters": backup}
    params = StackDrillParams(datastores=tuple(both), backup=both)
    [guard] = bench.plan(DRILL, params).guards
    one = StackDrillParams(datastores=("uploads",), backup={"uploads": backup})
    [less] = bench.plan(DRILL, one).guards
    assert guard.at_least > less.at_least > 0
    assert guard.query.fact == "drill.room"


def test_a_backup_that_went_meanwhile_does_not_fail_the_drill(bench: Drills) -> None:
    """The drill is what it is; that it could not be noted is a warning."""
    backup = bench.backup("uploads")
    params = StackDrillParams(datastores=("uploads",), backup={"uploads": backup})
    plan = bench.plan(DRILL, params)
    work = bench.run(plan)
    rehearsed = plan.steps[-1].args["rehearsed"]["uploads"]
    args = {
        "rehearsed": {
            "uploads": {
                **rehearsed,
                "backup": "20200101-000000-gone00",
                "fetched_seconds": 0.1,
                "rehearsal": bench.outputs["rehearse.uploads"],
            }
        }
    }
    said = found(ACTIONS, "drill.note").call(work, args)
    assert "could not be noted" in said["warnings"][0]


def test_a_drill_on_paper_is_done_with_tar(bench: Drills, tmp_path: Path) -> None:
    """The runbook's commands unpack, compare and remove again; a changed tar fails them."""
    backup = bench.backup("uploads")
    params = StackDrillParams(datastores=("uploads",), backup={"uploads": backup})
    runbook = printed(bench.stack, bench.plan(DRILL, params))
    done = follow(commands(runbook), tmp_path, {})
    assert done.returncode == 0, done.stderr
