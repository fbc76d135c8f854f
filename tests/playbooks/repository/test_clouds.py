"""Repositories in S3 and Azure Blob Storage: the same promises, and what can be wrong there."""

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbooks.errors import BrokenBackup, DatastoreError, NewerFormat, RepositoryError
from playbooks.model.repository import Place
from playbooks.model.stack import Stack
from playbooks.repository.address import address_of
from playbooks.repository.catalogue import survey
from playbooks.repository.codec import verify_stored, write_artifact
from playbooks.repository.storage import MARKER, Storage, connect, establish
from tests.support.clouds import Cloud
from tests.support.harbor import harbor
from tests.support.run_plan import Bench
from tests.support.work import KnownSecrets


def opened(cloud: Cloud, prefix: str) -> Storage:
    return establish(address_of(cloud.place(prefix), cloud.secrets))


def in_the_cloud(cloud: Cloud, root: Path, prefix: str) -> Stack:
    place = cloud.place(prefix)
    return harbor(root, repository=place.repository, access=place.access)


def nothing(*_: object) -> None:
    """Nobody watches."""


def test_a_folder_is_backed_up_there_and_restored(cloud: Cloud, tmp_path: Path) -> None:
    """The whole way, sealed by nobody: what was changed since comes back."""
    bench = Bench(in_the_cloud(cloud, tmp_path, "whole"), cloud.secrets)
    folder = tmp_path / "uploads"
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text("first")
    (folder / "big.bin").write_bytes(os.urandom(9 << 20))
    backup = bench.backup("uploads")
    (folder / "a.txt").write_text("second")
    bench.restore(backup, datastore="uploads")
    assert (folder / "a.txt").read_text() == "first"
    assert (folder / "big.bin").stat().st_size == 9 << 20
    listed = survey(opened(cloud, "whole"), "harbor").backups
    assert [(b.origin, b.problem) for b in listed] == [("safety", ""), ("asked", "")]


def test_a_source_that_fails_leaves_no_object_there(cloud: Cloud) -> None:
    """Parts that were sent already do not become an object."""
    storage = opened(cloud, "aborted")

    def breaks() -> Iterator[bytes]:
        for _ in range(20):
            yield os.urandom(1 << 20)
        raise DatastoreError("the connection is gone")

    with pytest.raises(DatastoreError, match="connection is gone"):
        write_artifact(
            storage,
            "harbor/x/dump",
            breaks(),
            codec="plain",
            finish=nothing,
            progress=nothing,
            check_stop=nothing,
        )
    assert storage.objects("harbor") == ()


def test_a_changed_object_is_noticed_and_a_name_is_taken_once(cloud: Cloud) -> None:
    """What was written over is not what the manifest says; a manifest is never written over."""
    storage = opened(cloud, "changed")
    path = "harbor/x/dump"
    artifact = write_artifact(
        storage,
        path,
        [b"one" * 1000],
        codec="plain",
        finish=nothing,
        progress=nothing,
        check_stop=nothing,
    )
    with storage.writing(path) as sink:
        sink.write(b"two" * 1000)
    with pytest.raises(BrokenBackup):
        verify_stored(storage, path, artifact, progress=nothing, check_stop=nothing)
    storage.create("harbor/x/manifest.json", b"first")
    with pytest.raises(RepositoryError, match="already exists"):
        storage.create("harbor/x/manifest.json", b"second")


def test_what_is_not_ours_is_left_alone(cloud: Cloud) -> None:
    """Foreign, half there, newer: each is said, and nothing is written."""
    place = cloud.place("mixed")
    storage = opened(cloud, "mixed")
    storage.create("harbor/20261122-010203-k3f9q2/manifest.json", b"{}")
    storage.remove(MARKER)
    for opening in (connect, establish):
        with pytest.raises(RepositoryError, match="half a repository"):
            opening(address_of(place, cloud.secrets))
    storage.create(MARKER, json.dumps({"interlock_repository": 2}).encode())
    with pytest.raises(NewerFormat, match="version 2"):
        connect(address_of(place, cloud.secrets))
    foreign = opened(cloud, "foreign")
    foreign.create("thesis.txt", b"mine")
    foreign.remove(MARKER)
    with pytest.raises(RepositoryError, match="something else than backups"):
        establish(address_of(cloud.place("foreign"), cloud.secrets))
    assert [o.path for o in foreign.objects("")] == ["thesis.txt"]


def test_wrong_keys_are_said_without_showing_them(cloud: Cloud) -> None:
    """The service says no, and the message says where the key is named."""
    opened(cloud, "locked")
    wrong = b64encode(b"not the key at all").decode()
    secrets = KnownSecrets({**cloud.secrets.values, "env:KEY": wrong})
    with pytest.raises(RepositoryError, match="refused our credentials") as raised:
        connect(address_of(cloud.place("locked"), secrets))
    assert wrong not in str(raised.value)


def test_a_missing_bucket_is_said(cloud: Cloud) -> None:
    """It is not the same as an empty one, and none is made."""
    place = cloud.place("x", bucket="nowhere")
    for opening in (connect, establish):
        with pytest.raises(RepositoryError, match="bucket or container that is not there"):
            opening(address_of(place, cloud.secrets))


def test_a_service_that_is_away_is_said_within_seconds(cloud: Cloud) -> None:
    """Neither a closed port nor one that never answers holds anybody up."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        for listening in (False, True):
            if listening:
                deaf.listen(8)
            endpoint = f"http://127.0.0.1:{deaf.getsockname()[1]}"
            place = Place(repository=cloud.place("x").repository, access=cloud.access(endpoint))
            began = time.monotonic()
            with pytest.raises(RepositoryError, match="cannot be reached"):
                connect(address_of(place, cloud.secrets))
            assert time.monotonic() - began < 8


GROWTH = """
import itertools, json, os, resource, sys
from playbooks.model.secret import Secret
from playbooks.repository.address import Address, Keys
from playbooks.repository.codec import verify_stored, write_artifact
from playbooks.repository.storage import establish

said = json.loads(sys.argv[1])
keys = Keys(endpoint=said["endpoint"], key_id=said["key_id"], key=Secret(os.environ["KEY"]))
storage = establish(Address(said["url"], keys))
nothing = lambda *_: None
piece = os.urandom(1 << 20)

def upload(name, count):
    artifact = write_artifact(storage, f"harbor/x/{name}", itertools.repeat(piece, count),
        codec="plain", finish=nothing, progress=nothing, check_stop=nothing)
    verify_stored(storage, f"harbor/x/{name}", artifact, progress=nothing, check_stop=nothing)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

small = upload("small", 2)
print(upload("large", 300) - small)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_what_is_sent(cloud: Cloud) -> None:
    """300 MB sent and read back take less than 64 MB more than 2 MB do."""
    place = cloud.place("growth")
    said = {"url": place.repository, "endpoint": cloud.endpoint, "key_id": cloud.key_id}
    environment = {**os.environ, "KEY": cloud.secrets.values["env:KEY"]}
    ended = subprocess.run(
        [sys.executable, "-c", GROWTH, json.dumps(said)],
        check=True,
        capture_output=True,
        env=environment,
    )
    assert int(ended.stdout) < 64 << 10
