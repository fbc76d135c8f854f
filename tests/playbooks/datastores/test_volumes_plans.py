"""The planners of mounts: the table of tests/cases/volumes.yaml, and what binds a plan."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.datastores.catalogue import drill_planner_of, planner_of
from playbooks.datastores.protocol import (
    BackupPart,
    DrillParams,
    RestoreParams,
    RestorePart,
    Stages,
)
from playbooks.errors import InterlockError
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/volumes.yaml").read_text())
BACKUP = "20261122-010203-k3f9q2"
STATE: JsonObject = {
    "there": True,
    "path": "/srv/uploads",
    "volume": "depot_uploads",
    "kind": "volume",
    "identity": "depot_uploads of 2026-11-01",
    "argv": ["serve"],
    "users": ["depot-keeper-1"],
    "files": 12,
    "bytes": 1_000_000,
    "free_bytes": 10**9,
    "device": "2",
    "kept": [],
}
KEPT: JsonObject = {
    "run": "r2aaaa",
    "path": "/srv/uploads/.interlock-r2aaaa/original",
    "since": "2026-11-22T01:10:00Z",
}


def stack_of(case: Mapping[str, Any]) -> Stack:
    return Stack.model_validate(
        {
            "name": "depot",
            "environment": "prod",
            "channel": "ops-harbor",
            "compose": {"project": "depot", "files": ["/srv/compose.yaml"]},
            "services": {"keeper": {}, "porter": {}},
            "datastores": {"uploads": case["store"]},
            "backup": {"repository": "file:///srv/backups"},
        }
    )


def manifest() -> JsonObject:
    artifact = {
        "name": "uploads.tar.zst",
        "bytes": 1_022_000,
        "stored_bytes": 400_000,
        "sha256": "a" * 64,
        "plain_sha256": "b" * 64,
        "codec": "zstd",
    }
    content = {
        "digest": "d" * 64,
        "files": 11,
        "bytes": 1_000_000,
        "in_use": ["depot-keeper-1"],
        "skipped": {"count": 0, "examples": []},
    }
    entry = {"datastore": "uploads", "kind": "volume", "artifacts": [artifact], "facts": content}
    return {
        "id": BACKUP,
        "stack": "depot",
        "environment": "prod",
        "origin": "asked",
        "run": "k3f9q2",
        "requester": "ana",
        "made_at": "2026-11-22T01:02:03Z",
        "made_by": {"interlock": "0.1.0"},
        "stores": {"uploads": entry},
    }


def facts(queries: Iterable[FactQuery], case: Mapping[str, Any]) -> Facts:
    """Exactly what the planner asked for, and no more."""
    known: dict[str, JsonObject] = {
        "volume.state": STATE | case.get("state", {}),
        "repository.backup": {"manifest": manifest(), "checksum": "c" * 64},
        "disk.free": {"free_bytes": 10**9, "device": "1"},
        "service.state": {"state": "running"},
        "drill.image": {"image": "sha256:feed"},
    }
    if "written" in case:
        known["volume.written"] = {"files": case["written"]}
    if "kept" in case:
        known["volume.kept"] = KEPT | case["kept"]
    asked = tuple(queries)
    return Facts(
        {query.key: known[query.fact] for query in asked if query.fact in known},
        {query.key: "it took too long" for query in asked if query.fact not in known},
    )


def planned(case: Mapping[str, Any]) -> BackupPart | RestorePart:
    stack = stack_of(case)
    planner = planner_of(stack, "uploads")
    if case["operation"] == "backup":
        return planner.backup(stack, "uploads", facts(planner.backup_needs(stack, "uploads"), case))
    if case["operation"] == "undo":
        params = RestoreParams(datastore="uploads", backup="r2aaaa", mode="undo")
        return planner.undo(stack, params, facts(planner.undo_needs(stack, params), case))
    params = RestoreParams(datastore="uploads", backup=BACKUP, mode=case["mode"])
    return planner.restore(stack, params, facts(planner.restore_needs(stack, params), case))


def keys(stages: Stages) -> list[list[str]]:
    return [[step.key for step in stage] for stage in stages]


def told(part: BackupPart | RestorePart) -> dict[str, Any]:
    """The part in the words of the table."""
    said: dict[str, Any] = {
        "stops": list(part.stops),
        "guards": {guard.name: guard.at_least for guard in part.guards},
        "shown": [line.value for line in part.shown],
    }
    if isinstance(part, BackupPart):
        return said | {"risk": part.risk}
    return said | {
        "prepare": keys(part.prepare),
        "swap": keys(part.swap),
        "finish": keys(part.finish),
        "loses": list(part.loses),
        "keeps": list(part.keeps),
        "notes": list(part.notes),
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: Mapping[str, Any]) -> None:
    """Every row: what the store is and what is known give this, or this refusal."""
    if "refused" in case:
        with pytest.raises(InterlockError, match=case["refused"]):
            planned(case)
        return
    said = told(planned(case))
    given = {"name", "operation", "mode", "store", "state", "written", "kept"}
    wanted = {key: value for key, value in case.items() if key not in given}
    assert {key: said[key] for key in wanted} == wanted


def restoring(**more: Any) -> RestorePart:
    case = next(case for case in CASES if case["operation"] == "restore")
    part = planned({**case, **more})
    assert isinstance(part, RestorePart)
    return part


def test_every_step_can_be_repeated_and_what_changes_can_be_taken_back() -> None:
    """All are idempotent; filling and exchanging have undos, the exchange a probe."""
    part = restoring(state={"there": False})
    steps = {s.key: s for stage in part.prepare + part.swap + part.finish for s in stage}
    assert all(step.idempotent for step in steps.values())
    undos = {key: step.undo.action for key, step in steps.items() if step.undo}
    assert undos == {
        "extract": "volume.remove_side",
        "compare": "helper.clear",
        "exchange": "volume.exchange_back",
    }
    assert steps["exchange"].probe is not None


def test_a_plan_is_bound_to_the_volume_and_the_backup_and_to_no_quantity() -> None:
    """More files do not void an approval; another volume of the same name does."""
    bound = restoring().binding
    assert bound == restoring(state={"files": 99, "bytes": 5, "free_bytes": 10**12}).binding
    other = restoring(state={"identity": "depot_uploads of 2026-11-21"}).binding
    assert bound != other and other["checksum"] == "c" * 64


def test_a_drill_fills_a_fresh_volume_of_the_same_image() -> None:
    """One step with what is to be compared, and room for it where containers keep their data."""
    for kind in ("volume", "azurite", "terminusdb"):
        case = {"store": {"kind": kind, "service": "keeper", "path": "/srv/uploads"}}
        stack, params = stack_of(case), DrillParams(datastore="uploads", backup=BACKUP)
        planner = drill_planner_of(stack, "uploads")
        part = planner.drill(
            stack,
            params,
            facts((*planner.drill_needs(stack, params), backup_query()), case),
        )
        assert part.rehearse.action == "volume.rehearse"
        assert (part.rehearse.args["digest"], part.rehearse.args["image"]) == (
            "d" * 64,
            "sha256:feed",
        )
        assert [guard.at_least for guard in part.guards] == [1_050_000]


def backup_query() -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": BACKUP})


@pytest.mark.parametrize(
    ("store", "wrong"),
    [
        ({"stops": ["portr"]}, "stops names the unknown 'portr'"),
        ({"service": "api"}, "api runs in no container"),
        ({"path": "uploads"}, "path"),
        ({"path": "/"}, "path"),
    ],
)
def test_a_stack_file_that_cannot_work_is_refused(store: JsonObject, wrong: str) -> None:
    """Names, services without containers and paths that are no mount points are told."""
    described = stack_of(CASES[0]).model_dump(mode="json")
    process = {"argv": ["api"], "directory": "/srv", "state": "/srv"}
    described["services"]["api"] = {"process": process}
    described["datastores"]["uploads"] |= store
    with pytest.raises(ValueError, match=wrong):
        Stack.model_validate(described)
