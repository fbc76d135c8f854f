"""What changes between the vote and the run: what people approved is what runs, or nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import fingerprint
from tests.support.demo import until
from tests.support.people import Harbor, demo_folder, harbor_in
from tests.support.talk import Json, payload, text_of

pytestmark = pytest.mark.slow

RESTORE = "restore harbor postgres latest"


@pytest.fixture(scope="module")
def harbor() -> Iterator[Harbor]:
    """A demo with one backup of its database; its repository is a small disk where that may be."""
    with demo_folder() as folder:
        disk = folder / "state" / "backups"
        disk.mkdir(parents=True)
        mounted = os.geteuid() == 0 and _mount(disk)
        try:
            with harbor_in(folder, "--no-rates") as started:
                assert payload(started.run("backup harbor postgres"))["state"] == "succeeded"
                yield started
        finally:
            if mounted:
                subprocess.run(["umount", disk], check=True)


@pytest.fixture
def asked(harbor: Harbor) -> Json:
    """Ana asked for a restore, and ben approved: one vote is missing."""
    card = harbor.asks("ana", RESTORE)
    harbor.presses("ben", card, "approve")
    return harbor.card(payload(card)["request"])


def voided(harbor: Harbor, card: Json) -> Json:
    """Cleo gives the last vote; the card, which has to be void, with nothing done."""
    before = fingerprint.oid(harbor.demo.description["postgres_uri"], "harbor")
    ended = harbor.approved(card, "cleo")
    assert payload(ended)["state"] == "void", text_of(ended)
    assert fingerprint.oid(harbor.demo.description["postgres_uri"], "harbor") == before
    return ended


def replaced(harbor: Harbor, card: Json) -> Json:
    """The card of the request that was asked anew for a void one."""

    def newer() -> list[Json]:
        old = payload(card)["request"]
        return [each for each in harbor.cards() if payload(each).get("supersedes") == old]

    found: Json = until("a card that supersedes the void one", newer)[-1]
    return found


def said_to_approvers(harbor: Harbor, old: Json) -> str:
    """The message that mentions who may vote anew."""
    mark = f"`{payload(old)['request']}` is void"

    def there() -> list[str]:
        said = [text_of(each) for each in harbor.messages()]
        return [text for text in said if mark in text]

    found: str = until("it was asked anew aloud", there)[-1]
    assert "<@U0BEN>" in found and "<@U0CLEO>" in found
    return found


def test_a_service_that_stopped_voids_it(harbor: Harbor, asked: Json) -> None:
    """Void before the first effect, the difference is shown, and a new request is asked for whose
    votes start at none; a press on the old card is refused in private, and audited."""
    harbor.run("stop harbor api", "ben")
    old = voided(harbor, asked)
    assert "api was running and is now stopped" in text_of(old)
    new = replaced(harbor, old)
    assert new["text"].endswith(", 0 of 2")
    assert "api was running and is now stopped" in said_to_approvers(harbor, old)
    late = harbor.presses("dora", old, "approve")
    assert late["ephemeral"] and "superseded" in late["text"]
    assert payload(new)["request"] in late["text"]
    assert "superseded" in harbor.types("dora", "audit harbor")
    done = harbor.approved(new, "ben", "cleo")
    assert payload(done)["state"] == "succeeded"
    assert "1 of 3 services up" not in harbor.types("eve", "status harbor")
    harbor.run("start harbor api", "ben")


def test_a_changed_schema_voids_it(harbor: Harbor, asked: Json) -> None:
    """A column that came after the first vote is shown as the reason."""
    harbor.rows("ALTER TABLE ships ADD COLUMN captain text")
    old = voided(harbor, asked)
    assert "schema" in text_of(old)
    new = replaced(harbor, old)
    harbor.presses("ana", new, "cancel")
    assert payload(harbor.in_state(new, "cancelled"))["supersedes"] == payload(old)["request"]
    harbor.rows("ALTER TABLE ships DROP COLUMN captain")


def test_growth_does_not_void_it(harbor: Harbor, asked: Json) -> None:
    """More rows and a larger database are no other plan: it runs."""
    harbor.rows(
        "INSERT INTO tide_readings SELECT 'mole', now(), n FROM generate_series(1, 20000) AS n"
    )
    done = harbor.approved(asked, "cleo")
    assert payload(done)["state"] == "succeeded"
    assert harbor.rows("SELECT count(*) FROM tide_readings") == [(5_460,)]


def test_another_manifest_voids_it(harbor: Harbor, asked: Json) -> None:
    """One flipped byte of the backup's manifest: it is not what was approved any more."""
    manifest = _file_of_backup(harbor, asked, "manifest.json")
    whole = manifest.read_bytes()
    at = whole.index(b"checksum") if b"checksum" in whole else len(whole) // 2
    manifest.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    try:
        old = voided(harbor, asked)
        assert "manifest" in text_of(old) or "checksum" in text_of(old)
    finally:
        manifest.write_bytes(whole)


def test_a_flipped_artifact_ends_before_anything_is_replaced(harbor: Harbor, asked: Json) -> None:
    """The dump is read and compared before the live database is touched; all is as it was."""
    dump = max(
        _file_of_backup(harbor, asked, "manifest.json").parent.rglob("*"),
        key=lambda path: path.stat().st_size if path.is_file() else 0,
    )
    whole = dump.read_bytes()
    middle = len(whole) // 2
    dump.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    uri = harbor.demo.description["postgres_uri"]
    before = fingerprint.database(uri), fingerprint.oid(uri, "harbor")
    try:
        ended = harbor.approved(asked, "cleo")
    finally:
        dump.write_bytes(whole)
    assert payload(ended)["state"] in ("failed", "undone")
    assert "sha" in text_of(ended).lower() or "checksum" in text_of(ended).lower()
    assert (fingerprint.database(uri), fingerprint.oid(uri, "harbor")) == before
    assert "3 of 3 services up" in harbor.types("eve", "status harbor")


def test_too_little_space_voids_it(harbor: Harbor, asked: Json) -> None:
    """A guard that fails after the vote: nothing begins, and the card says how much is missing."""
    disk = harbor.demo.state / "backups"
    if not os.path.ismount(disk):
        pytest.skip("mounting a small disk is not permitted here")
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, _free(disk) - (2 << 20))
    try:
        old = voided(harbor, asked)
        assert "room" in text_of(old)
    finally:
        filler.unlink()
    done = harbor.run(RESTORE, "ben", "cleo")
    assert payload(done)["state"] == "succeeded"


def _file_of_backup(harbor: Harbor, card: Json, name: str) -> Path:
    backup = next(
        line.split()[0].rstrip(",")
        for line in text_of(card).replace("*From*\n", "").splitlines()
        if "old, asked" in line
    )
    return harbor.demo.state / "backups" / "harbor" / backup / name


def _mount(folder: Path) -> bool:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0755", "tmpfs", str(folder)]
    return subprocess.run(mount, check=False, capture_output=True).returncode == 0


def _free(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
