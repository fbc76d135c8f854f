"""Finding backups: by id, by `latest`, by time; and what is wrong with the others."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from playbooks.errors import BrokenBackup, UnknownName
from playbooks.repository.address import Address
from playbooks.repository.catalogue import load, survey
from playbooks.repository.listing import Summary, find
from playbooks.repository.manifest import MadeBy, Manifest, StoreEntry, backup_id, render
from playbooks.repository.moments import moment
from playbooks.repository.storage import Storage, establish

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def publish(
    storage: Storage, made_at: datetime, run: str, origin: str = "asked", store: str = "pg"
) -> str:
    """A backup without artifacts."""
    manifest = Manifest.model_validate(
        {
            "id": backup_id(made_at, run),
            "stack": "harbor",
            "environment": "prod",
            "origin": origin,
            "run": run,
            "requester": "ana",
            "made_at": made_at,
            "made_by": MadeBy(interlock="0.1.0"),
            "stores": {store: StoreEntry(datastore=store, kind="postgres", artifacts=())},
        }
    )
    storage.create(f"harbor/{manifest.id}/manifest.json", render(manifest))
    return manifest.id


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return establish(Address(f"file://{tmp_path}/repository"))


@pytest.fixture
def backups(storage: Storage) -> tuple[Summary, ...]:
    """Nights at 02:00 in Paris from the 19th to the 22nd, and a safety backup this morning."""
    for day in range(19, 23):
        made_at = datetime(2026, 11, day, 2, 0, 40, tzinfo=PARIS)
        publish(storage, made_at, f"n{day}aaa", "scheduled")
    publish(storage, datetime(2026, 11, 22, 8, 0, tzinfo=UTC), "saaaaa", "safety")
    publish(storage, datetime(2026, 11, 18, 8, 0, tzinfo=UTC), "faaaaa", store="files")
    return survey(storage, "harbor").backups


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("latest", "n22aaa"),
        ("LATEST", "n22aaa"),
        ("today 02:00", "n22aaa"),
        ("today 2:00", "n22aaa"),
        ("02:00", "n22aaa"),
        ("today 01:59", "n21aaa"),
        ("today", "n22aaa"),
        ("yesterday", "n21aaa"),
        ("yesterday 23:00", "n21aaa"),
        ("2026-11-20", "n20aaa"),
        ("2026-11-20 12:00", "n20aaa"),
        ("2026-11-20T02:00:39", "n19aaa"),
        ("2026-11-20T02:00:40", "n20aaa"),
        ("2026-11-21T01:00Z", "n21aaa"),
        ("20261119", "n19aaa"),
        ("saaaaa", "saaaaa"),
        ("20261122-08", "saaaaa"),
    ],
)
def test_people_find_the_backup_they_mean(
    backups: tuple[Summary, ...], wanted: str, expected: str
) -> None:
    """Days and times of day are local; only an id or a run names a safety backup."""
    assert find(backups, wanted, now=NOW, datastore="pg", zone=PARIS).run == expected


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("2026-11-17", "no backup of pg for '2026-11-17'.*newest there are: 20261122-.*scheduled"),
        ("newest", "'newest' names no backup"),
        ("today 25:00", "'today 25:00' names no backup"),
        ("2026", "begins 6 backups"),
        ("", "names no backup"),
        ("faaaaa", "does not hold pg; it holds: files"),
    ],
)
def test_what_is_not_there_is_said(backups: tuple[Summary, ...], wanted: str, message: str) -> None:
    """The answer names what was asked for."""
    with pytest.raises(UnknownName) as caught:
        find(backups, wanted, now=NOW, datastore="pg", zone=PARIS)
    assert re.search(message, f"{caught.value.message} {caught.value.hint}")


def test_latest_is_per_datastore(backups: tuple[Summary, ...]) -> None:
    """A newer backup of something else does not count."""
    assert find(backups, "latest", now=NOW, datastore="files").run == "faaaaa"
    with pytest.raises(UnknownName, match="no backup of redis yet"):
        find(backups, "latest", now=NOW, datastore="redis")


def test_summer_time_is_the_zones_own() -> None:
    """02:00 in July is another instant than 02:00 in November."""
    summer = moment("2026-07-01 02:00", NOW, PARIS)
    winter = moment("2026-11-01 02:00", NOW, PARIS)
    assert summer is not None and summer.before == datetime(2026, 7, 1, 0, 1, tzinfo=UTC)
    assert winter is not None and winter.before == datetime(2026, 11, 1, 1, 1, tzinfo=UTC)


def test_the_survey_tells_whole_from_half_from_broken(storage: Storage) -> None:
    """Newest first; folders without a manifest are unfinished; broken ones are reported."""
    assert storage.root is not None
    first = publish(storage, NOW - timedelta(days=2), "aaaaaa")
    second = publish(storage, NOW - timedelta(days=1), "bbbbbb")
    broken = publish(storage, NOW, "cccccc")
    path = storage.root / "harbor" / broken / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"ana", b"eve"))
    (storage.root / "harbor/20261101-000000-dddddd").mkdir()
    storage.create("harbor/20261102-000000-eeeeee/dump.zst", b"half")
    listing = survey(storage, "harbor")
    assert [b.id for b in listing.backups] == [second, first]
    assert [(u.id, "checksum" in u.problem) for u in listing.unreadable] == [(broken, True)]
    assert [(u.id, u.bytes) for u in listing.unfinished] == [
        ("20261102-000000-eeeeee", 4),
        ("20261101-000000-dddddd", 0),
    ]


def test_a_backup_that_lost_an_artifact_is_listed_with_its_problem(storage: Storage) -> None:
    """It is never `latest`, and named it says what is wrong."""
    good = publish(storage, NOW - timedelta(days=1), "aaaaaa")
    lost = storage.root
    assert lost is not None
    artifact = {
        "name": "pg.dump",
        "bytes": 3,
        "stored_bytes": 3,
        "sha256": "a" * 64,
        "plain_sha256": "a" * 64,
        "codec": "plain",
    }
    manifest, _ = load(storage, "harbor", good)
    entry = StoreEntry.model_validate(
        {"datastore": "pg", "kind": "postgres", "artifacts": [artifact]}
    )
    newer = manifest.model_copy(
        update={
            "id": backup_id(NOW, "bbbbbb"),
            "run": "bbbbbb",
            "made_at": NOW,
            "stores": {"pg": entry},
        }
    )
    storage.create(f"harbor/{newer.id}/manifest.json", render(newer))
    backups = survey(storage, "harbor").backups
    assert [(b.id, b.problem) for b in backups] == [(newer.id, "pg.dump is missing"), (good, "")]
    assert find(backups, "latest", now=NOW).id == good
    storage.create(f"harbor/{newer.id}/pg.dump", b"four")
    assert "has 4 bytes where" in survey(storage, "harbor").backups[0].problem


def test_a_manifest_in_another_folder_is_refused(storage: Storage) -> None:
    """A copied folder does not pass for another backup."""
    backup = publish(storage, NOW, "aaaaaa")
    content = storage.read(f"harbor/{backup}/manifest.json")
    storage.create("harbor/20261101-000000-dddddd/manifest.json", content)
    with pytest.raises(BrokenBackup, match="it was moved here"):
        load(storage, "harbor", "20261101-000000-dddddd")
