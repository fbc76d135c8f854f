"""What is stored comes back as it was, or is refused; never something in between."""

import hashlib
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyrage
import pytest

from playbooks.errors import BrokenBackup, DatastoreError, NoSpace, StopRequested, WrongKey
from playbooks.model.secret import Secret
from playbooks.repository.address import Address
from playbooks.repository.codec import (
    read_artifact,
    stored_name,
    verify_artifact,
    verify_stored,
    write_artifact,
)
from playbooks.repository.manifest import Artifact, Codec
from playbooks.repository.sealing import identities_of, recipients_of
from playbooks.repository.storage import Storage, establish

IDENTITY = pyrage.x25519.Identity.generate()
CODECS: tuple[Codec, ...] = ("plain", "zstd", "age", "zstd+age")
# Some that compresses and some that does not, over several chunks of age (64 KiB).
CONTENT = os.urandom(150_000) + b"berth,ship,since\n" * 20_000
CHUNK = 64 * 1024


def nothing(*_: object) -> None:
    """Nobody watches, nobody stops, nothing more to confirm."""


def pieces(content: bytes = CONTENT, size: int = 50_000) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def opened(root: Path) -> Storage:
    return establish(Address(f"file://{root}/repository"))


def written(
    storage: Storage,
    codec: Codec,
    chunks: Iterable[bytes] | None = None,
    finish: Callable[[], None] = nothing,
    check_stop: Callable[[], None] = nothing,
) -> Artifact:
    return write_artifact(
        storage,
        path(codec),
        pieces() if chunks is None else chunks,
        codec=codec,
        recipients=recipients_of([str(IDENTITY.to_public())]) if "age" in codec else (),
        finish=finish,
        progress=nothing,
        check_stop=check_stop,
    )


def path(codec: Codec) -> str:
    return f"harbor/20261122-010203-k3f9q2/{stored_name('dump', codec)}"


def on_disk(storage: Storage, codec: Codec) -> Path:
    assert storage.root is not None
    return storage.root / path(codec)


def read(storage: Storage, artifact: Artifact, to: Path, identity: str = str(IDENTITY)) -> None:
    read_artifact(
        storage,
        path(artifact.codec),
        artifact,
        identities=identities_of(Secret(identity)) if identity else (),
        destination=to,
        progress=nothing,
        check_stop=nothing,
    )


def verify(storage: Storage, artifact: Artifact) -> None:
    verify_artifact(
        storage,
        path(artifact.codec),
        artifact,
        identities=identities_of(Secret(str(IDENTITY))),
        progress=nothing,
        check_stop=nothing,
    )


def require_nothing_left(folder: Path) -> None:
    assert [p for p in folder.iterdir() if p.name.startswith("copy")] == []


