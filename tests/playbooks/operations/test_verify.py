"""The plan that reads a whole backup."""

from pathlib import Path

import pytest

from playbooks.errors import FactUnavailable
from playbooks.model.facts import Facts
from playbooks.model.plan import Plan, Risk
from playbooks.operations.verify import VERIFY, VerifyParams
from tests.support.harbor import harbor

STACK = harbor(Path("/srv"))
PARAMS = VerifyParams(backup="20261122-010203-k3f9q2")
SUMMARY = {
    "id": PARAMS.backup,
    "made_at": "2026-11-22T01:02:03Z",
    "origin": "scheduled",
    "run": "k3f9q2",
    "requester": "ana",
    "environment": "prod",
    "stores": {"uploads": {"kind": "files", "bytes": 9, "stored_bytes": 5, "seconds": 1.5}},
    "bytes": 20_000_000,
    "stored_bytes": 5_200_000,
    "encrypted": True,
}


def planned(checksum: str = "a" * 64) -> Plan:
    (query,) = VERIFY.needs(STACK, PARAMS)
    facts = Facts({query.key: {"summary": SUMMARY, "manifest": {}, "checksum": checksum}})
    return VERIFY.plan(STACK, PARAMS, facts)


def test_it_only_reads() -> None:
    """One idempotent step, no risk, nothing affected."""
    plan = planned()
    assert [(s.action, s.args, s.idempotent) for s in plan.steps] == [
        ("repository.verify", {"backup": PARAMS.backup}, True)
    ]
    assert (plan.risk, plan.affects, plan.loses) == (Risk.READ, (), ())
    assert plan.summary == "VERIFY prod/harbor backup 20261122-010203-k3f9q2 (uploads)"
    assert [line.value for line in plan.shown][1:] == ["uploads: 20 MB", "5.2 MB, encrypted"]


def test_another_manifest_is_another_plan() -> None:
    """It is bound to the checksum of the manifest."""
    assert planned().digest("1") == planned().digest("1")
    assert planned().digest("1") != planned("b" * 64).digest("1")


def test_a_backup_that_is_not_there_cannot_be_planned() -> None:
    """The reason of the reader is given."""
    (query,) = VERIFY.needs(STACK, PARAMS)
    with pytest.raises(FactUnavailable, match="harbor has no backup"):
        VERIFY.plan(STACK, PARAMS, Facts(missing={query.key: "harbor has no backup"}))
