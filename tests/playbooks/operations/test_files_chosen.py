"""Configuration that lies among other things: only what `include` names is backed up, exchanged
and taken back; the rest of the folder is never touched."""

import subprocess
from pathlib import Path

import pytest

from playbooks.errors import BrokenBackup, DatastoreError
from playbooks.model.facts import FactQuery
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.operations.drill import DRILL, StackDrillParams
from playbooks.operations.take_in import TAKE_IN, TakeInParams
from tests.support.harbor import tree_of
from tests.support.run_plan import Bench
from tests.support.runbook import commands, follow, printed

_INCLUDE = (".env*", "docker-compose*.yml", "config/", "it's $(touch pwned)")


def stack_of(folder: Path, include: tuple[str, ...] = _INCLUDE) -> Stack:
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"config": {"kind": "files", "path": str(folder), "include": include}},
            "backup": {
                "repository": f"file://{folder}/backups",
                "incoming": str(folder.parent / "incoming"),
            },
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application's folder: configuration, code, data, and the repository of its backups."""
    root = tmp_path / "app"
    for name in ("config/deep/a.conf", "src/main.py", "it's $(touch pwned)"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / ".env").write_text("KEY=1\n")
    (root / ".env").chmod(0o600)
    (root / "docker-compose.yml").write_text("services: {}\n")
    (root / "docker-compose.prod.yml").symlink_to("docker-compose.yml")
    (root / "data.bin").write_bytes(b"x" * 10_000)
    return root


@pytest.fixture
def bench(folder: Path) -> Bench:
    return Bench(stack_of(folder))


def ours(folder: Path) -> dict[str, tuple[object, ...]]:
    """What `include` names, as it is."""
    openings = (".env", "docker-compose", "config", "it's")
    return {path: seen for path, seen in tree_of(folder).items() if path.startswith(openings)}


