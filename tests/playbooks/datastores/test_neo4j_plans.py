"""Plans for Neo4j, as a table."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.datastores.neo4j import NEO4J
from playbooks.datastores.neo4j_model import Contents, DumpFacts, Kept, Neo4jFact, Noted
from playbooks.datastores.protocol import RestoreParams
from playbooks.errors import BadArgument, FactUnavailable
from playbooks.model.base import JsonObject
from playbooks.model.facts import Facts
from playbooks.model.plan import Risk
from playbooks.model.stack import Stack
from playbooks.repository.manifest import Artifact, MadeBy, Manifest, StoreEntry

_CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "neo4j.yaml").read_text())
_BACKUP = "20261122-010203-k3f9q2"
_AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
_STACK = Stack.model_validate(
    {
        "name": "vine",
        "environment": "prod",
        "channel": "ops-vine",
        "compose": {"project": "vine", "files": ["compose.yaml"]},
        "services": {"graph": {}},
        "datastores": {"neo4j": {"kind": "neo4j", "service": "graph"}},
        "backup": {"repository": "s3://backups/vine"},
    }
)


def contents(labels: dict[str, int] | None) -> Contents | None:
    if labels is None:
        return None
    return Contents(nodes=sum(labels.values()), relationships=0, labels=labels)


def live(case: dict[str, Any], **changes: Any) -> Neo4jFact:
    container, counted = case.get("container", True), contents(case.get("now"))
    fields = {
        "container": "vine-graph-1" if container else "",
        "image": "sha256:1",
        "running": counted is not None,
        "version": "5.26.0",
        "there": container,
        "data_bytes": 1000,
        "free_bytes": 10**9,
        "noted": Noted(contents=counted, why="" if counted else "it does not run"),
    }
    return Neo4jFact.model_validate(fields | changes)


def known(case: dict[str, Any], fact: Neo4jFact, version: str = "5.26.0") -> Facts:
    dump = DumpFacts(
        version=version,
        image="sha256:1",
        database="neo4j",
        contents=contents(case.get("then")),
        transaction=7,
        data_bytes=1000,
    )
    digest = "0" * 64
    artifact = Artifact(
        name="neo4j.data.dump",
        bytes=100,
        stored_bytes=100,
        sha256=digest,
        plain_sha256=digest,
        codec="plain",
    )
    entry = StoreEntry(
        datastore="neo4j",
        kind="neo4j",
        artifacts=(artifact,),
        facts=dump.model_dump(mode="json"),
    )
    manifest = Manifest(
        id=_BACKUP,
        stack="vine",
        environment="prod",
        origin="asked",
        run="k3f9q2",
        requester="ana",
        made_at=_AT,
        made_by=MadeBy(interlock="1"),
        stores={"neo4j": entry},
    )
    backup: JsonObject = {"manifest": manifest.model_dump(mode="json"), "checksum": digest}
    needs = NEO4J.restore_needs(_STACK, asked("swap"))
    answers = (fact.model_dump(mode="json"), backup)
    return Facts({query.key: answer for query, answer in zip(needs, answers, strict=True)}, {})


def asked(mode: str, backup: str = _BACKUP) -> RestoreParams:
    params = {"datastore": "neo4j", "backup": backup, "mode": mode}
    return RestoreParams.model_validate(params)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: str(case["name"]))
def test_restores(case: dict[str, Any]) -> None:
    """Stages, what stops, what is lost and what is kept."""
    part = NEO4J.restore(_STACK, asked(case["mode"]), known(case, live(case)))
    for name in ("prepare", "swap", "finish"):
        keys = [[step.key for step in stage] for stage in getattr(part, name)]
        assert keys == case[name], name
    assert list(part.stops) == case["stops"]
    assert list(part.loses) == case["loses"]
    assert list(part.keeps) == case["keeps"]


def test_a_backup_stops_the_server_and_counts_before() -> None:
    """It is a change, and counts are no part of what is approved."""
    plain = {"now": {"Paper": 1}}
    part = NEO4J.backup(_STACK, "neo4j", known(plain, live(plain)))
    more = {"now": {"Paper": 2}}
    again = NEO4J.backup(_STACK, "neo4j", known(more, live(more)))
    assert part.risk is Risk.CHANGE and part.stops == ("graph",)
    assert [step.action for step in part.before] == ["neo4j.note"]
    assert part.dump == again.dump and part.binding == again.binding


def test_another_major_version_is_refused() -> None:
    """Loading it would need a migration, which nobody asked for."""
    with pytest.raises(BadArgument, match=r"The backup is of Neo4j 4\.4\.38"):
        NEO4J.restore(_STACK, asked("swap"), known({}, live({}), version="4.4.38"))


def test_an_undo_exchanges_whichever_content_is_kept() -> None:
    """What was live before comes back, or, taken back once, what came from the backup."""
    for part, other in (("original", "restored"), ("restored", "original")):
        kept = Kept.model_validate({"run": "r1", "part": part, "role": "kept", "since": _AT})
        found = NEO4J.undo(_STACK, asked("undo", "r1"), known({}, live({}, kept=(kept,))))
        [[exchange]] = found.swap
        assert (exchange.args["incoming"], exchange.args["outgoing"]) == (part, other)
        assert found.stops == ("graph",)


def test_an_undo_without_a_copy_is_refused() -> None:
    """None was kept, or it never was live."""
    with pytest.raises(FactUnavailable, match="run r1 kept no copy of neo4j"):
        NEO4J.undo(_STACK, asked("undo", "r1"), known({}, live({})))
    beside = Kept(run="r1", part="restored", role="beside", since=_AT)
    with pytest.raises(BadArgument, match="it replaced nothing"):
        NEO4J.undo(_STACK, asked("undo", "r1"), known({}, live({}, kept=(beside,))))


def test_a_server_has_time_to_end_by_itself() -> None:
    """A killed one has to recover first, and cannot be dumped."""
    assert _STACK.stop_seconds("graph") == 120
