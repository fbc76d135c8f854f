"""A folder backed up, damaged, restored and taken back, by the planner's own stages."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.actions.files import ACTIONS as FILES_ACTIONS
from playbooks.actions.repository import ACTIONS as REPOSITORY_ACTIONS
from playbooks.datastores.files import FILES
from playbooks.datastores.protocol import RestoreParams, RestorePart
from playbooks.errors import DatastoreError, FactUnavailable
from playbooks.facts.disk import READERS as DISK_READERS
from playbooks.facts.files import READERS as FILES_READERS
from playbooks.facts.repository import READERS as REPOSITORY_READERS
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall
from playbooks.model.stack import Stack
from playbooks.registry import found, registry
from tests.support.carry import call, carry_out
from tests.support.harbor import harbor, tree_of
from tests.support.work import TestReading, TestWork

ACTIONS = registry(FILES_ACTIONS, REPOSITORY_ACTIONS)
READERS = registry(FILES_READERS, REPOSITORY_READERS, DISK_READERS)


def seed(folder: Path) -> None:
    """Names and attributes that copying likes to lose."""
    folder.mkdir(exist_ok=True)
    (folder / "Überfahrt nach Brest.txt").write_text("ahoy")
    (folder / "deep/er").mkdir(parents=True)
    (folder / "deep/er/large.bin").write_bytes(os.urandom(3_000_000))
    (folder / "empty").touch()
    (folder / "empty folder").mkdir(mode=0o2750)
    (folder / "script.sh").write_text("#!/bin/sh\n")
    (folder / "script.sh").chmod(0o4755)
    (folder / "script again.sh").hardlink_to(folder / "script.sh")
    (folder / "to file").symlink_to("deep/er/large.bin")
    (folder / "to nowhere").symlink_to("/no/such//place/")
    Path(os.fsdecode(os.fsencode(folder) + b"/not \xff utf-8")).write_text("bytes")
    os.utime(folder / "empty", ns=(1, 1_234_567_890_123_456_789))
    (folder / "secret").write_text("x")
    (folder / "secret").chmod(0o600)
    (folder / ("long " * 40)).write_text("a long name")
    os.utime(folder / "deep", ns=(0, 10**18 + 7))


def facts(stack: Stack, queries: list[FactQuery]) -> Facts:
    values: dict[str, JsonObject] = {}
    missing: dict[str, str] = {}
    for query in queries:
        try:
            values[query.key] = found(READERS, query.fact).call(TestReading(stack), query.args)
        except FactUnavailable as error:
            missing[query.key] = error.message
    return Facts(values, missing)


def back_up(stack: Stack, run: str = "k3f9q2") -> str:
    work = TestWork(stack, run=run)
    part = FILES.backup(stack, "uploads", facts(stack, [*FILES.backup_needs(stack, "uploads")]))
    outputs: dict[str, JsonObject] = {}
    begun = call(ActionCall(action="repository.begin"), work, ACTIONS, outputs)
    carry_out(((part.dump,),), work, ACTIONS, outputs)
    publish = {"entries": {"uploads": outputs["dump.uploads"]}, "origin": "asked"}
    call(ActionCall(action="repository.publish", args=publish), work, ACTIONS, outputs)
    return str(begun["id"])


def planned(stack: Stack, params: RestoreParams) -> RestorePart:
    if params.mode == "undo":
        needs = [*FILES.undo_needs(stack, params)]
        return FILES.undo(stack, params, facts(stack, needs))
    needs = [*FILES.restore_needs(stack, params)]
    return FILES.restore(stack, params, facts(stack, needs))


def restore(stack: Stack, backup: str, run: str = "r2aaaa") -> RestorePart:
    work = TestWork(stack, run=run)
    part = planned(stack, RestoreParams(datastore="uploads", backup=backup))
    fetch = {"backup": backup, "datastore": "uploads"}
    outputs = {"fetch": call(ActionCall(action="repository.fetch", args=fetch), work, ACTIONS, {})}
    carry_out(part.prepare + part.swap + part.finish, work, ACTIONS, outputs)
    call(ActionCall(action="repository.release"), work, ACTIONS, outputs)
    return part


def undo(stack: Stack, kept_by: str) -> RestorePart:
    part = planned(stack, RestoreParams(datastore="uploads", backup=kept_by, mode="undo"))
    carry_out(part.swap + part.finish, TestWork(stack, run="u3aaaa"), ACTIONS, {})
    return part


def damage(folder: Path) -> None:
    (folder / "Überfahrt nach Brest.txt").write_text("AHOY")
    (folder / "secret").unlink()
    (folder / "virus.exe").write_text("boo")


def test_a_folder_comes_back_whole_and_the_damage_can_be_had_again(tmp_path: Path) -> None:
    """Restore gives every name, mode, owner, time, link and byte back; undo exchanges again."""
    folder = tmp_path / "uploads"
    seed(folder)
    stack, before = harbor(tmp_path), tree_of(folder)
    backup = back_up(stack)
    damage(folder)
    damaged = tree_of(folder)
    part = restore(stack, backup)
    assert tree_of(folder) == before
    assert part.loses == (
        "1 file of uploads added since the backup will be gone, such as virus.exe",
        "1 file of uploads changed since the backup will be as in the backup, such as "
        "Überfahrt nach Brest.txt",
        "1 file of uploads removed since the backup will be back, such as secret",
    )
    kept = tmp_path / ".uploads.interlock-r2aaaa"
    assert tree_of(kept) == damaged
    assert part.keeps == (f"the replaced folder, as {tmp_path}/.uploads.interlock-{{run}}",)
    (folder / "afterwards").write_text("new")
    taken_back = undo(stack, "r2aaaa")
    assert taken_back.loses[0].startswith("1 file of uploads written since the exchange at")
    assert tree_of(folder) == damaged
    assert (kept / "afterwards").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.endswith((".new", ".aside"))]


def test_a_folder_that_was_deleted_comes_back(tmp_path: Path) -> None:
    """The worst loss of all: there is nothing to exchange with."""
    folder = tmp_path / "uploads"
    seed(folder)
    stack, before = harbor(tmp_path), tree_of(folder)
    backup = back_up(stack)
    folder.rename(tmp_path / "gone")
    part = restore(stack, backup)
    assert part.keeps == ()
    assert part.loses == (
        "whatever changed in uploads since the backup; not counted: "
        f"The folder {folder} is not there.",
    )
    assert tree_of(folder) == before


def test_what_differs_from_the_backup_is_refused_before_the_exchange(tmp_path: Path) -> None:
    """A restored tree that is not equal to the backup never becomes live."""
    folder = tmp_path / "uploads"
    seed(folder)
    stack = harbor(tmp_path)
    backup = back_up(stack)
    work = TestWork(stack, run="r2aaaa")
    part = planned(stack, RestoreParams(datastore="uploads", backup=backup))
    fetch = {"backup": backup, "datastore": "uploads"}
    outputs = {"fetch": call(ActionCall(action="repository.fetch", args=fetch), work, ACTIONS, {})}
    carry_out(part.prepare[:1], work, ACTIONS, outputs)
    side = tmp_path / ".uploads.interlock-r2aaaa"
    (side / "secret").chmod(0o644)
    with pytest.raises(DatastoreError, match="not equal to the backup"):
        carry_out(part.prepare[1:], work, ACTIONS, outputs)
    undo_call = part.prepare[0][0].undo
    assert undo_call is not None
    assert call(undo_call, work, ACTIONS, outputs) == {"removed": True}
    assert not side.exists()


def test_sockets_and_pipes_are_left_out_and_said(tmp_path: Path) -> None:
    """What has no content to keep is counted, and the plan of a restore says so."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    (folder / "file").write_text("x")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        stack = harbor(tmp_path)
        backup = back_up(stack)
        part = restore(stack, backup)
    assert sorted(p.name for p in folder.iterdir()) == ["file"]
    assert part.notes == (
        "2 entries (sockets, pipes, devices, vanished files) are not in the backup.",
    )


@pytest.fixture
def mount_point(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own at `uploads`."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=32m tmpfs {folder}") != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield folder
    os.system(f"umount {folder}")


def test_a_mount_point_keeps_its_place_and_gets_its_content_back(mount_point: Path) -> None:
    """A mount point cannot be renamed: its content is exchanged, and exchanged back."""
    seed(mount_point)
    stack = harbor(mount_point.parent)
    before = tree_of(mount_point)
    backup = back_up(stack)
    damage(mount_point)
    damaged = tree_of(mount_point)
    restore(stack, backup)
    after = {p: v for p, v in tree_of(mount_point).items() if not p.startswith(".interlock-")}
    assert after == before
    assert mount_point.is_mount()
    assert tree_of(mount_point / ".interlock-r2aaaa/original") == damaged
    part = undo(stack, "r2aaaa")
    assert part.loses[0].startswith("nothing of uploads")
    again = {p: v for p, v in tree_of(mount_point).items() if not p.startswith(".interlock-")}
    assert again == damaged
