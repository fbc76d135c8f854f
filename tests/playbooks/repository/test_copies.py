"""Copies elsewhere: made after a backup, caught up, pruned alike, and restored from."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import FactUnavailable, RepositoryError
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.operations.restore import RESTORE
from playbooks.repository.address import Address
from playbooks.repository.catalogue import survey
from playbooks.repository.copies import survey_everywhere
from playbooks.repository.storage import connect
from tests.support.clouds import Cloud
from tests.support.harbor import harbor
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets

LAST_ONE = {"last": 1, "daily": 0, "weekly": 0, "monthly": 0}


def with_copy(root: Path, name: str = "copy", **backup: object) -> Stack:
    (root / "uploads").mkdir(exist_ok=True)
    (root / "uploads/a.txt").write_text("first")
    return harbor(root, copies=[{"repository": f"file://{root}/{name}"}], **backup)


def held(root: Path) -> list[str]:
    """The ids of the whole backups in the copy."""
    backups = survey(connect(Address(f"file://{root}/copy")), "harbor").backups
    return [backup.id for backup in backups if backup.good]


def files(root: Path) -> Mapping[str, bytes]:
    """What is stored, by path, of everything but the repository's own mark."""
    found = {str(p.relative_to(root)): p for p in root.rglob("*") if p.is_file()}
    return {path: p.read_bytes() for path, p in found.items() if "/" in path}


def test_a_backup_is_copied_as_it_is_stored(tmp_path: Path) -> None:
    """The copy has the same objects, bit by bit, and the listing says where it is."""
    bench = Bench(with_copy(tmp_path))
    backup = bench.backup("uploads")
    assert files(tmp_path / "repository") == files(tmp_path / "copy")
    assert bench.outputs["copy"]["copies"] == {
        f"file://{tmp_path}/copy": {"copied": [backup], "missing": {}}
    }
    assert bench.outputs["copy"]["warnings"] == []
    (copy,) = survey_everywhere(bench.stack, bench.secrets).copies
    assert copy.repository == f"file://{tmp_path}/copy" and copy.backups == (backup,)


def test_a_copy_that_fails_is_said_and_caught_up(tmp_path: Path) -> None:
    """The backup stands; the next one brings the copy what it missed."""
    bench = Bench(with_copy(tmp_path))
    in_the_way = tmp_path / "copy"
    in_the_way.write_text("no folder")
    first = bench.backup("uploads")
    (warning,) = bench.outputs["copy"]["warnings"]
    assert f"file://{in_the_way}" in warning and first in warning
    assert [b.id for b in survey_everywhere(bench.stack, bench.secrets).backups] == [first]
    in_the_way.unlink()
    second = bench.backup("uploads")
    assert bench.outputs["copy"]["warnings"] == []
    assert held(tmp_path) == [second, first]


def test_a_copy_that_was_cut_is_made_again(tmp_path: Path) -> None:
    """What is there but not whole counts as missing, even where its manifest is broken."""
    bench = Bench(with_copy(tmp_path))
    first = bench.backup("uploads")
    folder = tmp_path / "copy/harbor" / first
    (folder / "manifest.json").write_bytes(b"{}")
    next(p for p in folder.iterdir() if "tar" in p.name).write_bytes(b"cut")
    assert held(tmp_path) == []
    second = bench.backup("uploads")
    assert held(tmp_path) == [second, first]
    assert files(tmp_path / "repository") == files(tmp_path / "copy")


