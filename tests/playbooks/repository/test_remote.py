"""The same promises where there is no folder behind the objects, as on S3 and Azure."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from obstore.store import MemoryStore

from playbooks.errors import DatastoreError, RepositoryError
from playbooks.repository.catalogue import survey
from playbooks.repository.codec import verify_artifact, write_artifact
from playbooks.repository.listing import find
from playbooks.repository.manifest import (
    Artifact,
    MadeBy,
    Manifest,
    StoreEntry,
    backup_id,
    render,
)
from playbooks.repository.storage import Storage

STARTED = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
BACKUP = backup_id(STARTED, "k3f9q2")
PATH = f"harbor/{BACKUP}/pg.dump.zst"


def nothing(*_: object) -> None:
    """Nobody watches."""


@pytest.fixture
def storage() -> Storage:
    return Storage("memory:///", MemoryStore(), None)


def written(storage: Storage, chunks: Iterator[bytes]) -> Artifact:
    return write_artifact(
        storage,
        PATH,
        chunks,
        codec="zstd",
        finish=nothing,
        progress=nothing,
        check_stop=nothing,
    )


def test_a_backup_is_written_in_parts_found_verified_and_removed(storage: Storage) -> None:
    """20 MB that do not compress make several parts of an upload."""
    artifact = written(storage, (os.urandom(1 << 20) for _ in range(20)))
    assert survey(storage, "harbor").unfinished[0].id == BACKUP
    entry = StoreEntry(datastore="pg", kind="postgres", artifacts=(artifact,))
    manifest = Manifest(
        id=BACKUP,
        stack="harbor",
        environment="prod",
        origin="asked",
        run="k3f9q2",
        requester="ana",
        made_at=STARTED,
        made_by=MadeBy(interlock="0.1.0"),
        stores={"pg": entry},
    )
    storage.create(f"harbor/{BACKUP}/manifest.json", render(manifest))
    backups = survey(storage, "harbor").backups
    assert find(backups, "latest", now=STARTED).problem == ""
    verify_artifact(storage, PATH, artifact, progress=nothing, check_stop=nothing)
    storage.remove_folder(f"harbor/{BACKUP}")
    storage.remove_folder(f"harbor/{BACKUP}")
    assert survey(storage, "harbor").backups == ()
    assert storage.folders("harbor") == ()


def test_a_source_that_fails_leaves_no_object(storage: Storage) -> None:
    """Parts that were sent already do not become an object."""

    def breaks() -> Iterator[bytes]:
        for _ in range(20):
            yield os.urandom(1 << 20)
        raise DatastoreError("the connection is gone")

    with pytest.raises(DatastoreError, match="connection is gone"):
        written(storage, breaks())
    assert storage.objects("harbor") == ()


def test_an_object_is_never_written_over(storage: Storage) -> None:
    """Creating is conditional on the server's side, too."""
    storage.create("harbor/x/manifest.json", b"first")
    with pytest.raises(RepositoryError):
        storage.create("harbor/x/manifest.json", b"second")
    storage.remove("harbor/x/manifest.json")
    storage.remove("harbor/x/manifest.json")
    assert not storage.exists("harbor/x/manifest.json")
