"""The steps of a data breach as plans: facts in, steps, risk and undo out."""

from typing import Any

import pytest

from playbooks.byhand.known import Known
from playbooks.catalogue import by_hand
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.breach import Custody
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations.breach.clean import BREACH_ERADICATE, BREACH_REVOKE
from playbooks.operations.breach.evidence import BREACH_PRESERVE, BREACH_REVIEW
from playbooks.operations.breach.network import BREACH_ISOLATE, BREACH_RECONNECT
from playbooks.operations.breach.parts import (
    IsolateParams,
    PreserveParams,
    ReconnectParams,
    ReviewParams,
    RevokeParams,
)
from playbooks.playbook import Playbook

HARBOR = Stack.model_validate(
    {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops",
        "compose": {"project": "harbor", "files": ["/srv/compose.yaml"]},
        "services": {
            "db": {},
            "api": {"needs": ["db"], "health": {"kind": "container"}},
            "web": {"needs": ["api"]},
        },
        "datastores": {
            "main": {"kind": "postgres", "database": "m", "user": "m", "password": "env:PW"},
            "uploads": {"kind": "files", "path": "/uploads"},
        },
        "breach": {"evidence": "/evidence"},
    }
)
NET = {"network": "n1", "name": "harbor_default", "aliases": ["api", "harbor-api-1"]}
API: JsonObject = {
    "id": "c1",
    "name": "harbor-api-1",
    "image": "sha256:aaa",
    "up": True,
    "networks": [NET],
    "bytes": 1_000_000,
}


def made(playbook: Playbook[Any], params: Model, **containers: list[JsonObject]) -> Plan:
    """The plan where the services have these containers."""
    answers: dict[str, JsonObject] = {}
    for query in playbook.needs(HARBOR, params):
        if query.fact == "disk.free":
            answers[query.key] = {"free_bytes": 10**9}
        else:
            answers[query.key] = {"containers": containers[str(query.args["service"])]}
    return playbook.plan(HARBOR, params, Facts(answers))


def isolate(*services: str) -> IsolateParams:
    return IsolateParams(incident="inc-1", services=services)


def keys(plan: Plan) -> list[list[str]]:
    return [[step.key for step in stage] for stage in plan.stages]


def test_isolating_is_taken_back_by_its_own_networks() -> None:
    """One step a service, a change; its undo knows the networks, aliases and all."""
    plan = made(BREACH_ISOLATE, isolate("api"), api=[API])
    assert (plan.risk, keys(plan)) == (Risk.CHANGE, [["isolate.api"]])
    [step] = plan.steps
    assert step.undo is not None
    assert step.undo.args["networks"]["c1"][0]["aliases"] == ["api", "harbor-api-1"]
    assert plan.affects == ("api reaches nobody and is reached by nobody, not by web either.",)
    assert plan.keeps == ("api runs on, with all that is in its memory",)
    assert plan.binding["networks"]["api"]["c1"][0]["name"] == "harbor_default"


def test_what_is_isolated_already_needs_nothing() -> None:
    """No network, no step."""
    plan = made(BREACH_ISOLATE, isolate("api"), api=[{**API, "networks": []}])
    assert plan.nothing_to_do
    assert plan.notes == ("Nothing to do: api is on no network.",)


@pytest.mark.parametrize("mode", ["host", "container:c9"])
def test_a_network_of_others_cannot_be_left(mode: str) -> None:
    """A container that shares a network stack cannot be taken off it: said, with what helps."""
    with pytest.raises(BadArgument, match="has no network of its own") as refused:
        made(BREACH_ISOLATE, isolate("api"), api=[{**API, "mode": mode}])
    assert "kill" in refused.value.hint


def test_reconnecting_leaves_out_what_was_made_anew() -> None:
    """Only containers that are still there, and still on no network."""
    joined = ReconnectParams.model_validate(
        {"incident": "inc-1", "networks": {"api": {"c1": [NET]}}}
    )
    plan = made(BREACH_RECONNECT, joined, api=[{**API, "networks": []}])
    assert keys(plan) == [["rejoin.api"]]
    other = made(BREACH_RECONNECT, joined, api=[{**API, "id": "c2", "networks": []}])
    assert other.nothing_to_do


