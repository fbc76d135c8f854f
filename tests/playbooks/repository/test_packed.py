"""Sources that come compressed already: stored as they come, known as they were."""

import hashlib
from pathlib import Path

import pyrage
import pytest
from backports.zstd import compress

from playbooks.errors import HostError
from playbooks.model.secret import Secret
from playbooks.repository.address import Address
from playbooks.repository.codec import read_artifact, write_packed_artifact
from playbooks.repository.manifest import Artifact
from playbooks.repository.sealing import identities_of, recipients_of
from playbooks.repository.storage import Storage, establish

IDENTITY = pyrage.x25519.Identity.generate()
CONTENT = b"berth,ship,since\n" * 90_000 + b"\0" * 3_000_000
PACKED = compress(CONTENT)


def nothing(*_: object) -> None:
    """Nobody watches, nobody stops, nothing more to confirm."""


def stored(storage: Storage, packed: bytes, *, sealed: bool, name: str = "x") -> Artifact:
    suffix = ".zst.age" if sealed else ".zst"
    return write_packed_artifact(
        storage,
        f"harbor/20261122-010203-k3f9q2/{name}{suffix}",
        (packed[at : at + 700] for at in range(0, len(packed), 700)),
        recipients=recipients_of([str(IDENTITY.to_public())]) if sealed else (),
        finish=nothing,
        progress=nothing,
        check_stop=nothing,
    )


@pytest.mark.parametrize("sealed", [True, False])
def test_what_came_packed_is_read_like_any_other(tmp_path: Path, sealed: bool) -> None:
    """Plain bytes and their checksum are in the record, and the content comes back."""
    storage = establish(Address(f"file://{tmp_path}/repository"))
    artifact = stored(storage, PACKED, sealed=sealed)
    assert artifact.bytes == len(CONTENT)
    assert artifact.plain_sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert artifact.codec == ("zstd+age" if sealed else "zstd")
    read_artifact(
        storage,
        f"harbor/20261122-010203-k3f9q2/{artifact.name}",
        artifact,
        identities=identities_of(Secret(str(IDENTITY))) if sealed else (),
        destination=tmp_path / "x",
        progress=nothing,
        check_stop=nothing,
    )
    assert (tmp_path / "x").read_bytes() == CONTENT


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "harmed", [PACKED[:-1], PACKED[: len(PACKED) // 2], b"", b"pg_dump: error", PACKED + b"more"]
)
def test_a_stream_that_is_not_whole_is_never_stored(
    tmp_path: Path, harmed: bytes, sealed: bool
) -> None:
    """Cut, empty, foreign or with something after its end: an error, and no object."""
    storage = establish(Address(f"file://{tmp_path}/repository"))
    with pytest.raises(HostError, match="no whole zstd stream"):
        stored(storage, harmed, sealed=sealed)
    assert storage.objects("harbor") == ()