@pytest.mark.covers("B6", "RNSAC")
@pytest.mark.parametrize("codec", CODECS)
def test_content_comes_back(tmp_path: Path, codec: Codec) -> None:
    """Every codec gives the content back and describes what it stored."""
    storage = opened(tmp_path)
    artifact = written(storage, codec)
    stored = on_disk(storage, codec).read_bytes()
    assert (artifact.bytes, artifact.stored_bytes) == (len(CONTENT), len(stored))
    assert artifact.sha256 == hashlib.sha256(stored).hexdigest()
    read(storage, artifact, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT
    verify(storage, artifact)


@pytest.mark.parametrize("codec", CODECS)
def test_an_empty_source_is_an_artifact_too(tmp_path: Path, codec: Codec) -> None:
    """Nothing goes in and nothing comes out, without an error."""
    storage = opened(tmp_path)
    artifact = written(storage, codec, chunks=())
    read(storage, artifact, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b""


@pytest.mark.parametrize("codec", CODECS)
def test_cut_anywhere_it_is_refused(tmp_path: Path, codec: Codec) -> None:
    """Truncated at every chunk boundary, and a byte beside it: BrokenBackup, nothing left."""
    storage = opened(tmp_path)
    artifact = written(storage, codec)
    whole = on_disk(storage, codec).read_bytes()
    edges = {edge + d for edge in range(0, len(whole), CHUNK) for d in (-1, 0, 1)}
    lengths = sorted({e for e in edges | {len(whole) - 1} if 0 <= e < len(whole)})
    assert len(lengths) > 5
    for length in lengths:
        on_disk(storage, codec).write_bytes(whole[:length])
        with pytest.raises(BrokenBackup):
            read(storage, artifact, tmp_path / "copy")
        require_nothing_left(tmp_path)


@pytest.mark.parametrize("codec", CODECS)
def test_a_flipped_bit_is_refused(tmp_path: Path, codec: Codec) -> None:
    """One bit, in the header, in the middle or at the end: BrokenBackup, nothing left."""
    storage = opened(tmp_path)
    artifact = written(storage, codec)
    whole = on_disk(storage, codec).read_bytes()
    for place in {0, 1, 30, 100, 200, len(whole) // 2, len(whole) - 1}:
        changed = bytearray(whole)
        changed[place] ^= 0x10
        on_disk(storage, codec).write_bytes(changed)
        for refused in (
            lambda: read(storage, artifact, tmp_path / "copy"),
            lambda: verify(storage, artifact),
            lambda: verify_stored(
                storage, path(codec), artifact, progress=nothing, check_stop=nothing
            ),
        ):
            with pytest.raises(BrokenBackup):
                refused()
        require_nothing_left(tmp_path)


@pytest.mark.parametrize("codec", CODECS)
def test_more_than_was_written_is_refused(tmp_path: Path, codec: Codec) -> None:
    """Bytes added behind the end do not pass either."""
    storage = opened(tmp_path)
    artifact = written(storage, codec)
    with on_disk(storage, codec).open("ab") as file:
        file.write(b"more")
    with pytest.raises(BrokenBackup, match="bytes where the manifest says"):
        read(storage, artifact, tmp_path / "copy")


def test_a_missing_artifact_is_refused(tmp_path: Path) -> None:
    """The message names the object."""
    storage = opened(tmp_path)
    artifact = written(storage, "zstd")
    on_disk(storage, "zstd").unlink()
    with pytest.raises(BrokenBackup, match=r"dump\.zst is missing"):
        read(storage, artifact, tmp_path / "copy")


def test_a_wrong_key_and_no_key_are_told_from_a_broken_backup(tmp_path: Path) -> None:
    """The stored bytes are right, so it is the key; and nothing is left behind."""
    storage = opened(tmp_path)
    artifact = written(storage, "zstd+age")
    another = str(pyrage.x25519.Identity.generate())
    with pytest.raises(WrongKey, match="does not open"):
        read(storage, artifact, tmp_path / "copy", identity=another)
    with pytest.raises(WrongKey, match="no key"):
        read(storage, artifact, tmp_path / "copy", identity="")
    with pytest.raises(WrongKey, match="no age identity") as caught:
        read(storage, artifact, tmp_path / "copy", identity="AGE-SECRET-KEY-1NONSENSE")
    assert "NONSENSE" not in str(caught.value)
    require_nothing_left(tmp_path)


@pytest.mark.parametrize("codec", CODECS)
def test_a_source_that_fails_leaves_no_object(tmp_path: Path, codec: Codec) -> None:
    """Raising in mid-stream, or only when asked whether it succeeded: nothing is stored."""
    storage = opened(tmp_path)

    def breaks() -> Iterator[bytes]:
        yield from pieces()
        raise DatastoreError("the connection is gone")

    def failed() -> None:
        raise DatastoreError("pg_dump ended with 1")

    with pytest.raises(DatastoreError, match="connection is gone"):
        written(storage, codec, chunks=breaks())
    with pytest.raises(DatastoreError, match="ended with 1"):
        written(storage, codec, finish=failed)
    assert storage.objects("harbor") == ()


@pytest.mark.parametrize("codec", CODECS)
def test_it_stops_between_chunks(tmp_path: Path, codec: Codec) -> None:
    """A cancelled upload ends soon and leaves no object."""
    storage = opened(tmp_path)
    taken: list[int] = []

    def stop() -> None:
        if len(taken) >= 3:
            raise StopRequested("cancelled")

    def endless() -> Iterator[bytes]:
        while True:
            taken.append(1)
            yield b"x" * 1000

    with pytest.raises(StopRequested):
        written(storage, codec, chunks=endless(), check_stop=stop)
    assert len(taken) == 3
    assert storage.objects("harbor") == ()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=2m tmpfs {folder}") != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield folder
    os.system(f"umount {folder}")


def test_a_full_disk_is_said_and_leaves_no_object(small_disk: Path, tmp_path: Path) -> None:
    """Both when storing and when fetching: NoSpace, which names the place."""
    full = opened(small_disk)
    with pytest.raises(NoSpace, match=f"The disk of file://{small_disk}/repository is full"):
        written(full, "plain", chunks=pieces(os.urandom(4_000_000)))
    assert full.objects("harbor") == ()
    storage = opened(tmp_path)
    artifact = written(storage, "zstd", chunks=pieces(bytes(8_000_000)))
    with pytest.raises(NoSpace, match="is full"):
        read(storage, artifact, small_disk / "copy")
    require_nothing_left(small_disk)


KILLED = """
import os, signal, sys
from playbooks.repository.codec import write_artifact
from playbooks.repository.address import Address
from playbooks.repository.storage import establish

def chunks():
    for number in range(100):
        if number == 50:
            os.kill(os.getpid(), signal.SIGKILL)
        yield os.urandom(100_000)

nothing = lambda *_: None
write_artifact(establish(Address(sys.argv[1])), "harbor/20261122-010203-k3f9q2/dump", chunks(),
               codec="plain", finish=nothing, progress=nothing, check_stop=nothing)
"""


def test_killed_in_mid_upload_nothing_is_listed(tmp_path: Path) -> None:
    """kill -9 leaves a piece that is no object, and that goes with its folder."""
    url = f"file://{tmp_path}/repository"
    ended = subprocess.run([sys.executable, "-c", KILLED, url], check=False)
    assert ended.returncode == -9
    storage = establish(Address(url))
    assert storage.objects("harbor") == ()
    assert storage.folders("harbor") == ("20261122-010203-k3f9q2",)
    storage.remove_folder("harbor/20261122-010203-k3f9q2")
    assert list((tmp_path / "repository/harbor").iterdir()) == []


@pytest.mark.parametrize("codec", ["zstd", "zstd+age"])
def test_memory_does_not_grow_with_what_is_stored(tmp_path: Path, codec: Codec) -> None:
    """200 MB of zeros, which compress to almost nothing, stay small on the way back too."""
    storage = opened(tmp_path)
    piece = bytes(1 << 20)
    artifact = written(storage, codec, chunks=(piece for _ in range(200)))
    assert artifact.stored_bytes < 1_000_000
    tracemalloc.start()
    try:
        verify(storage, artifact)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
