"""The manifest notices whatever happens to it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.errors import BrokenBackup, NewerFormat
from playbooks.model.base import canonical_json, digest_of
from playbooks.repository.manifest import (
    Artifact,
    MadeBy,
    Manifest,
    StoreEntry,
    backup_id,
    parse,
    render,
)

STARTED = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
ARTIFACT = Artifact(
    name="harbor.dump.zst",
    bytes=100,
    stored_bytes=10,
    sha256="a" * 64,
    plain_sha256="b" * 64,
    codec="zstd",
)
MANIFEST = Manifest(
    id=backup_id(STARTED, "k3f9q2"),
    stack="harbor",
    environment="prod",
    origin="asked",
    run="k3f9q2",
    requester="ana",
    made_at=STARTED,
    made_by=MadeBy(interlock="0.1.0"),
    stores={
        "postgres": StoreEntry(
            datastore="postgres",
            kind="postgres",
            artifacts=(ARTIFACT,),
            facts={"rows": {"bookings": 40_000}, "owner": "Jürgen"},
        )
    },
)
CONTENT = render(MANIFEST)


def test_it_reads_what_it_wrote() -> None:
    """Every field comes back; times are UTC with a Z."""
    assert parse(CONTENT, "here") == MANIFEST
    assert json.loads(CONTENT)["made_at"] == "2026-11-22T01:02:03Z"


@given(st.integers(0, len(CONTENT) * 8 - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    """There is no bit of the file whose change goes unnoticed."""
    changed = bytearray(CONTENT)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((BrokenBackup, NewerFormat)):
        parse(bytes(changed), "here")


@given(st.integers(0, len(CONTENT) - 1))
def test_any_cut_is_refused(length: int) -> None:
    """Half a manifest is none."""
    with pytest.raises(BrokenBackup):
        parse(CONTENT[:length], "here")


def test_a_newer_format_is_named() -> None:
    """Whatever else a newer Interlock writes, this one says that it is newer."""
    body = {**json.loads(CONTENT), "format": 7, "novelty": True}
    for text in (json.dumps(body), canonical_json(body)):
        with pytest.raises(NewerFormat, match="format 7; this Interlock reads up to 1"):
            parse(text.encode(), "here")


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff\xfe", b'{"format":1}'])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    """Other JSON, other bytes, nothing at all."""
    with pytest.raises(BrokenBackup, match="here"):
        parse(content, "here")


def test_a_right_checksum_does_not_excuse_wrong_content() -> None:
    """A manifest must also describe a backup."""
    body = {k: v for k, v in json.loads(CONTENT).items() if k not in {"sha256", "stack"}}
    text = canonical_json({**body, "sha256": digest_of(body)}) + "\n"
    with pytest.raises(BrokenBackup, match="does not describe a backup"):
        parse(text.encode(), "here")