def test_preserving_gathers_then_seals() -> None:
    """All services at once, then the seal; room for twice the size is required beforehand."""
    params = PreserveParams(incident="inc-1", services=("api", "db"))
    db = {**API, "id": "c0", "name": "harbor-db-1", "networks": [], "up": False}
    plan = made(BREACH_PRESERVE, params, api=[API], db=[db])
    assert keys(plan) == [["gather.api", "gather.db"], ["seal"]]
    assert plan.risk is Risk.CHANGE
    assert [(guard.query, guard.at_least) for guard in plan.guards] == [
        (FactQuery(fact="disk.free", args={"path": "/evidence"}), 4_000_000)
    ]
    assert plan.affects == ("harbor-api-1 stands still while an image of it is made.",)
    assert any("--volumes" in note for note in plan.notes)
    whole = params.model_copy(update={"volumes": True})
    assert not any(
        "--volumes" in note for note in made(BREACH_PRESERVE, whole, api=[API], db=[db]).notes
    )
    with pytest.raises(BadArgument, match="nothing of it can be preserved"):
        made(BREACH_PRESERVE, params, api=[API], db=[])


def test_eradicating_loses_what_is_in_the_containers() -> None:
    """Layer by layer made anew and compared with the known image; it is no way back."""
    db = {**API, "id": "c0", "name": "harbor-db-1", "image": "sha256:bbb"}
    plan = made(BREACH_ERADICATE, isolate("api", "db"), api=[API], db=[db])
    assert keys(plan) == [
        ["renew.db"],
        ["clean.db"],
        ["renew.api"],
        ["clean.api"],
        ["health.api"],
    ]
    assert (plan.risk, plan.point_of_no_return) == (Risk.DESTROY, 0)
    assert plan.binding["images"] == {"db": ["sha256:bbb"], "api": ["sha256:aaa"]}
    other = made(
        BREACH_ERADICATE, isolate("api", "db"), api=[{**API, "image": "sha256:ccc"}], db=[db]
    )
    assert other.digest("1") != plan.digest("1")


def test_sessions_are_those_of_postgresql() -> None:
    """Each database in one stage; what has no sessions is refused."""
    plan = made(BREACH_REVOKE, RevokeParams(incident="inc-1", datastores=("main",)))
    assert keys(plan) == [["revoke.main"]]
    with pytest.raises(BadArgument, match="uploads of harbor is no PostgreSQL"):
        made(BREACH_REVOKE, RevokeParams(incident="inc-1", datastores=("uploads",)))


def test_a_review_reads_all_evidence_again() -> None:
    """One step for each folder, with the checksum that the audit has; without any, nothing."""
    kept = Custody(
        incident="inc-1", folder="/evidence/inc-1/k3f9q2", files=5, bytes=10, sha256="abc"
    )
    plan = made(BREACH_REVIEW, ReviewParams(incident="inc-1", kept=(kept,)))
    assert (plan.risk, keys(plan)) == (Risk.READ, [["compare.1"]])
    assert plan.steps[0].args == {"folder": "/evidence/inc-1/k3f9q2", "sha256": "abc"}
    assert made(BREACH_REVIEW, ReviewParams(incident="inc-1")).nothing_to_do


def test_every_step_can_be_done_by_hand() -> None:
    """The runbook has lines for each, undo included."""
    joined = ReconnectParams.model_validate(
        {"incident": "inc-1", "networks": {"api": {"c1": [NET]}}}
    )
    volumes = PreserveParams(incident="inc-1", services=("api",), volumes=True)
    kept = Custody(incident="inc-1", folder="/e", files=1, bytes=1, sha256="abc")
    plans = [
        made(BREACH_ISOLATE, isolate("api"), api=[API]),
        made(BREACH_RECONNECT, joined, api=[{**API, "networks": []}]),
        made(BREACH_PRESERVE, volumes, api=[API]),
        made(BREACH_REVOKE, RevokeParams(incident="inc-1", datastores=("main",))),
        made(BREACH_ERADICATE, isolate("api"), api=[API]),
        made(BREACH_REVIEW, ReviewParams(incident="inc-1", kept=(kept,))),
    ]
    known = Known(stack=HARBOR)
    for plan in plans:
        for step in plan.steps:
            assert by_hand(known, step.call), step.key
            assert step.undo is None or by_hand(known, step.undo)
    [rejoin] = by_hand(known, plans[1].steps[0].call)
    assert rejoin == ("docker network connect --alias api --alias harbor-api-1 harbor_default c1")
