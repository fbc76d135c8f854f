"""The planner of folders: the table of tests/cases/files.yaml, and what binds a plan."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.datastores.files import FILES
from playbooks.datastores.protocol import RestoreParams, RestorePart, Stages
from playbooks.errors import BadArgument, BrokenBackup, FactUnavailable
from playbooks.model.base import JsonObject
from playbooks.model.facts import Facts
from playbooks.model.plan import Risk
from tests.support.harbor import harbor

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/files.yaml").read_text())
STACK = harbor(Path("/srv"))
BACKUP = "20261122-010203-k3f9q2"
STATE: JsonObject = {
    "path": "/srv/uploads",
    "identity": "1:42",
    "mounted": False,
    "files": 200,
    "bytes": 1_000_000,
    "counted": True,
    "kept": [],
}
CONTENT: JsonObject = {
    "digest": "d" * 64,
    "files": 199,
    "bytes": 1_000_000,
    "changed_while_read": {"count": 0, "examples": []},
    "skipped": {"count": 0, "examples": []},
}


def manifest(datastore: str = "uploads") -> JsonObject:
    artifact = {
        "name": f"{datastore}.tar.zst",
        "bytes": 1_022_000,
        "stored_bytes": 400_000,
        "sha256": "a" * 64,
        "plain_sha256": "b" * 64,
        "codec": "zstd",
    }
    entry = {
        "datastore": datastore,
        "kind": "files",
        "artifacts": [artifact],
        "facts": CONTENT,
    }
    return {
        "id": BACKUP,
        "stack": "harbor",
        "environment": "prod",
        "origin": "asked",
        "run": "k3f9q2",
        "requester": "ana",
        "made_at": "2026-11-22T01:02:03Z",
        "made_by": {"interlock": "0.1.0"},
        "stores": {datastore: entry},
    }


def answers(case: Mapping[str, Any]) -> dict[str, JsonObject]:
    state = {**STATE, "mounted": case.get("mounted", False)}
    if case.get("gone"):
        state |= {"identity": "", "files": 0, "bytes": 0}
    known = {
        "files.state": state,
        "repository.backup": {"manifest": case.get("manifest", manifest()), "checksum": "c" * 64},
    }
    if "differs" in case:
        known["files.difference"] = case["differs"]
    return known


def facts(params: RestoreParams, case: Mapping[str, Any]) -> Facts:
    """Exactly what the planner asked for, and no more."""
    values: dict[str, JsonObject] = {}
    missing: dict[str, str] = {}
    known = answers(case)
    for query in FILES.restore_needs(STACK, params):
        if query.fact == "disk.free":
            is_repository = query.args["path"] == "/srv/repository"
            device = case.get("repository_disk", "1") if is_repository else "1"
            values[query.key] = {"free_bytes": 10**9, "device": device}
        elif query.fact in known:
            values[query.key] = known[query.fact]
        else:
            missing[query.key] = "it took too long"
    return Facts(values, missing)


def planned(case: Mapping[str, Any]) -> RestorePart:
    params = RestoreParams(datastore="uploads", backup=BACKUP, mode=case["mode"])
    return FILES.restore(STACK, params, facts(params, case))


def keys(stages: Stages) -> list[list[str]]:
    return [[step.key for step in stage] for stage in stages]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: Mapping[str, Any]) -> None:
    """Every row: what is asked and what is known give these steps, losses and guards."""
    part = planned(case)
    assert keys(part.prepare) == case["prepare"]
    assert keys(part.swap) == case["swap"]
    assert keys(part.finish) == case["finish"]
    assert list(part.loses) == case["loses"]
    assert list(part.keeps) == case["keeps"]
    assert {guard.name: guard.at_least for guard in part.guards} == case["guards"]


def test_every_step_can_be_repeated_and_what_changes_can_be_taken_back() -> None:
    """All are idempotent; filling and exchanging have undos, the exchange a probe."""
    part = planned(CASES[0])
    steps = {s.key: s for stage in part.prepare + part.swap + part.finish for s in stage}
    assert all(step.idempotent for step in steps.values())
    undos = {key: step.undo.action for key, step in steps.items() if step.undo}
    assert undos == {"extract": "files.remove_side", "exchange": "files.exchange_back"}
    assert steps["exchange"].probe is not None


def test_a_plan_is_bound_to_the_folder_and_the_backup_and_to_no_quantity() -> None:
    """More files do not void an approval; another folder at the path does."""
    part = planned(CASES[0])
    assert part.binding == {"folder": "1:42", "checksum": "c" * 64, "digest": "d" * 64}


def test_a_backup_without_the_folder_is_refused() -> None:
    """It says what it holds instead."""
    with pytest.raises(BrokenBackup, match="does not hold uploads; it holds: photos"):
        planned({**CASES[0], "manifest": manifest("photos")})


def backup_facts(state: JsonObject) -> Facts:
    values = {
        q.key: state if q.fact == "files.state" else {"free_bytes": 10**9, "device": "1"}
        for q in FILES.backup_needs(STACK, "uploads")
    }
    return Facts(values)


def test_a_backup_of_a_folder_interrupts_nothing() -> None:
    """READ, one step with the run's own backup id, room in the repository for all of it."""
    part = FILES.backup(STACK, "uploads", backup_facts(STATE))
    assert part.risk is Risk.READ
    assert part.affects == ()
    assert part.dump.key == "dump.uploads"
    assert part.dump.args == {"datastore": "uploads", "backup": "{started}-{run}"}
    assert [(g.query.args["path"], g.at_least) for g in part.guards] == [
        ("/srv/repository", 1_050_000)
    ]


def test_a_folder_that_is_not_there_cannot_be_backed_up() -> None:
    """An empty backup must never take the place of a good one."""
    with pytest.raises(FactUnavailable, match="/srv/uploads of harbor/uploads is not there"):
        FILES.backup(STACK, "uploads", backup_facts({**STATE, "identity": ""}))


def test_a_repository_inside_the_folder_is_refused() -> None:
    """It would back itself up, and be exchanged away in a restore."""
    with pytest.raises(BadArgument, match="lies inside the folder"):
        FILES.backup(STACK, "uploads", backup_facts({**STATE, "path": "/srv"}))


def test_an_undo_counts_what_was_written_since() -> None:
    """It is a destructive plan of its own, bound to both folders."""
    part = undone({"changed_since": 7})
    assert part.loses == (
        "7 files of uploads written since the exchange at 2026-11-22 01:10:00 UTC",
    )
    assert keys(part.prepare + part.swap) == [["identify"], ["exchange"]]
    assert part.swap[0][0].args == {"datastore": "uploads", "run": "r2aaaa"}
    assert part.binding == {"folder": "1:42", "kept": "1:43"}


def test_a_copy_that_was_never_live_is_not_undone_to() -> None:
    """Restoring beside replaced nothing, so there is nothing to take back."""
    with pytest.raises(BadArgument, match="it replaced nothing"):
        undone({"role": "beside"})


def undone(more: JsonObject) -> RestorePart:
    params = RestoreParams(datastore="uploads", backup="r2aaaa", mode="undo")
    kept = {
        "run": "r2aaaa",
        "path": "/srv/.uploads.interlock-r2aaaa",
        "role": "kept",
        "since": "2026-11-22T01:10:00Z",
        "identity": "1:43",
        "changed_since": 0,
        **more,
    }
    values = {
        q.key: STATE if q.fact == "files.state" else kept for q in FILES.undo_needs(STACK, params)
    }
    return FILES.undo(STACK, params, Facts(values))
