"""The daily proof, and the watch over objectives: said once, the worst first."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.nights import NIGHT, Night, Setting, carry_out, night

MORNING = NIGHT + timedelta(hours=6, minutes=30)
PROOF = {"proof": {"at": "08:30", "zone": "Europe/Paris"}}
OBJECTIVE = {"objectives": {"rpo": "1d2h"}}
KEY = "sched:harbor/:proof:2026-11-22"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Night]:
    """A night with a proof in the morning and an objective, seen to begin."""
    with night(Setting(tmp_path, rules=PROOF, stack=OBJECTIVE)) as seen:
        seen.scheduler.turn()
        yield seen


def artifacts(folder: Path) -> list[Path]:
    return list(folder.glob("backups/harbor/*/uploads*"))


@pytest.mark.covers("B13", "NAS", only="on a small stack of the tests")
async def test_a_good_night(one: Night) -> None:
    """The backup is there and whole: one message that names it, and that it was verified."""
    one.at(NIGHT)
    await carry_out(one)
    one.at(MORNING)
    one.at(MORNING + timedelta(hours=1))
    assert one.said(KEY) == ["Proof prod/harbor: 1 datastore backed up and whole"]
    assert one.fires()["2026-11-22"][0] in {"asked", "said"}


async def test_a_damaged_backup_comes_first(one: Night, tmp_path: Path) -> None:
    """An artifact was cut in the night: the proof says which backup it is."""
    one.at(NIGHT)
    await carry_out(one)
    artifact = artifacts(tmp_path)[0]
    artifact.write_bytes(artifact.read_bytes()[:-1])
    one.at(MORNING)
    [said] = one.said(KEY)
    assert re.match(r"Proof prod/harbor: 2 things wrong with the backups: backup \d{8}", said)
    assert "uploads" in said


def test_a_backup_that_never_came(one: Night) -> None:
    """It was asked for and nothing carried it out: the proof names the run and the store."""
    one.at(NIGHT)
    one.at(MORNING)
    [said] = one.said(KEY)
    assert "nightly" in said
    assert "uploads" in said


async def test_a_breach_of_what_scenarios_allow(tmp_path: Path) -> None:
    """Without an objective for all, a datastore is late by the scenario that is about it."""
    scenarios = {"loss": {"rpo": "7d2h", "datastores": ["uploads"]}, "crash": {"rpo": "0s"}}
    setting = Setting(tmp_path, rules=PROOF, stack={"objectives": {"scenarios": scenarios}})
    with night(setting) as seen:
        seen.scheduler.turn()
        seen.at(NIGHT)
        await carry_out(seen)
        seen.clock.turn_to(NIGHT + timedelta(days=7, hours=1))
        seen.watch.look()
        assert seen.said("rpo:") == []
        seen.clock.turn_to(NIGHT + timedelta(days=7, hours=3))
        seen.watch.look()
        [said] = seen.said("rpo:harbor/uploads")
        assert "7 d 3 h old, the objective is 7 d 2 h" in said


def test_a_repository_that_cannot_be_read(one: Night, tmp_path: Path) -> None:
    """The proof is said all the same, with the reason."""
    one.at(NIGHT)
    (tmp_path / "backups").write_text("in the way")
    one.at(MORNING)
    [said] = one.said(KEY)
    assert "repository" in said


async def test_a_breach_is_said_once_and_when_it_is_over(one: Night) -> None:
    """Too old: one message, however often it is looked at; a new backup: one more; the next
    breach is another message."""
    one.at(NIGHT)
    await carry_out(one)
    one.watch.look()
    assert one.said("rpo:") == []
    one.clock.turn_to(NIGHT + timedelta(hours=27))
    one.watch.look()
    one.watch.look()
    [said] = one.said("rpo:harbor/uploads")
    assert "RPO missed, prod/harbor uploads: the newest good backup is 1 d 3 h old" in said
    one.scheduler.turn()
    await carry_out(one)
    one.watch.look()
    one.watch.look()
    assert len(one.said("rpo:")) == 2
    assert any("RPO met again" in each for each in one.said("rpo:"))
    one.clock.turn_to(NIGHT + timedelta(days=3))
    one.watch.look()
    assert len(one.said("rpo:")) == 3
    kinds = [entry.kind for entry in one.house.history.audit(limit=100)]
    assert kinds.count("rpo.breach") == 2
    assert kinds.count("rpo.met") == 1


def test_no_backup_at_all_is_a_breach_in_time(one: Night) -> None:
    """A stack that is new has its objective's time; after it, the lack of a backup is a breach."""
    one.watch.look()
    assert one.said("rpo:") == []
    one.clock.turn_to(NIGHT + timedelta(days=2))
    one.watch.look()
    [said] = one.said("rpo:")
    assert "there is no good backup" in said


async def test_a_size_far_from_the_usual_is_wrong(one: Night, tmp_path: Path) -> None:
    """Three nights of one size, then one of a fraction: the proof says so first."""
    big = tmp_path / "uploads" / "big.bin"
    big.write_bytes(b"x" * 1_000_000)
    for count in range(4):
        if count == 3:
            big.unlink()
        one.at(NIGHT + timedelta(days=count))
        await carry_out(one)
    one.at(MORNING + timedelta(days=3))
    [said] = one.said("sched:harbor/:proof:2026-11-25")
    assert "1 thing wrong with the backups: uploads" in said
    manifests = (tmp_path / "backups").glob("harbor/*/manifest.json")
    assert {json.loads(each.read_text())["origin"] for each in manifests} == {"scheduled"}
