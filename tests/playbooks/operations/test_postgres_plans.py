"""The plans for a PostgreSQL database: the table of tests/cases/postgres.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.datastores.protocol import BackupParams, RestoreParams
from playbooks.errors import BadArgument, FactUnavailable, InputError, UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations.backup import BACKUP
from playbooks.operations.restore import RESTORE

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/postgres.yaml").read_text())
BACKUP_ID = "20261122-010203-k3f9q2"

PROCESS = {"argv": ["run"], "directory": "/srv", "state": "/srv"}
HEALTH = {"kind": "tcp", "port": 1}
STACK = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "services": {
            "db": {},
            "api": {"process": PROCESS, "needs": ["db"], "health": HEALTH},
            "web": {"process": PROCESS, "needs": ["api"]},
            "worker": {"process": PROCESS, "needs": ["db", "api"]},
            "cron": {"needs": ["db"]},
        },
        "datastores": {
            "postgres": {
                "kind": "postgres",
                "service": "db",
                "database": "harbor",
                "user": "keeper",
            },
            "other": {"kind": "postgres", "database": "other", "user": "keeper"},
        },
        "backup": {"repository": "file:///srv/repository"},
    }
)

SCHEMA = {"names": {"columns": "n"}, "definitions": {"columns": "d"}}
SERVER = {"version": "18.4", "version_num": 180004, "system_identifier": "77"}
DESCRIPTION: JsonObject = {
    "database": "harbor",
    "oid": 4242,
    "locale": {"encoding": "UTF8", "provider": "libc", "collate": "C", "ctype": "C"},
    "owner": "keeper",
    "size_bytes": 1_000_000,
    "connection_limit": -1,
    "comment": None,
    "template": False,
    "settings": [],
    "privileges": None,
    "extensions": {},
    "roles": ["keeper"],
    "schema_digests": SCHEMA,
    "sequences": {},
    "large_objects": 0,
    "not_validated": [],
    "written": {"tables": {"public.bookings": {"inserted": 9, "updated": 0, "deleted": 0}}},
}
DATABASE: JsonObject = {
    "read_at": "2026-11-22T04:14:03Z",
    "server": SERVER,
    "in_recovery": False,
    "data_free_bytes": 10**12,
    "data_device": "1",
    "user": {
        "name": "keeper",
        "superuser": False,
        "create_database": True,
        "create_role": True,
        "signal_backends": True,
        "acts_as_owner": True,
    },
    "roles": ["keeper", "postgres"],
    "databases": ["harbor", "postgres"],
    "description": DESCRIPTION,
}
DUMP: JsonObject = {
    "server": SERVER,
    "tools": "pg_dump (PostgreSQL) 18.4",
    "description": DESCRIPTION,
    "counted": {"rows": {"public.bookings": 40_000}},
    "globals": {"artifact": "postgres.globals.sql.zst", "passwords": False},
    "dump": "postgres.dump.zst",
}
LIVE_ROWS: JsonObject = {
    "rows": {"public.bookings": 3},
    "written": {"tables": {"public.bookings": {"inserted": 9, "updated": 0, "deleted": 39_997}}},
}
KEPT_ROWS: JsonObject = {"rows": {"public.bookings": 9}, "written": {}}
COPY: JsonObject = {
    "database": "harbor_before_k3f9q2",
    "oid": 4141,
    "run": "k3f9q2",
    "size_bytes": 900_000,
    "owner": "keeper",
    "mark": None,
}


def merged(base: JsonObject, changes: Mapping[str, Any] | None) -> JsonObject:
    result = dict(base)
    for key, value in (changes or {}).items():
        inner = result.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        result[key] = merged(inner, value) if both else value  # type: ignore[arg-type]
    return result


def manifest(dump: JsonObject) -> JsonObject:
    artifact = {
        "name": "postgres.dump.zst",
        "bytes": 700_000,
        "stored_bytes": 200_000,
        "sha256": "a" * 64,
        "plain_sha256": "b" * 64,
        "codec": "zstd",
    }
    return {
        "id": BACKUP_ID,
        "stack": "harbor",
        "environment": "prod",
        "origin": "asked",
        "run": "k3f9q2",
        "requester": "ana",
        "made_at": "2026-11-22T01:02:03Z",
        "made_by": {"interlock": "0.1.0"},
        "stores": {
            "postgres": {
                "datastore": "postgres",
                "kind": "postgres",
                "artifacts": [artifact],
                "facts": dump,
            }
        },
    }


SUMMARY: JsonObject = {
    "id": BACKUP_ID,
    "made_at": "2026-11-22T01:02:03Z",
    "origin": "asked",
    "run": "k3f9q2",
    "requester": "ana",
    "environment": "prod",
    "stores": {},
    "bytes": 700_000,
    "stored_bytes": 200_000,
    "encrypted": False,
}


def answers(case: Mapping[str, Any]) -> dict[str, JsonObject]:
    dump = merged(DUMP, case.get("dump"))
    return {
        "clock.now": {"now": "2026-11-22T04:14:03Z"},
        "disk.free": {"free_bytes": 10**12, "device": "1"},
        "repository.standing": {"repository": "file:///var/backups", "state": "there"},
        "repository.backup": {
            "summary": SUMMARY,
            "manifest": manifest(dump),
            "checksum": "c" * 64,
        },
        "postgres.database": merged(DATABASE, case.get("database")),
        "postgres.kept": {"copies": case.get("kept", [COPY])},
        "postgres.archive": case.get("archive", {}),
    }


def answer(query: FactQuery, case: Mapping[str, Any]) -> JsonObject:
    """What is known, by the case. A fact that nobody should ask for is an error."""
    if query.fact == "service.state":
        return {"state": case.get("services", {}).get(query.args["service"], "stopped")}
    if query.fact == "postgres.rows":
        return KEPT_ROWS if "run" in query.args else LIVE_ROWS
    return answers(case)[query.fact]


def planned(case: Mapping[str, Any]) -> Plan:
    mode = case.get("mode", "swap")
    backup = "k3f9q2" if mode == "undo" else BACKUP_ID
    params = RestoreParams(datastore="postgres", backup=backup, mode=mode, at=case.get("at"))
    queries = RESTORE.needs(STACK, params)
    return RESTORE.plan(STACK, params, Facts({q.key: answer(q, case) for q in queries}))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_restore(case: dict[str, Any]) -> None:
    """What the table says of each case comes of it."""
    if "refused" in case:
        with pytest.raises(InputError, match=case["refused"]) as refused:
            planned(case)
        assert refused.value.hint
        return
    plan = planned(case)
    assert plan.risk is Risk(case.get("risk", "DESTROY"))
    if "stages" in case:
        assert [[step.key for step in stage] for stage in plan.stages] == case["stages"]
    if "point_of_no_return" in case:
        assert plan.point_of_no_return == case["point_of_no_return"]
    if "owed" in case:
        assert {owed.key: owed.since for owed in plan.owed} == case["owed"]
    if "resources" in case:
        held = [f"{r.key}{' exclusive' if r.exclusive else ''}" for r in plan.resources]
        assert held == case["resources"]
    if "loses" in case:
        assert list(plan.loses) == case["loses"]
    if "affects" in case:
        assert [line.split()[0] for line in plan.affects] == case["affects"]
    if "guards" in case:
        assert [guard.name for guard in plan.guards] == case["guards"]
    for note in case.get("notes", ()):
        assert note in plan.notes


def test_every_restore_says_its_age_and_its_way_back() -> None:
    """The first line is fit for a lock screen, and how to undo is named."""
    plan = planned({})
    assert plan.summary == "RESTORE prod/harbor postgres to 01:02 UTC today, loses 3 h 12 min"
    assert plan.undo_hint == "/ops restore harbor postgres --undo {run}"
    assert plan.keeps[0] == "the replaced database, whole, as harbor_before_{run}"


def test_the_clock_and_rows_do_not_bind() -> None:
    """The same plan an hour later, with other numbers of rows, has the same digest."""
    params = RestoreParams(datastore="postgres", backup=BACKUP_ID)
    queries = RESTORE.needs(STACK, params)
    values = {q.key: answer(q, {}) for q in queries}
    later = {
        key: {"now": "2026-11-22T05:14:03Z"} if key.startswith("clock") else value
        for key, value in values.items()
        if not key.startswith("postgres.rows")
    }
    first = RESTORE.plan(STACK, params, Facts(values))
    second = RESTORE.plan(STACK, params, Facts(later, {q.key: "too slow" for q in queries}))
    assert first.digest("p") == second.digest("p")
    assert second.loses == ("everything written since the backup; not counted: too slow",)


@pytest.mark.parametrize(
    "changed",
    [
        {"database": {"server": {"version": "18.5"}}},
        {"database": {"server": {"system_identifier": "78"}}},
        {"database": {"description": {"oid": 1}}},
        {"database": {"description": {"owner": "other"}}},
        {"database": {"description": {"schema_digests": {"definitions": {"columns": "e"}}}}},
        {"services": {"api": "running"}},
        {"services": {"cron": "unmanaged"}},
    ],
)
def test_what_binds(changed: dict[str, Any]) -> None:
    """Another server, database, owner, schema or state of a service makes another plan."""
    assert planned({}).digest("p") != planned(changed).digest("p")


def test_a_backup_of_two_databases_dumps_both_at_once() -> None:
    """It interrupts nothing, shares the stack, and what it needs of one disk adds up."""
    params = BackupParams(datastores=("postgres", "other", "postgres"))
    queries = BACKUP.needs(STACK, params)
    plan = BACKUP.plan(STACK, params, Facts({q.key: answer(q, {}) for q in queries}))
    assert [[s.key for s in stage] for stage in plan.stages] == [
        ["begin"],
        ["dump.postgres", "dump.other"],
        ["publish"],
        ["prune"],
    ]
    assert plan.risk is Risk.READ and plan.affects == ()
    assert [r.key for r in plan.resources if r.exclusive] == [
        "datastore:harbor/postgres",
        "datastore:harbor/other",
    ]
    assert [guard.at_least for guard in plan.guards] == [1_000_000]
    assert plan.summary == "BACKUP prod/harbor postgres, other"


def test_a_backup_of_nothing_or_of_the_unknown_is_refused() -> None:
    """The message names what there is."""
    with pytest.raises(BadArgument, match="nothing to back up"):
        BACKUP.plan(STACK, BackupParams(datastores=()), Facts())
    with pytest.raises(UnknownName, match="no datastore 'mongo'"):
        BACKUP.needs(STACK, BackupParams(datastores=("mongo",)))


def test_a_restore_without_its_facts_is_not_planned() -> None:
    """What could not be read is said with its reason."""
    params = RestoreParams(datastore="postgres", backup=BACKUP_ID)
    with pytest.raises(FactUnavailable, match=r"repository\.backup"):
        RESTORE.plan(STACK, params, Facts())
