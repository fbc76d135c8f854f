"""The runbooks of a folder, followed to the letter with bash and tar."""

from pathlib import Path

import pytest

from playbooks.folders.kept import copies
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.operations.recover import RECOVER, RecoverParams
from playbooks.operations.verify import VERIFY, VerifyParams
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed

Tree = dict[str, tuple[int, object]]


def tree(folder: Path) -> Tree:
    """Mode and content, or target, by path."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            str(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else None,
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folder = tmp_path / "up $(touch pwned) loads'"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/ship ü.txt").write_text("ahoy")
    (folder / "deep/-rf\n$(touch pwned)").write_text("odd")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o750)
    (folder / "link").symlink_to("deep/nowhere")
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"uploads": {"kind": "files", "path": str(folder)}},
            "backup": {"repository": f"file://{tmp_path}/backups"},
        }
    )
    return Bench(stack)


def folder_of(bench: Bench) -> Path:
    return Path(bench.stack.datastores["uploads"].model_dump()["path"])


def damaged(bench: Bench) -> Tree:
    """What a bad afternoon leaves."""
    folder = folder_of(bench)
    (folder / "deep/ship ü.txt").unlink()
    (folder / "link").unlink()
    (folder / "run.sh").chmod(0o600)
    (folder / "new").write_text("x")
    return tree(folder)


def typed(bench: Bench, plan: Plan, tmp_path: Path, run: str = "h220102") -> None:
    blocks = [
        text.replace("RUN=h220102", f"RUN={run}") for text in commands(printed(bench.stack, plan))
    ]
    done = follow(blocks, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.rglob("pwned"))


def test_a_folder_comes_back_by_its_runbook_and_goes_again_by_its_undo(
    bench: Bench, tmp_path: Path
) -> None:
    """Content, modes and links are as in the backup; Interlock knows the kept copy as one."""
    folder = folder_of(bench)
    whole = tree(folder)
    backup = bench.backup("uploads")
    broken = damaged(bench)
    typed(bench, bench.restore_plan(backup, datastore="uploads"), tmp_path)
    assert tree(folder) == whole
    (kept,) = copies(folder)
    assert (kept.run, kept.role, tree(kept.path)) == ("h220102", "kept", broken)
    typed(bench, bench.restore_plan("h220102", "undo", "uploads"), tmp_path, "h220103")
    assert tree(folder) == broken


def test_a_folder_beside_is_known_as_never_live(bench: Bench, tmp_path: Path) -> None:
    """What was filled by hand and not exchanged can be told from what was replaced."""
    backup = bench.backup("uploads")
    whole = tree(folder_of(bench))
    broken = damaged(bench)
    typed(bench, bench.restore_plan(backup, "beside", "uploads"), tmp_path)
    (beside,) = copies(folder_of(bench))
    assert (beside.role, tree(beside.path)) == ("beside", whole)
    assert tree(folder_of(bench)) == broken


def test_the_restore_of_a_folder_can_be_taken_back(bench: Bench, tmp_path: Path) -> None:
    """The undo lines exchange back and remove what was filled, and nothing else."""
    backup = bench.backup("uploads")
    broken = damaged(bench)
    runbook = printed(bench.stack, bench.restore_plan(backup, "beside", "uploads"))
    back = commands(runbook, ("Undo, only to take it back",))[1:]
    done = follow([*commands(runbook), *reversed(back)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tree(folder_of(bench)), copies(folder_of(bench))) == (broken, ())


def test_a_folder_packed_by_its_runbook_holds_it(bench: Bench, tmp_path: Path) -> None:
    """The archive that a person made unpacks to the same folder; where it was the first backup,
    Interlock goes on with the repository that it began."""
    whole = tree(folder_of(bench))
    typed(bench, bench.plan_backup("uploads"), tmp_path)
    (packed,) = tmp_path.glob("backups/.by-hand/harbor/*-h220102/uploads.tar.zst")
    done = follow([f"mkdir out; zstd -d --stdout {packed} | tar -x -p -C out"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "out") == whole
    assert bench.backup("uploads")


def test_a_backup_is_verified_by_its_runbook(bench: Bench, tmp_path: Path) -> None:
    """A changed bit is found by hand too."""
    backup = bench.backup("uploads")
    plan = bench.plan(VERIFY, VerifyParams(backup=backup))
    typed(bench, plan, tmp_path)
    stored = tmp_path / "backups/harbor" / backup / "uploads.tar.zst"
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    assert follow(commands(printed(bench.stack, plan)), tmp_path).returncode != 0


def test_a_recovery_of_two_folders_by_its_runbook(bench: Bench, tmp_path: Path) -> None:
    """All that a set holds comes back, each folder with its own lines; what was there is packed
    first, and kept."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest").write_text("cargo")
    stores = {
        **bench.stack.model_dump(mode="json")["datastores"],
        "other": {"kind": "files", "path": str(other)},
    }
    described = bench.stack.model_dump(mode="json") | {"datastores": stores}
    bench.stack = Stack.model_validate(described)
    whole = tree(folder_of(bench)), tree(other)
    backup = bench.backup("uploads", "other")
    broken = damaged(bench)
    (other / "manifest").write_text("nothing")
    params = RecoverParams(what="all", backups={"uploads": backup, "other": backup})
    typed(bench, bench.plan(RECOVER, params), tmp_path)
    assert (tree(folder_of(bench)), tree(other)) == whole
    assert [tree(kept.path) for kept in copies(folder_of(bench))] == [broken]
    packed = tmp_path.glob("backups/.by-hand/harbor/*-h220102/*.tar.zst")
    assert {path.name for path in packed} == {"uploads.tar.zst", "other.tar.zst"}
