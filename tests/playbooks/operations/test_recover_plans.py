"""Recoveries of a whole stack: the table of tests/cases/recover.yaml."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.errors import BadArgument, FactUnavailable
from playbooks.model.base import JsonObject
from playbooks.model.drill import DrillNote
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations.recover import RECOVER, RecoverParams
from playbooks.repository.listing import Summary
from playbooks.repository.rehearsed import rehearsed
from tests.playbooks.datastores import test_files_plans as files
from tests.playbooks.operations import test_postgres_plans as postgres

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/recover.yaml").read_text())
NEWEST, OLDER = "20261122-010203-k3f9q2", "20261121-010203-aaaaaa"
PROCESS = {"argv": ["run"], "directory": "/srv", "state": "/srv"}
HEALTH = {"kind": "tcp", "port": 1}
STACK = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "objectives": {"rto": "30m"},
        "services": {
            "database": {"process": PROCESS, "health": HEALTH},
            "api": {"process": PROCESS, "needs": ["database"], "health": HEALTH},
            "web": {"process": PROCESS, "needs": ["api"]},
            "mailer": {"process": PROCESS},
            "proxy": {"needs": ["web"]},
        },
        "datastores": {
            "postgres": {
                "kind": "postgres",
                "service": "database",
                "database": "harbor",
                "user": "keeper",
            },
            "uploads": {"kind": "files", "path": "/srv/uploads"},
        },
        "backup": {"repository": "file:///srv/repository"},
    }
)


def held(backup: str) -> JsonObject:
    """What `repository.backup` says of either backup: both hold both datastores."""
    day = {NEWEST: "22", OLDER: "21"}[backup]
    made = {"id": backup, "made_at": f"2026-11-{day}T01:02:03Z"}
    stores = {
        **postgres.manifest(postgres.DUMP)["stores"],
        **files.manifest()["stores"],
    }
    return {
        "summary": {**postgres.SUMMARY, **made, "consistency": "all in one go"},
        "manifest": {**postgres.manifest(postgres.DUMP), **made, "stores": stores},
        "checksum": "c" * 64,
    }


def answer(query: FactQuery, case: dict[str, Any]) -> JsonObject | None:
    """What is known, by the case; None for what cannot be read."""
    lost = case.get("lost", ())
    match query.fact:
        case "service.state":
            given = case.get("states", {}).get(query.args["service"], "running")
            return {"state": "unmanaged" if query.args["service"] == "proxy" else given}
        case "repository.backup":
            return held(query.args["backup"])
        case "files.state":
            gone = {"identity": "", "files": 0, "bytes": 0} if "uploads" in lost else {}
            return {**files.STATE, **gone}
        case "files.difference":
            return {"added": 2, "changed": 0, "removed": 0, "examples": {"added": ["a"]}}
        case fact if fact.startswith("postgres.") and "postgres" in lost:
            return None
        case _:
            return postgres.answer(query, {})


def planned(case: dict[str, Any]) -> Plan:
    params = RecoverParams(
        what=case.get("what", "all"),
        backups=case.get("backups", {"postgres": NEWEST, "uploads": NEWEST}),
        left_out=tuple(case.get("left_out", ())),
    )
    queries = RECOVER.needs(STACK, params)
    answers = {query.key: answer(query, case) for query in queries}
    values = {key: value for key, value in answers.items() if value is not None}
    missing = {key: "the server is away" for key, value in answers.items() if value is None}
    return RECOVER.plan(STACK, params, Facts(values, missing))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    """What is there and what is not give these steps, in this order, and owe this."""
    plan = planned(case)
    stages = [[step.key for step in stage] for stage in plan.stages]
    owed = {each.key: each.since for each in plan.owed}
    there = {name: store["there"] for name, store in plan.binding["datastores"].items()}
    assert plan.risk is Risk.DESTROY
    assert stages == case.get("stages", stages)
    assert plan.point_of_no_return == case["point_of_no_return"]
    assert owed == case.get("owed", owed)
    assert list(plan.affects) == case.get("affects", list(plan.affects))
    assert list(plan.keeps) == case.get("keeps", list(plan.keeps))
    assert there == case.get("there", there)
    assert set(case.get("notes", ())) <= set(plan.notes)
    assert [r.key for r in plan.resources if r.exclusive] == ["stack:harbor"]


def test_every_reference_finds_its_step() -> None:
    """What a step takes from another is given by an earlier stage, also in undos and what is
    owed."""
    plan = planned({})
    seen: set[str] = set()
    for stage in plan.stages:
        for step in stage:
            for taken in _references(step.args):
                assert any(taken == key or taken.startswith(f"{key}.") for key in seen), taken
        seen |= {step.key for step in stage}
    settled = {owed.settled_by for owed in plan.owed} - {None}
    assert settled <= seen


def test_the_first_line_and_the_clock() -> None:
    """What is lost and how long it may take are said before anybody approves."""
    plan = planned({})
    shown = {line.label: line.value for line in plan.shown}
    assert plan.summary == "RECOVER prod/harbor all to 01:02 UTC today, loses 3 h 12 min"
    assert plan.within_seconds == 1800
    assert shown["Objective"] == "recovered within 30 min"
    assert shown["Consistency"] == "all in one go"
    assert "uploads: 2 files of uploads added" in " ".join(plan.loses)


def test_a_store_that_comes_back_makes_another_plan() -> None:
    """Between the vote and the run: then there is something to save after all."""
    lost = {"lost": ["postgres"], "states": {"database": "stopped"}}
    assert planned(lost).digest("1") == planned(lost).digest("1")
    assert planned(lost).digest("1") != planned({}).digest("1")


def test_a_lost_server_is_stopped_again_by_the_undo() -> None:
    """It did not run before, and what is made is empty."""
    lost = {"lost": ["postgres"], "states": {"database": "stopped"}}
    [start] = [step for step in planned(lost).steps if step.key == "early.start.database"]
    assert start.undo is not None and start.undo.action == "service.stop"


def test_what_runs_and_does_not_answer_is_not_taken_for_gone() -> None:
    """A slow answer or a wrong password is no reason to go without a safety backup."""
    with pytest.raises(FactUnavailable, match=r"not known to be gone: .*server is away") as told:
        planned({"lost": ["postgres"]})
    assert "/ops stop harbor database" in told.value.hint


def test_nothing_to_recover_from_is_said() -> None:
    """A set of which nothing was ever backed up."""
    params = RecoverParams(what="full", backups={})
    with pytest.raises(BadArgument, match="There is no backup to recover full of harbor from"):
        RECOVER.plan(STACK, params, Facts())


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        if set(value) == {"$from"}:
            return [value["$from"]]
        return [found for inner in value.values() for found in _references(inner)]
    if isinstance(value, (list, tuple)):
        return [found for inner in value for found in _references(inner)]
    return []


def test_it_says_whether_this_very_backup_was_rehearsed() -> None:
    """Passed, failed and never, for each datastore."""
    summary = Summary.model_validate(postgres.SUMMARY)
    at = summary.made_at
    passed = DrillNote(at=at, run="d1", passed=True, seconds=252.0, checks=31)
    failed = DrillNote(at=at, run="d1", passed=False, seconds=3.0, checks=2, why="no rows")
    known = summary.model_copy(update={"drills": {"a": passed, "b": failed}})
    later = at + timedelta(hours=6)
    assert rehearsed(known, "a", later) == "restored 6 h ago in 4 min 12 s, 31 checks passed"
    assert rehearsed(known, "b", later) == "failed 6 h ago: no rows"
    assert rehearsed(known, "c", later) == "never rehearsed"
    shown = {line.label: line.value for line in planned({}).shown}
    assert shown["uploads"].endswith("; never rehearsed")
