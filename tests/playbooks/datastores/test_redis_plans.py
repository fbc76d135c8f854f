"""The planner of Redis: the table of tests/cases/redis.yaml, and what an undo may not do."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.datastores.protocol import RestoreParams
from playbooks.datastores.redis import REDIS
from playbooks.datastores.redis_model import DumpFacts, KeptFact, Keys, Layout, RedisFact
from playbooks.errors import BadArgument, FactUnavailable
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Risk
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Artifact, Manifest, StoreEntry, made_by_us
from tests.support.work import STARTED

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/redis.yaml").read_text())
BACKUP = "20261122-010203-k3f9q2"
STACK = Stack.model_validate(
    {
        "name": "tide",
        "environment": "prod",
        "channel": "ops-tide",
        "compose": {"project": "tide", "files": ["compose.yaml"]},
        "services": {"cache": {}},
        "datastores": {"cache": {"kind": "redis", "service": "cache"}},
        "backup": {"repository": "s3://tide"},
    }
)


def keyspace(counts: dict[str, int], expires: int = 0) -> dict[str, Keys]:
    return {db: Keys(keys=keys, expires=expires) for db, keys in counts.items()}


def layout(*, aof: bool = False) -> Layout:
    return Layout(version="8.0.2", folder="/data", aof=aof, append_folder="appendonlydir")


def server(case: dict[str, Any]) -> RedisFact:
    running = "now" in case
    return RedisFact(
        running=running,
        container="c0ffee",
        container_name="tide-cache",
        image="sha256:1",
        mounts=tuple(case.get("mounts", ["/data"])),
        layout=layout(aof=case.get("aof", False)) if running else None,
        keys=keyspace(case.get("now", {})),
        used_bytes=5000,
        free_bytes=10**9 if running else None,
        memory_bytes=10**9 if running else None,
    )


def manifest(case: dict[str, Any]) -> Manifest:
    then, expires = case.get("then", {}), case.get("expires", 0)
    facts = DumpFacts(
        layout=layout(aof=case.get("aof", False)),
        keys=keyspace(then, expires),
        keys_read=sum(then.values()),
        expires_read=expires,
        exact=True,
        used_bytes=4000,
    )
    artifact = Artifact(
        name="cache.rdb.zst",
        bytes=1000,
        stored_bytes=500,
        sha256="0" * 64,
        plain_sha256="0" * 64,
        codec="zstd",
    )
    entry = StoreEntry(
        datastore="cache",
        kind="redis",
        artifacts=(artifact,),
        facts=facts.model_dump(mode="json"),
    )
    return Manifest(
        id=BACKUP,
        stack="tide",
        environment="prod",
        origin="asked",
        run="k3f9q2",
        requester="ana",
        made_at=STARTED,
        made_by=made_by_us(),
        stores={"cache": entry},
    )


def facts_of(case: dict[str, Any], kept: KeptFact | None = None) -> Facts:
    state = FactQuery(fact="redis.state", args={"datastore": "cache"})
    known = {state.key: server(case).model_dump(mode="json")}
    if kept is not None:
        query = FactQuery(fact="redis.kept", args={"datastore": "cache", "run": kept.run})
        known[query.key] = kept.model_dump(mode="json")
    backup = FactQuery(fact="repository.backup", args={"backup": BACKUP})
    described = manifest(case).model_dump(mode="json")
    return Facts({**known, backup.key: {"manifest": described, "checksum": "1" * 64}})


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_plans_follow_from_the_facts(case: dict[str, Any]) -> None:
    """Every row of tests/cases/redis.yaml gives these steps and these words."""
    params = RestoreParams(datastore="cache", backup=BACKUP, mode=case["mode"])
    if "refused" in case:
        with pytest.raises(BadArgument, match=case["refused"]):
            REDIS.restore(STACK, params, facts_of(case))
        return
    part = REDIS.restore(STACK, params, facts_of(case))
    keys = {
        name: [[step.key for step in stage] for stage in getattr(part, name)]
        for name in ("prepare", "swap", "finish")
    }
    assert keys == {name: case[name] for name in keys}
    assert [list(part.stops), list(part.loses), list(part.keeps), list(part.notes)] == [
        case[name] for name in ("stops", "loses", "keeps", "notes")
    ]


def test_a_backup_interrupts_nothing_and_needs_a_server_that_runs() -> None:
    """Risk READ, nothing stopped, room in the data folder; of a stopped one it is refused."""
    part = REDIS.backup(STACK, "cache", facts_of({"now": {"0": 1}}))
    assert part.risk == Risk.READ and part.stops == ()
    assert [guard.at_least for guard in part.guards] == [5000]
    with pytest.raises(FactUnavailable, match="does not run, so it writes no snapshot"):
        REDIS.backup(STACK, "cache", facts_of({}))


def test_quantities_bind_nothing_and_the_file_in_use_does() -> None:
    """More keys leave the plan as approved; an append-only file switched on voids it."""
    params = RestoreParams(datastore="cache", backup=BACKUP)
    plans = [
        REDIS.restore(STACK, params, facts_of(case)).binding
        for case in ({"now": {"0": 1}}, {"now": {"0": 9}}, {"now": {"0": 1}, "aof": True})
    ]
    assert plans[0] == plans[1] != plans[2]


def kept(**changes: Any) -> KeptFact:
    usual: dict[str, Any] = {
        "run": "k3f9q2",
        "part": "original",
        "role": "kept",
        "path": "/data/.interlock-k3f9q2/original",
        "since": STARTED,
        "aof": True,
        "snapshot": True,
        "keys": {"0": {"keys": 7}},
    }
    return KeptFact.model_validate(usual | changes)


@pytest.mark.parametrize(
    ("aof", "changes", "why"),
    [
        (True, {"aof": False}, "without any keys"),
        (False, {"snapshot": False}, "without any keys"),
        (True, {"role": "beside"}, "it replaced nothing"),
    ],
)
def test_an_undo_never_brings_up_an_empty_server(
    aof: bool, changes: dict[str, Any], why: str
) -> None:
    """Kept data that the server, as it is set now, would not read are refused with the reason."""
    params = RestoreParams(datastore="cache", backup="k3f9q2", mode="undo")
    with pytest.raises(BadArgument, match=why):
        REDIS.undo(STACK, params, facts_of({"now": {"0": 9}, "aof": aof}, kept(**changes)))


def test_an_undo_says_what_was_there() -> None:
    """Keys now against keys when they were replaced; and the other copy is kept in turn."""
    params = RestoreParams(datastore="cache", backup="k3f9q2", mode="undo")
    part = REDIS.undo(STACK, params, facts_of({"now": {"0": 9}, "aof": True}, kept()))
    assert part.loses == (
        "all changes in db0: 9 keys now, 7 in what was replaced at 2026-11-22 01:02:03 UTC",
    )
    assert part.keeps == ("what is live now, in /data/.interlock-k3f9q2/restored",)
    assert part.stops == ("cache",)
