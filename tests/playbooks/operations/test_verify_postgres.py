"""Verification lets pg_restore read a dump: checksums only say that it is what was written."""

import hashlib
import json
from pathlib import Path

import pytest
from backports.zstd import compress, decompress

from playbooks.catalogue import ACTIONS
from playbooks.errors import BrokenBackup
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.registry import found
from playbooks.repository.manifest import Manifest, render
from tests.support.postgres import Server
from tests.support.run_plan import Bench


@pytest.fixture
def bench(postgres_server: Server, database: str, tmp_path: Path) -> Bench:
    postgres_server.run(
        database, "CREATE TABLE ships AS SELECT n AS id FROM generate_series(1, 20000) n"
    )
    stack = Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "datastores": {"postgres": postgres_server.store(database).model_dump()},
            "backup": {"repository": f"file://{tmp_path}/repository"},
        }
    )
    return Bench(stack)


def verified(bench: Bench, backup: str) -> JsonObject:
    return found(ACTIONS, "repository.verify").call(bench.work(), {"backup": backup})


def published_with(folder: Path, plain: bytes) -> None:
    """Puts another dump into a backup, with a manifest that fits it."""
    stored = folder / "postgres.dump.zst"
    stored.write_bytes(compress(plain))
    body = json.loads((folder / "manifest.json").read_text())
    body.pop("sha256")
    for artifact in body["stores"]["postgres"]["artifacts"]:
        if artifact["name"] == stored.name:
            content = stored.read_bytes()
            artifact |= {
                "bytes": len(plain),
                "plain_sha256": hashlib.sha256(plain).hexdigest(),
                "stored_bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
    (folder / "manifest.json").write_bytes(render(Manifest.model_validate(body)))


def test_a_dump_is_read_by_its_own_tool(bench: Bench, tmp_path: Path) -> None:
    """All of it, in a plain copy that is gone afterwards."""
    backup = bench.backup()
    assert verified(bench, backup)["dumps_read"] == 1
    assert list((tmp_path / "repository/.scratch").iterdir()) == []


def test_a_dump_that_was_cut_before_it_was_stored_is_found(bench: Bench, tmp_path: Path) -> None:
    """Its checksums are right, and pg_restore still cannot read it to the end."""
    backup = bench.backup()
    folder = tmp_path / "repository/harbor" / backup
    plain = decompress((folder / "postgres.dump.zst").read_bytes())
    published_with(folder, plain[: len(plain) // 2])
    with pytest.raises(BrokenBackup, match="as it was written, but pg_restore ended with 1"):
        verified(bench, backup)
    assert list((tmp_path / "repository/.scratch").iterdir()) == []


def test_without_the_tool_the_checksums_are_compared(bench: Bench, tmp_path: Path) -> None:
    """No tool, no reading: what was looked at is said, and nothing fails for it."""
    backup = bench.backup()
    store = bench.stack.datastores["postgres"].model_copy(update={"tools": tmp_path})
    bench.stack = bench.stack.model_copy(update={"datastores": {"postgres": store}})
    seen = verified(bench, backup)
    assert (seen["dumps_read"], seen["decoded"]) == (0, True)