def test_a_primary_that_is_broken_makes_no_copy(tmp_path: Path) -> None:
    """A changed bit is not copied on as if it were the backup."""
    bench = Bench(with_copy(tmp_path))
    first = bench.backup("uploads")
    shutil.rmtree(tmp_path / "copy/harbor" / first)
    artifact = next(
        p for p in (tmp_path / "repository/harbor" / first).iterdir() if "tar" in p.name
    )
    content = bytearray(artifact.read_bytes())
    content[len(content) // 2] ^= 1
    artifact.write_bytes(content)
    second = bench.backup("uploads")
    assert held(tmp_path) == [second]
    assert first in bench.outputs["copy"]["warnings"][0]


def test_retention_holds_for_copies_too(tmp_path: Path) -> None:
    """What leaves the repository leaves its copies; one that is away is said."""
    bench = Bench(with_copy(tmp_path, retention=LAST_ONE))
    bench.backup("uploads")
    second = bench.backup("uploads")
    assert held(tmp_path) == [second]
    shutil.rmtree(tmp_path / "copy")
    bench.backup("uploads")
    (tmp_path / "copy/interlock-repository.json").unlink()
    bench.backup("uploads")
    assert any("file://" in said for said in bench.outputs["prune"]["warnings"])


def restore_plan(bench: Bench, backup: str) -> JsonObject:
    plan = bench.plan(RESTORE, RestoreParams(datastore="uploads", backup=backup))
    return plan.model_dump(mode="json")


@pytest.mark.parametrize("loss", ["the folder", "an artifact", "everything"])
def test_a_restore_uses_a_copy_where_the_repository_lost_the_backup(
    tmp_path: Path, loss: str
) -> None:
    """The plan says which copy and is bound to it; the data come back from there."""
    bench = Bench(with_copy(tmp_path))
    backup = bench.backup("uploads")
    assert "repository" not in restore_plan(bench, backup)["binding"]
    folder = tmp_path / "repository/harbor" / backup
    match loss:
        case "the folder":
            shutil.rmtree(folder)
        case "an artifact":
            next(p for p in folder.iterdir() if "tar" in p.name).unlink()
        case _:
            shutil.rmtree(tmp_path / "repository")
    url = f"file://{tmp_path}/copy"
    listed = survey_everywhere(bench.stack, bench.secrets)
    assert [(b.id, b.repository, b.problem) for b in listed.backups] == [(backup, url, "")]
    plan = restore_plan(bench, backup)
    assert plan["binding"]["repository"] == url
    assert any(line["label"] == "Copy used" and url in line["value"] for line in plan["shown"])
    (tmp_path / "uploads/a.txt").write_text("second")
    bench.restore(backup, datastore="uploads")
    assert (tmp_path / "uploads/a.txt").read_text() == "first"


def test_nothing_anywhere_is_told_as_the_repository_tells_it(tmp_path: Path) -> None:
    """Without repository and copy, the message is the primary repository's."""
    bench = Bench(with_copy(tmp_path))
    with pytest.raises(RepositoryError, match="There is no backup repository"):
        survey_everywhere(bench.stack, bench.secrets)
    with pytest.raises(FactUnavailable, match="repository"):
        restore_plan(bench, "20261122-010203-k3f9q2")


@pytest.mark.covers("B5", "RACS", by_contract=True)
def test_a_copy_in_the_cloud_outlives_this_machine(cloud: Cloud, tmp_path: Path) -> None:
    """Sent, read back, and restored from when the folder is gone; a wrong key is said."""
    place = cloud.place("copies").model_dump(mode="json")
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads/a.txt").write_text("first")
    bench = Bench(harbor(tmp_path, copies=[place]), cloud.secrets)
    backup = bench.backup("uploads")
    assert bench.outputs["copy"]["warnings"] == []
    locked_out = KnownSecrets({**cloud.secrets.values, "env:KEY": "d3Jvbmc="})
    bench = Bench(bench.stack, locked_out, bench.now, bench.runs)
    bench.backup("uploads")
    assert "refused our credentials" in bench.outputs["copy"]["warnings"][0]
    shutil.rmtree(tmp_path / "repository")
    (tmp_path / "uploads/a.txt").write_text("second")
    bench = Bench(bench.stack, cloud.secrets, bench.now, bench.runs)
    bench.restore(backup, datastore="uploads")
    assert (tmp_path / "uploads/a.txt").read_text() == "first"
