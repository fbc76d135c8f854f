"""Backups of several datastores: the table of tests/cases/backup.yaml."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from playbooks.datastores.protocol import BackupParams
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.operations.backup import BACKUP
from tests.playbooks.operations.test_postgres_plans import DATABASE

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/backup.yaml").read_text())
PROCESS = {"argv": ["run"], "directory": "/srv", "state": "/srv"}
FOLDER: JsonObject = {
    "path": "/srv/uploads",
    "identity": "1:42",
    "mounted": False,
    "files": 2,
    "bytes": 10,
    "counted": True,
    "kept": [],
}


def stack(**rules: Any) -> Stack:
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "services": {
                "database": {"process": PROCESS},
                "api": {
                    "process": PROCESS,
                    "needs": ["database"],
                    "health": {"kind": "tcp", "port": 1},
                },
                "worker": {"process": PROCESS, "needs": ["database"]},
                "web": {"process": PROCESS, "needs": ["api"]},
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
            "backup": {"repository": "file:///srv/repository", **rules},
        }
    )


def answer(query: FactQuery, case: dict[str, Any]) -> JsonObject:
    """What is known, by the case. A fact that nobody should ask for is an error."""
    if query.fact == "service.state":
        return {"state": case.get("states", {}).get(query.args["service"], "running")}
    return {
        "postgres.database": DATABASE,
        "files.state": FOLDER,
        "disk.free": {"free_bytes": 10**12, "device": "1"},
        "repository.standing": {"repository": "file:///srv/repository", "state": "there"},
    }[query.fact]


def planned(case: dict[str, Any]) -> Plan:
    made = stack(**{name: case[name] for name in ("sets", "quiesce") if name in case})
    params = BackupParams(datastores=tuple(case["datastores"]))
    queries = BACKUP.needs(made, params)
    return BACKUP.plan(made, params, Facts({q.key: answer(q, case) for q in queries}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    """What the rules say of writers gives these steps, and what is owed."""
    if "refused" in case:
        with pytest.raises(BadArgument, match=case["refused"]) as refused:
            planned(case)
        assert refused.value.hint
        return
    plan = planned(case)
    held = [f"{r.key}{'!' if r.exclusive else ''}" for r in plan.resources]
    shown = {line.label: line.value for line in plan.shown}
    publish = next(step for step in plan.steps if step.key == "publish")
    assert [[step.key for step in stage] for stage in plan.stages] == case["stages"]
    assert plan.point_of_no_return == case["point_of_no_return"]
    assert plan.risk == case["risk"]
    assert {owed.key: owed.since for owed in plan.owed} == case["owed"]
    assert held == case.get("resources", held)
    assert list(plan.affects) == case.get("affects", list(plan.affects))
    assert list(plan.notes) == case.get("notes", list(plan.notes))
    assert case.get("binding", {}).items() <= plan.binding.items()
    assert shown.get("Consistency", "") == case.get("shown", shown.get("Consistency", ""))
    assert publish.args["together"]["running"] == case.get("running", [])


def test_a_copy_outlives_a_service_that_does_not_start() -> None:
    """Only a failure before the data are copied discards them, and so does giving the run up."""
    case = next(case for case in CASES if case["point_of_no_return"] == 3)
    plan = planned(case)
    last = plan.stages[plan.point_of_no_return or 0]
    assert [step.action for step in last] == ["postgres.dump", "files.dump"]
    discard = next(owed for owed in plan.owed if owed.key == "discard")
    assert (discard.call.action, discard.settled_by) == ("repository.discard", "publish")


def test_who_was_stopped_meanwhile_makes_another_plan() -> None:
    """States of what is to be stopped bind; the states of others do not."""
    case = next(case for case in CASES if case["point_of_no_return"] == 3)
    first = planned(case).digest("1")
    assert planned({**case, "states": {"web": "stopped"}}).digest("1") != first
    assert planned({**case, "states": {"worker": "stopped"}}).digest("1") == first


@pytest.mark.parametrize(
    ("quiesce", "told"),
    [
        ({"full": ["nobody"]}, r"backup\.quiesce\.full names the unknown service 'nobody'"),
        ({"most": ["api"]}, r"quiesce names the unknown set 'most'; there is: full"),
    ],
)
def test_writers_and_sets_are_known(quiesce: dict[str, Any], told: str) -> None:
    """A typo in the stack file is named."""
    with pytest.raises(ValidationError, match=told):
        stack(sets={"full": ["postgres"]}, quiesce=quiesce)
