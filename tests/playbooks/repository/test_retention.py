"""Retention: the tables of tests/cases, and what holds for any backups and any rules."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from playbooks.model.backup_rules import Retention
from playbooks.model.drill import DrillNote
from playbooks.repository.listing import StoreSummary, Summary, Unfinished
from playbooks.repository.retention import dead, rule

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/retention.yaml").read_text())


def summary(name: str, made_at: datetime, origin: str, stores: str, problem: str = "") -> Summary:
    part = StoreSummary(kind="postgres", bytes=1, stored_bytes=1, seconds=1)
    return Summary.model_validate(
        {
            "id": name,
            "made_at": made_at,
            "origin": origin,
            "run": f"run-{name}",
            "requester": "ana",
            "environment": "prod",
            "stores": {store: part for store in stores.split("+")},
            "bytes": 1,
            "stored_bytes": 1,
            "encrypted": False,
            "problem": problem,
        }
    )


def drill(when: str) -> DrillNote:
    at = datetime.fromisoformat(when).replace(tzinfo=UTC)
    return DrillNote(at=at, run="k3f9q2", passed=True, seconds=4.0, checks=3)


def from_case(case: Mapping[str, Any]) -> list[Summary]:
    found = []
    for name, text in case["backups"].items():
        when, origin, stores = text.split(" ")
        problem = "it is cut" if name in case.get("broken", ()) else ""
        made_at = datetime.fromisoformat(when).replace(tzinfo=UTC)
        drilled = case.get("drilled", {}).get(name)
        backup = summary(name, made_at, origin, stores, problem)
        drills = {store: drill(str(drilled)) for store in backup.stores} if drilled else {}
        found.append(backup.model_copy(update={"drills": drills}))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_tables(case: Mapping[str, Any]) -> None:
    """Each case keeps exactly what it says, and every ruling has a reason."""
    rulings = rule(
        from_case(case),
        Retention.model_validate(case["rules"]),
        now=NOW,
        protected={f"run-{name}": "a kept copy needs it" for name in case.get("protected", ())},
        zone=ZoneInfo(case.get("zone", "UTC")),
    )
    assert [r.id for r in rulings if r.keep] == case["keep"]
    assert all(r.reason for r in rulings)


BACKUPS = st.lists(
    st.tuples(
        st.integers(0, 24 * 400),
        st.sampled_from(["asked", "scheduled", "safety"]),
        st.sampled_from(["pg", "files", "pg+files"]),
        st.booleans(),
    ),
    max_size=40,
)
RULES = st.builds(
    Retention,
    last=st.integers(1, 4),
    daily=st.integers(0, 9),
    weekly=st.integers(0, 5),
    monthly=st.integers(0, 5),
)


def generated(drawn: list[tuple[int, str, str, bool]]) -> list[Summary]:
    return [
        summary(f"b{n}", NOW - timedelta(hours=hours), origin, stores, "cut" if broken else "")
        for n, (hours, origin, stores, broken) in enumerate(drawn)
    ]


@pytest.mark.covers("B4", "RNSAC", only="the rules")
@given(BACKUPS, RULES)
def test_no_rules_take_the_last_good_backup_of_a_datastore(
    drawn: list[tuple[int, str, str, bool]], rules: Retention
) -> None:
    """For every datastore the newest good one stays, routine and of any origin."""
    backups = generated(drawn)
    kept = {r.id for r in rule(backups, rules, now=NOW, protected={}, zone=UTC) if r.keep}
    for store in ("pg", "files"):
        good = [b for b in backups if b.good and store in b.stores]
        routine = [b for b in good if b.origin != "safety"]
        for group in (good, routine):
            if group:
                newest = max(group, key=lambda b: (b.made_at, b.id))
                assert newest.id in kept
    assert {b.id for b in backups if not b.good} <= kept


@given(BACKUPS, RULES)
def test_pruning_twice_is_pruning_once(
    drawn: list[tuple[int, str, str, bool]], rules: Retention
) -> None:
    """What a pruning left, the next one at the same time leaves too."""
    backups = generated(drawn)
    kept = {r.id for r in rule(backups, rules, now=NOW, protected={}, zone=UTC) if r.keep}
    left = [b for b in backups if b.id in kept]
    assert all(r.keep for r in rule(left, rules, now=NOW, protected={}, zone=UTC))


@given(BACKUPS, RULES)
def test_a_new_good_backup_is_always_kept(
    drawn: list[tuple[int, str, str, bool]], rules: Retention
) -> None:
    """Nobody backs up for nothing."""
    new = summary("new", NOW, "asked", "pg")
    rulings = rule([*generated(drawn), new], rules, now=NOW, protected={}, zone=UTC)
    assert next(r for r in rulings if r.id == "new").keep


def test_only_old_or_own_unfinished_folders_are_dead() -> None:
    """A backup under way is left alone; folders that are not ours too."""
    young = Unfinished(id="20261122-000000-aaaaaa", bytes=1, since=NOW - timedelta(hours=1))
    old = Unfinished(id="20261120-000000-bbbbbb", bytes=1, since=NOW - timedelta(hours=49))
    own = Unfinished(id="20261122-010203-k3f9q2", bytes=1, since=NOW)
    foreign = Unfinished(id="holiday pictures", bytes=1, since=None)
    assert dead([young, old, own, foreign], now=NOW, run="k3f9q2") == (old, own)
