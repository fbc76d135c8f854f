"""Places that are read-only, closed, full or not what they seem."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.actions.repository import ACTIONS
from playbooks.errors import BadArgument, NoSpace, RepositoryError
from playbooks.model.stack import Stack
from playbooks.registry import found, registry
from playbooks.repository.address import Address
from playbooks.repository.catalogue import survey
from playbooks.repository.manifest import MadeBy, Manifest, StoreEntry, backup_id, render
from playbooks.repository.of_stack import repository_of
from playbooks.repository.storage import SCRATCH, connect, establish
from tests.support.harbor import harbor
from tests.support.work import STARTED, KnownSecrets, TestWork


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 1 MB, at `repository`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=1m tmpfs {folder}") != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield folder
    os.system(f"umount {folder}")


def publish(stack: Stack, hours: int, run: str) -> str:
    made_at = STARTED.replace(hour=hours)
    manifest = Manifest(
        id=backup_id(made_at, run),
        stack=stack.name,
        environment="prod",
        origin="asked",
        run=run,
        requester="ana",
        made_at=made_at,
        made_by=MadeBy(interlock="0.1.0"),
        stores={"pg": StoreEntry(datastore="pg", kind="postgres", artifacts=())},
    )
    storage = repository_of(stack, KnownSecrets())
    storage.create(f"harbor/{manifest.id}/manifest.json", render(manifest))
    return manifest.id


def test_a_read_only_repository_can_be_read_and_says_why_it_cannot_be_written(disk: Path) -> None:
    """Reading goes on, writing is refused, and what could not be pruned stays listed."""
    stack = harbor(disk.parent, retention={"last": 1, "daily": 0, "weekly": 0, "monthly": 0})
    work = TestWork(stack, run="wwwwww")
    found(registry(ACTIONS), "repository.begin").call(work, {})
    ids = [publish(stack, hours, f"r{hours}aaaa") for hours in range(3)]
    assert os.system(f"mount -o remount,ro {disk}") == 0
    readable = survey(repository_of(stack, KnownSecrets()), "harbor").backups
    assert [b.id for b in readable] == ids[::-1]
    with pytest.raises(RepositoryError, match="is read-only"):
        found(registry(ACTIONS), "repository.begin").call(TestWork(stack, run="xxxxxx"), {})
    pruned = found(registry(ACTIONS), "repository.prune").call(TestWork(stack, run="yyyyyy"), {})
    assert pruned["removed"] == []
    assert [f["id"] for f in pruned["failed"]] == ids[1::-1]
    assert "is read-only" in pruned["failed"][0]["error"]
    assert len(survey(repository_of(stack, KnownSecrets()), "harbor").backups) == 3


def test_a_full_repository_is_said_before_anything_is_dumped(disk: Path) -> None:
    """Opening a backup writes, and so finds out."""
    stack = harbor(disk.parent)
    establish(Address(f"file://{disk}"))
    with pytest.raises(NoSpace, match="is full"):
        establish(Address(f"file://{disk}")).create("harbor/filler", os.urandom(2 << 20))
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    with pytest.raises(NoSpace, match="is full"):
        found(registry(ACTIONS), "repository.begin").call(TestWork(stack), {})


def test_a_file_in_place_of_a_repository_is_said(tmp_path: Path) -> None:
    """Not every path is a folder."""
    (tmp_path / "repository").write_text("a file")
    with pytest.raises(RepositoryError, match="There is no backup repository"):
        connect(Address(f"file://{tmp_path}/repository"))
    with pytest.raises(RepositoryError, match="could not make the repository"):
        establish(Address(f"file://{tmp_path}/repository"))


@pytest.mark.parametrize(
    ("url", "message"),
    [("/var/backups", "Write file:///var/backups"), ("file://relative/path", "no absolute folder")],
)
def test_an_address_that_is_none_is_explained(url: str, message: str) -> None:
    """The message shows how it is written."""
    with pytest.raises(BadArgument, match=message):
        connect(Address(url))


def test_an_object_is_never_written_over(tmp_path: Path) -> None:
    """A manifest that is there stays as it is."""
    storage = establish(Address(f"file://{tmp_path}/repository"))
    storage.create("harbor/x/manifest.json", b"first")
    with pytest.raises(RepositoryError, match="already exists"):
        storage.create("harbor/x/manifest.json", b"second")
    assert storage.read("harbor/x/manifest.json") == b"first"


def test_an_empty_folder_becomes_a_repository_once(tmp_path: Path) -> None:
    """It marks itself, so that it is recognised even when it has no backup."""
    (tmp_path / "repository").mkdir()
    establish(Address(f"file://{tmp_path}/repository"))
    establish(Address(f"file://{tmp_path}/repository"))
    assert connect(Address(f"file://{tmp_path}/repository")).folders("") == ()


def test_what_is_fetched_from_elsewhere_meanwhile_is_no_stranger(tmp_path: Path) -> None:
    """A recovery on a new host fetches from a copy to the disk of the repository that its safety
    backup makes at the same time."""
    fetched = tmp_path / "repository" / SCRATCH / "interlock-k3f9q2-fetch"
    fetched.mkdir(parents=True)
    (fetched / "uploads.tar").write_bytes(b"plain")
    establish(Address(f"file://{tmp_path}/repository"))
    assert (fetched / "uploads.tar").read_bytes() == b"plain"