def others(folder: Path) -> dict[str, tuple[int, int]]:
    """The rest: which files they are, by inode, and when they were written."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (folder / "src/main.py", folder / "data.bin")
    }


def damage(folder: Path) -> None:
    (folder / ".env").write_text("KEY=2\n")
    (folder / "config/deep/a.conf").unlink()
    (folder / "docker-compose.prod.yml").unlink()
    (folder / "docker-compose.new.yml").write_text("later")
    (folder / "src/later.py").write_text("not ours")


def changed(bench: Bench) -> bool:
    query = FactQuery(fact="files.changed", args={"datastore": "config"})
    return bool(bench.read([query]).of(query)["changed"])


def typed(bench: Bench, plan: Plan, folder: Path) -> None:
    done = follow(commands(printed(bench.stack, plan)), folder)
    assert done.returncode == 0, done.stderr
    assert not list(folder.rglob("pwned"))


def test_the_whole_story(bench: Bench, folder: Path) -> None:
    """Backed up, damaged, restored and taken back; what is not named stays the very same files,
    also what was added to it, and the repository among it."""
    whole, rest = ours(folder), others(folder)
    backup = bench.backup("config")
    assert bench.outputs["dump.config"]["facts"]["files"] == 4
    damage(folder)
    damaged = ours(folder)
    plan = bench.restore_plan(backup, datastore="config")
    assert "1 file of config added since the backup will be gone" in plan.loses[0]
    assert "docker-compose.new.yml" in plan.loses[0]
    work = bench.run(plan)
    assert ours(folder) == whole
    assert others(folder) == rest and (folder / "src/later.py").exists()
    bench.run(bench.restore_plan(work.run, "undo", "config"))
    assert ours(folder) == damaged
    assert others(folder) == rest


def test_only_what_is_named_counts_as_a_change(bench: Bench, folder: Path) -> None:
    """New files beside it, and what restores keep, are none; a mode of what is named is one."""
    assert changed(bench)
    backup = bench.backup("config")
    (folder / "src/later.py").write_text("not ours")
    (folder / "later.log").write_text("not ours")
    assert not changed(bench)
    bench.restore(backup, datastore="config")
    assert not changed(bench)
    (folder / ".env").chmod(0o644)
    assert changed(bench)


def test_what_is_not_named_any_more_is_not_overwritten(bench: Bench, folder: Path) -> None:
    """A backup with a file that `include` no longer names is refused before anything moves."""
    backup = bench.backup("config")
    damage(folder)
    damaged = ours(folder)
    narrower = Bench(stack_of(folder, _INCLUDE[1:]), runs=bench.runs, now=bench.now)
    with pytest.raises(DatastoreError, match=r"holds \.env, which `include`"):
        narrower.restore(backup, datastore="config")
    assert ours(folder) == damaged
    assert not list(folder.glob(".interlock-*"))


def test_a_drill_unpacks_and_compares_it(bench: Bench, folder: Path) -> None:
    """The same digest as of what was backed up, elsewhere."""
    backup = bench.backup("config")
    before = tree_of(folder / "src")
    params = StackDrillParams(datastores=("config",), backup={"config": backup})
    bench.run(bench.plan(DRILL, params))
    assert all(check["ok"] for check in bench.outputs["rehearse.config"]["checks"])
    assert tree_of(folder / "src") == before


def test_the_runbook_on_paper_does_the_same(bench: Bench, folder: Path, tmp_path: Path) -> None:
    """Typed into bash it backs up and restores what is named, whatever the names hold."""
    whole, rest = ours(folder), others(folder)
    backup = bench.backup("config")
    damage(folder)
    typed(bench, bench.restore_plan(backup, datastore="config"), tmp_path)
    assert ours(folder) == whole
    assert others(folder) == rest and (folder / "src/later.py").exists()


def test_an_archive_that_somebody_brings_is_of_what_is_named(bench: Bench, folder: Path) -> None:
    """It is restored as any backup; one with something else in it is refused."""
    whole, rest = ours(folder), others(folder)
    incoming = folder.parent / "incoming"
    incoming.mkdir()
    packing = ["tar", "--create", "--format=pax", f"--directory={folder}"]
    for name, more in (("good.tar", []), ("more.tar", ["data.bin"])):
        with (incoming / name).open("wb") as out:
            named = [".env", "config", "docker-compose.yml", "docker-compose.prod.yml"]
            words = [*packing, *named, "it's $(touch pwned)", *more]
            subprocess.run(words, stdout=out, check=True)
    params = TakeInParams(datastore="config", path=str(incoming / "good.tar"))
    bench.run(bench.plan(TAKE_IN, params))
    backup = bench.outputs["publish"]["id"]
    damage(folder)
    bench.restore(backup, datastore="config")
    assert ours(folder) == whole and others(folder) == rest
    params = TakeInParams(datastore="config", path=str(incoming / "more.tar"))
    with pytest.raises(BrokenBackup, match=r"holds data\.bin, which `include`"):
        bench.run(bench.plan(TAKE_IN, params))


def test_a_folder_that_is_lost_is_made_again(bench: Bench, folder: Path) -> None:
    """With what is named in it; the repository is elsewhere then, of course."""
    backup = bench.backup("config")
    whole = ours(folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        if "backups" not in path.parts[len(folder.parts) :]:
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    bench.restore(backup, datastore="config")
    restored = ours(folder)
    assert {path: seen[-1] for path, seen in restored.items()} == {
        path: seen[-1] for path, seen in whole.items()
    }


@pytest.mark.parametrize("wrong", ["config/a.conf", "/etc", "a/b/", ""])
def test_a_name_is_of_something_directly_in_the_folder(tmp_path: Path, wrong: str) -> None:
    """Paths are refused when the stack file is read: what is exchanged is one name each."""
    with pytest.raises(ValueError, match="include"):
        stack_of(tmp_path, (wrong,))
