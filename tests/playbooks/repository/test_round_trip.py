"""The repository's actions from begin to verify, on a real disk."""

from datetime import timedelta
from pathlib import Path

import pyrage
import pytest

from playbooks.actions.repository import ACTIONS
from playbooks.errors import ActionFailed, BrokenBackup, RepositoryError, UnknownName
from playbooks.facts.repository import READERS
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.registry import found, registry
from playbooks.repository.codec import codec_for, stored_name, write_artifact
from playbooks.repository.manifest import StoreEntry
from playbooks.repository.of_stack import recipients_of_stack, repository_of
from tests.support.harbor import harbor
from tests.support.work import STARTED, KnownSecrets, TestReading, TestWork

CONTENT = b"ships and berths\n" * 10_000


def act(work: TestWork, name: str, args: JsonObject | None = None) -> JsonObject:
    return found(registry(ACTIONS), f"repository.{name}").call(work, args or {})


def read(stack: Stack, name: str, args: JsonObject | None = None) -> JsonObject:
    now = STARTED + timedelta(hours=1)
    reading = TestReading(stack, KnownSecrets(), now)
    return found(registry(READERS), f"repository.{name}").call(reading, args or {})


def store(work: TestWork, datastore: str = "uploads", content: bytes = CONTENT) -> StoreEntry:
    backup = act(work, "begin")["id"]
    recipients = recipients_of_stack(work.stack)
    codec = codec_for(compress=True, recipients=recipients)
    artifact = write_artifact(
        repository_of(work.stack, work.secrets),
        f"{work.stack.name}/{backup}/{stored_name(datastore + '.txt', codec)}",
        [content[i : i + 65536] for i in range(0, len(content), 65536)],
        codec=codec,
        recipients=recipients,
        finish=lambda: None,
        progress=work.progress,
        check_stop=work.check_stop,
    )
    return StoreEntry(datastore=datastore, kind="files", artifacts=(artifact,))


def publish(work: TestWork, origin: str = "asked", **entries: StoreEntry) -> JsonObject:
    dumped = {name: entry.model_dump(mode="json") for name, entry in entries.items()}
    return act(work, "publish", {"entries": dumped, "origin": origin})


def make_backup(stack: Stack, run: str = "k3f9q2", origin: str = "asked", hours: int = 0) -> str:
    work = TestWork(stack, run=run, started=STARTED + timedelta(hours=hours))
    published = publish(work, origin, uploads=store(work))
    return str(published["id"])


def test_a_published_backup_is_listed_fetched_verified_and_released(tmp_path: Path) -> None:
    """What was stored comes back byte for byte, and leaves no scratch behind."""
    stack = harbor(tmp_path)
    backup = make_backup(stack)
    assert backup == "20261122-010203-k3f9q2"
    listed = read(stack, "list")["backups"]
    assert [(b["id"], b["bytes"], b["problem"]) for b in listed] == [(backup, len(CONTENT), "")]
    work = TestWork(stack, run="r2aaaa")
    fetched = act(work, "fetch", {"backup": backup, "datastore": "uploads"})
    copy = Path(fetched["files"]["uploads.txt"])
    assert copy.read_bytes() == CONTENT
    assert copy.parent.parent.stat().st_mode & 0o077 == 0
    assert act(work, "release") == {"removed": True}
    assert act(work, "release") == {"removed": False}
    assert not copy.exists()
    verified = act(work, "verify", {"backup": backup})
    assert (verified["artifacts"], verified["decoded"]) == (1, True)


def test_nothing_is_listed_before_it_is_published(tmp_path: Path) -> None:
    """A stored but unpublished backup is unfinished, and the probe says not done."""
    stack = harbor(tmp_path)
    work = TestWork(stack)
    entry = store(work)
    listing = read(stack, "list")
    assert listing["backups"] == []
    assert [u["id"] for u in listing["unfinished"]] == ["20261122-010203-k3f9q2"]
    assert act(work, "is_published")["state"] == "not_done"
    output = publish(work, uploads=entry)
    assert act(work, "is_published") == {"state": "done", "output": output, "why": ""}
    assert publish(work, uploads=entry) == output
    assert read(stack, "list")["unfinished"] == []


def test_discard_takes_away_the_unpublished_and_nothing_else(tmp_path: Path) -> None:
    """Discarding bears being called before, after and twice, and never removes a whole backup."""
    stack = harbor(tmp_path)
    work = TestWork(stack)
    assert act(work, "discard") == {"removed": False}
    entry = store(work)
    assert act(work, "discard") == {"removed": True}
    assert not any(read(stack, "list").values())
    with pytest.raises(BrokenBackup, match="is missing"):
        publish(work, uploads=entry)
    act(work, "discard")
    make_backup(stack)
    assert act(work, "discard") == {"removed": False}
    assert len(read(stack, "list")["backups"]) == 1


def test_an_artifact_that_changed_on_disk_is_not_published(tmp_path: Path) -> None:
    """Publishing reads back what it is about to promise."""
    stack = harbor(tmp_path)
    work = TestWork(stack)
    entry = store(work)
    path = tmp_path / "repository/harbor/20261122-010203-k3f9q2" / entry.artifacts[0].name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenBackup, match="checksum"):
        publish(work, uploads=entry)
    assert read(stack, "list")["backups"] == []


