"""Requests, votes and a policy to decide on."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from playbooks.gate.policy import Policy
from playbooks.model.plan import Plan, Risk, Step
from playbooks.model.request import Request, Vote

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLICY: dict[str, Any] = {
    "people": {
        "ana": {"slack": "U0ANA", "roles": ["operator", "approver"]},
        "ben": {"slack": "U0BEN", "roles": ["approver"]},
        "cleo": {"slack": "U0CLEO", "roles": ["approver"]},
        "dora": {"slack": "U0DORA", "roles": ["lead"]},
        "eve": {"slack": "U0EVE", "roles": ["viewer"]},
        "fin": {"slack": "U0FIN", "roles": ["dev_approver"]},
    },
    "roles": {
        "operator": {"may": ["read", "ask"]},
        "approver": {"may": ["read", "ask", "approve"]},
        "dev_approver": {"may": ["approve"], "environments": ["dev"]},
        "lead": {"may": ["read", "ask", "approve", "break_glass"]},
        "viewer": {"may": ["read"]},
    },
    "policy": [
        {"risk": "READ", "approvals": 0},
        {"risk": "CHANGE", "environment": "dev", "approvals": 0},
        {"risk": "CHANGE", "approvals": 1, "from": ["approver", "lead"]},
        {
            "risk": "DESTROY",
            "operation": "restore",
            "approvals": 2,
            "from": ["approver", "lead"],
            "people": ["ben", "dora"],
        },
        {"risk": "DESTROY", "approvals": 2, "from": ["approver", "lead"], "expires": "1h30m"},
    ],
}


def policy(**more: Any) -> Policy:
    return Policy.model_validate({**POLICY, **more})


def plan(**more: Any) -> Plan:
    values: dict[str, Any] = {
        "operation": "drop",
        "stack": "harbor",
        "environment": "prod",
        "summary": "DROP",
        "risk": Risk.DESTROY,
        "params": {},
        "stages": ((Step(key="drop", name="Drop", action="yard.drop"),),),
        **more,
    }
    return Plan.model_validate(values)


def request(needed: int = 2, **more: Any) -> Request:
    values: dict[str, Any] = {
        "id": "abc234",
        "plan": plan(),
        "digest": "d1",
        "policy_version": "v1",
        "requester": "ana",
        "requester_slack": "U0ANA",
        "channel": "C1",
        "typed": "/ops drop",
        "needed": needed,
        "approver_roles": {"approver", "lead"},
        "asked_at": NOW,
        "expires_at": NOW + timedelta(hours=2),
        "run_within_seconds": 1800,
        **more,
    }
    return Request.model_validate(values)


def vote(
    person: str,
    decision: Literal["approve", "deny"] = "approve",
    digest: str = "d1",
    minutes: int = 1,
    slack: str = "",
) -> Vote:
    return Vote(
        person=person,
        slack=slack or f"U0{person.upper()}",
        decision=decision,
        digest=digest,
        at=NOW + timedelta(minutes=minutes),
    )
