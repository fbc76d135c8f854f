"""Plans for two projects beside each other, as a table."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import Facts
from playbooks.model.plan import Plan, Risk
from playbooks.model.stack import Stack
from playbooks.operations.bluegreen import (
    BLUEGREEN_BACK,
    BLUEGREEN_RETIRE,
    BLUEGREEN_SWITCH,
    BLUEGREEN_UP,
    STATE,
    RetireParams,
    SwitchParams,
    UpParams,
)

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/bluegreen.yaml").read_text())
HARBOR: JsonObject = {
    "name": "harbor",
    "environment": "prod",
    "channel": "ops-harbor",
    "compose": {"project": "blue", "files": ["compose.yaml"]},
    "services": {"api": {}, "database": {}},
    "datastores": {
        "database": {"kind": "postgres", "service": "database", "database": "a", "user": "a"}
    },
    "deploy": {
        "bluegreen": {
            "projects": ["blue", "green"],
            "files": ["colours.yaml"],
            "services": ["api"],
            "variable": "VERSION",
            "entry": "api",
            "port": 8000,
            "switch": {"kind": "nginx", "file": "/etc/nginx/conf.d/api.conf", "upstream": "api"},
        }
    },
}


def project(described: str) -> JsonObject:
    """`1.0`, `1.0!` or nothing."""
    version = described.rstrip("!")
    health = "unhealthy" if described.endswith("!") else "healthy"
    container = {"id": version, "name": f"api-{version}", "image": "i", "status": "running"}
    services = {"api": [{**container, "health": health}] if described else []}
    return {"version": version, "services": services}


def facts(case: JsonObject) -> Facts:
    previous = case.get("previous", "").split()
    state = {
        "live": case["live"] or None,
        "previous": dict(zip(("project", "version"), previous, strict=False)) or None,
        "content": "as it was",
        "projects": {name: project(case.get(name, "")) for name in ("blue", "green")},
        "fixed": case.get("fixed", []),
    }
    return Facts({STATE.key: state})


def planned(case: JsonObject) -> Plan:
    stack = Stack.model_validate(HARBOR)
    what, *rest = case["asked"].split()
    match what:
        case "up":
            params = UpParams(version=rest[0], switch="switch" in rest)
            return BLUEGREEN_UP.plan(stack, params, facts(case))
        case "switch":
            return BLUEGREEN_SWITCH.plan(stack, SwitchParams(), facts(case))
        case "back":
            return BLUEGREEN_BACK.plan(stack, SwitchParams(), facts(case))
    retire = RetireParams(**dict(zip(("project", "version"), rest, strict=False)))
    return BLUEGREEN_RETIRE.plan(stack, retire, facts(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    """Every row of tests/cases/bluegreen.yaml."""
    if "refused" in case:
        with pytest.raises(BadArgument, match=case["refused"]):
            planned(case)
        return
    plan = planned(case)
    assert [step.key for step in plan.steps] == case["steps"]
    assert plan.undo_hint == case.get("undo", "")
    assert list(plan.loses) == ([case["loses"]] if "loses" in case else [])
    later = plan.afterwards
    told = f"{later.params['project']} {later.params['version']}" if later else ""
    assert told == case.get("later", "")
    assert plan.risk is Risk.CHANGE


def test_every_effect_is_taken_back() -> None:
    """A failure after the switch puts the proxy's file back as it was, and removes what came up."""
    plan = planned({"asked": "up 2.0 switch", "live": "blue", "blue": "1.0"})
    undo = {step.key: step.undo for step in plan.steps}
    assert undo["start"] is not None
    assert undo["start"].action == "bluegreen.remove"
    assert undo["switch"] is not None
    assert undo["switch"].args == {"content": "as it was"}
    assert all(step.idempotent for step in plan.steps)


def test_another_route_makes_it_another_plan() -> None:
    """Who approved a switch approved it away from what was live then."""
    case = {"asked": "switch", "live": "blue", "blue": "1.0", "green": "2.0"}
    digests = {planned({**case, **more}).digest("1") for more in ({}, {"green": "2.1"})}
    assert len(digests) == 2


def test_what_stores_data_is_never_doubled() -> None:
    """A stack file that doubles a store's service is refused with its name."""
    doubled = {**HARBOR["deploy"]["bluegreen"], "services": ["api", "database"]}
    with pytest.raises(ValidationError, match=r"'database'.*shared, never doubled"):
        Stack.model_validate({**HARBOR, "deploy": {"bluegreen": doubled}})