def test_nothing_to_publish_is_refused(tmp_path: Path) -> None:
    """A backup without a datastore is none."""
    work = TestWork(harbor(tmp_path))
    act(work, "begin")
    with pytest.raises(ActionFailed, match="nothing to publish"):
        publish(work)


def test_an_encrypted_backup_needs_its_identity_only_for_reading(tmp_path: Path) -> None:
    """Recipients write; without an identity the stored bytes are verified, and it says so."""
    identity = pyrage.x25519.Identity.generate()
    sealed = harbor(tmp_path, recipients=[str(identity.to_public())])
    backup = make_backup(sealed)
    stored = tmp_path / f"repository/harbor/{backup}/uploads.txt.zst.age"
    assert stored.read_bytes().startswith(b"age-encryption.org/v1")
    assert act(TestWork(sealed), "verify", {"backup": backup})["decoded"] is False
    opening = harbor(tmp_path, recipients=[str(identity.to_public())], identity="env:AGE_IDENTITY")
    secrets = KnownSecrets({"env:AGE_IDENTITY": f"# created today\n{identity}\n"})
    work = TestWork(opening, secrets)
    assert act(work, "verify", {"backup": backup})["decoded"] is True
    fetched = act(work, "fetch", {"backup": backup, "datastore": "uploads"})
    assert Path(fetched["files"]["uploads.txt"]).read_bytes() == CONTENT


def test_facts_of_one_backup_carry_its_manifest_and_checksum(tmp_path: Path) -> None:
    """A restore binds itself to the manifest file's own checksum."""
    stack = harbor(tmp_path)
    backup = make_backup(stack)
    fact = read(stack, "backup", {"backup": backup})
    assert fact["manifest"]["stores"]["uploads"]["artifacts"][0]["bytes"] == len(CONTENT)
    assert len(fact["checksum"]) == 64
    with pytest.raises(UnknownName, match="no backup '20200101-000000-aaaaaa'"):
        read(stack, "backup", {"backup": "20200101-000000-aaaaaa"})


def test_latest_is_found_and_never_a_safety_backup(tmp_path: Path) -> None:
    """`latest` is the newest routine backup; a safety backup is found by its id alone."""
    stack = harbor(tmp_path)
    first = make_backup(stack, "aaaaaa")
    safety = make_backup(stack, "bbbbbb", origin="safety", hours=1)
    assert read(stack, "find", {"wanted": "latest", "datastore": "uploads"})["id"] == first
    assert read(stack, "find", {"wanted": safety[:14]})["id"] == safety
    assert read(stack, "find", {"wanted": "bbbbbb"})["id"] == safety


def test_prune_keeps_the_last_good_backup_through_thirty_failed_nights(tmp_path: Path) -> None:
    """Nights that fail leave nothing listed, dead folders are swept, the good one stays."""
    stack = harbor(tmp_path, retention={"last": 1, "daily": 1, "weekly": 0, "monthly": 0})
    good = make_backup(stack, "gaaaaa")
    for night in range(1, 31):
        work = TestWork(stack, run=f"n{night:05}", started=STARTED + timedelta(days=night))
        store(work)
        pruned = act(work, "prune")
        assert (pruned["removed"], pruned["failed"]) == ([], [])
    assert [b["id"] for b in read(stack, "list")["backups"]] == [good]
    assert len(read(stack, "list")["unfinished"]) <= 1


def test_prune_removes_what_no_rule_keeps_and_says_why_it_kept_the_rest(tmp_path: Path) -> None:
    """Retention is carried out, protected backups and this run's own stay."""
    stack = harbor(tmp_path, retention={"last": 1, "daily": 0, "weekly": 0, "monthly": 0})
    ids = [make_backup(stack, f"r{n}aaaa", hours=n) for n in range(4)]
    work = TestWork(stack, run="r3aaaa", started=STARTED + timedelta(hours=3))
    pruned = act(work, "prune", {"protected": {"r1aaaa": "a kept copy needs it"}})
    assert sorted(pruned["removed"]) == sorted([ids[0], ids[2]])
    assert pruned["kept"][ids[1]] == "a kept copy needs it"
    assert [b["id"] for b in read(stack, "list")["backups"]] == [ids[3], ids[1]]


def test_a_missing_or_foreign_repository_is_said_clearly(tmp_path: Path) -> None:
    """Reading a place that is no repository of ours is an error that says what is there."""
    stack = harbor(tmp_path)
    with pytest.raises(RepositoryError, match="There is no backup repository"):
        repository_of(stack, KnownSecrets())
    (tmp_path / "repository").mkdir()
    (tmp_path / "repository/thesis.txt").write_text("mine")
    with pytest.raises(RepositoryError, match="no backup repository of Interlock"):
        repository_of(stack, KnownSecrets())
    with pytest.raises(RepositoryError, match="something else than backups"):
        act(TestWork(stack), "begin")
