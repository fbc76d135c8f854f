"""Pruning and verifying everything: the dry run, what is approved, what is done."""

import json
import shutil
from pathlib import Path

import pytest

from notifiers.views.details import plan_blocks
from playbooks.byhand import repository as by_hand
from playbooks.byhand.known import Known
from playbooks.errors import BrokenBackup
from playbooks.model.drill import DrillNote
from playbooks.model.plan import Plan, Risk
from playbooks.operations.prune import PRUNE, PruneParams
from playbooks.operations.verify_all import VERIFY_ALL, VerifyAllParams
from playbooks.repository.catalogue import note_drill, survey
from playbooks.repository.copies import storage_called
from tests.support.harbor import harbor
from tests.support.run_plan import Bench

KEEP_ALL = {"last": 100}
LAST_ONE = {"last": 1, "daily": 0, "weekly": 0, "monthly": 0}


def bench_with(root: Path, count: int, **backup: object) -> tuple[Bench, list[str]]:
    """A stack that now keeps one backup, with several made before; ids oldest first."""
    (root / "uploads").mkdir()
    (root / "uploads/a.txt").write_text("first")
    generous = Bench(harbor(root, retention=KEEP_ALL, **backup))
    ids = [generous.backup("uploads") for _ in range(count)]
    strict = harbor(root, retention=LAST_ONE, **backup)
    return Bench(strict, generous.secrets, generous.now, generous.runs), ids


def prune_plan(bench: Bench) -> Plan:
    return bench.plan(PRUNE, PruneParams())


def listed(bench: Bench, url: str = "") -> list[str]:
    storage = storage_called(bench.stack, bench.secrets, url)
    return [backup.id for backup in survey(storage, "harbor").backups]


def test_the_plan_is_the_dry_run(tmp_path: Path) -> None:
    """A line for every backup with its reason; nothing is removed by planning."""
    bench, ids = bench_with(tmp_path, 3)
    plan = prune_plan(bench)
    assert plan.risk is Risk.DESTROY and plan.summary.endswith("remove 2 backups")
    assert [(line.label, line.value.partition(":")[0]) for line in plan.shown] == [
        (ids[1], "goes"),
        (ids[0], "goes"),
        (ids[2], "stays"),
    ]
    assert plan.binding == {"remove": {f"file://{tmp_path}/repository": [ids[1], ids[0]]}}
    assert plan.loses[0].startswith("2 backups, ")
    assert listed(bench) == ids[::-1]


def test_the_repository_is_named_as_its_copies_are(tmp_path: Path) -> None:
    """By its address, in every detail of the plan to prune and of the one to verify all, and by
    hand what is gone there is a folder of this host."""
    url = f"file://{tmp_path}/copy"
    bench, ids = bench_with(tmp_path, 2, copies=[{"repository": url}])
    own = f"file://{tmp_path}/repository"
    for plan, going in (
        (prune_plan(bench), [ids[0]]),
        (bench.plan(VERIFY_ALL, VerifyAllParams()), ids[::-1]),
    ):
        said = json.dumps(plan_blocks(plan))
        assert f"{own}: [{', '.join(going)}]" in said, said
        assert "{: [" not in said
    [step] = prune_plan(bench).stages[0]
    known = Known(stack=bench.stack)
    here, elsewhere = by_hand.prune(known, step.args)
    assert here.startswith("rm ") and f"{tmp_path}/repository/harbor/{ids[0]}" in here
    assert elsewhere == f"# Remove harbor/{ids[0]} from {url!r}."


@pytest.mark.covers("B4", "RNSAC", only="on a small stack of the tests")
def test_only_what_was_approved_is_removed(tmp_path: Path) -> None:
    """What retention let go since then stays until somebody approves that, too."""
    bench, ids = bench_with(tmp_path, 3)
    plan = prune_plan(bench)
    generous = Bench(harbor(tmp_path, retention=KEEP_ALL), bench.secrets, bench.now, bench.runs)
    newer = generous.backup("uploads")
    assert prune_plan(bench).digest("1") != plan.digest("1")
    bench.runs = generous.runs
    bench.run(plan)
    assert bench.outputs["prune"]["removed"] == [ids[1], ids[0]]
    assert listed(bench) == [newer, ids[2]]


def test_copies_are_pruned_by_the_same_plan(tmp_path: Path) -> None:
    """The plan names the place of each; one that cannot be read is left alone and said."""
    url = f"file://{tmp_path}/copy"
    bench, ids = bench_with(tmp_path, 2, copies=[{"repository": url}])
    plan = prune_plan(bench)
    assert plan.binding == {"remove": {f"file://{tmp_path}/repository": [ids[0]], url: [ids[0]]}}
    bench.run(plan)
    assert listed(bench) == listed(bench, url) == [ids[1]]
    shutil.rmtree(tmp_path / "copy")
    again = prune_plan(bench)
    assert again.nothing_to_do
    assert any(url in note for note in again.notes)


def test_the_last_drilled_backup_stays(tmp_path: Path) -> None:
    """A drill noted in the repository keeps its backup, one that failed does not; the plan says
    so."""
    bench, ids = bench_with(tmp_path, 3)
    passed = DrillNote(at=bench.now, run="k3f9q2", passed=True, seconds=4.0, checks=3)
    failed = passed.model_copy(update={"passed": False, "why": "1 of 3 checks failed"})
    for backup, drill in zip(ids[:2], (passed, failed), strict=True):
        storage = storage_called(bench.stack, bench.secrets, "")
        note_drill(storage, "harbor", backup, {"uploads": drill})
    plan = prune_plan(bench)
    assert plan.binding == {"remove": {f"file://{tmp_path}/repository": [ids[1]]}}
    assert any("last drilled" in line.value for line in plan.shown if line.label == ids[0])


def test_everything_is_verified_past_what_is_broken(tmp_path: Path) -> None:
    """All that is broken is named, in the repository and in its copy."""
    url = f"file://{tmp_path}/copy"
    bench, ids = bench_with(tmp_path, 3, copies=[{"repository": url}])
    bench.run(bench.plan(VERIFY_ALL, VerifyAllParams()))
    assert bench.outputs["verify"]["verified"] == 6
    for place, backup in (("repository", ids[0]), ("copy", ids[1])):
        artifact = next(
            p for p in (tmp_path / place / "harbor" / backup).iterdir() if "tar" in p.name
        )
        content = bytearray(artifact.read_bytes())
        content[len(content) // 2] ^= 1
        artifact.write_bytes(content)
    with pytest.raises(BrokenBackup, match="2 of 6") as raised:
        bench.run(bench.plan(VERIFY_ALL, VerifyAllParams()))
    assert f"{ids[0]}: " in str(raised.value) and f"{ids[1]} at {url}" in str(raised.value)


def test_nothing_to_verify_is_said(tmp_path: Path) -> None:
    """A repository without a backup makes a plan without steps."""
    (tmp_path / "uploads").mkdir()
    bench = Bench(harbor(tmp_path))
    bench.run(bench.plan_backup("uploads"))
    shutil.rmtree(tmp_path / "repository/harbor")
    assert bench.plan(VERIFY_ALL, VerifyAllParams()).nothing_to_do
