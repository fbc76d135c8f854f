"""The steps of a stack's own procedures, as plans. Pure."""

from typing import Any

import pytest

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan
from playbooks.model.stack import Stack
from playbooks.operations.deploy import DEPLOY, MIGRATE, DeployParams, MigrateParams

_PENDING = ["alembic", "history"]
_MIGRATION = {
    "kind": "one_off",
    "service": "api",
    "argv": ["alembic", "upgrade", "head"],
    "migration": True,
    "pending": _PENDING,
}
_WAYS: dict[str, list[dict[str, Any]]] = {
    "deploy": [
        {"kind": "pull"},
        {"kind": "build", "services": ["api"]},
        _MIGRATION,
        {"kind": "roll", "services": ["api", "web"]},
        {"kind": "script", "script": "check"},
    ],
    "update": [
        {"kind": "maintenance_on"},
        {"kind": "archive", "path": ".", "without": ["venv"]},
        {"kind": "checkout", "ref": "tags/{version}"},
        {"kind": "restart", "services": ["web"]},
        {"kind": "down"},
        {"kind": "up"},
        {"kind": "health", "services": ["web"]},
        {"kind": "maintenance_off"},
    ],
}


def _stack(**deploy: Any) -> Stack:
    health = {"kind": "container"}
    return Stack.model_validate(
        {
            "name": "harbor",
            "environment": "prod",
            "channel": "ops-harbor",
            "compose": {"project": "harbor", "files": ["compose.yaml"], "env_files": [".env"]},
            "services": {"api": {"health": health}, "web": {"needs": ["api"], "health": health}},
            "scripts": {"check": {"argv": ["./check.sh"], "directory": ".", "risk": "READ"}},
            "maintenance": {"switch": {"kind": "file", "path": "flag"}},
            "deploy": {
                "versions": r"v\d+",
                "checklist": ["Tell the users"],
                "variable": {"name": "VERSION"},
                "ways": _WAYS,
                **deploy,
            },
        }
    )


def _answer(query: FactQuery) -> JsonObject:
    service = {"image": "sha256:old", "reference": "harbor/api:v1", "up": True}
    match query.fact:
        case "service.state":
            return {"state": "running", "since": None, "pid": None}
        case "deploy.state":
            names = query.args["services"]
            services = dict.fromkeys(names, service)
            files = {"compose.yaml": "1"}
            return {"files": files, "version": "v1", "services": services, "switched": {}}
        case "deploy.code":
            return {"commit": "a" * 40, "branch": "main", "changed": [], "target": "b" * 40}
        case "script.ready":
            return {"files": {"./check.sh": "1"}, "missing": []}
        case "deploy.pending":
            return {"pending": ["002 second"]}
        case fact:
            raise AssertionError(fact)


def _plan(version: str | None, way: str, stack: Stack | None = None) -> Plan:
    stack = stack or _stack()
    params = DeployParams(version=version, way=way)
    queries = DEPLOY.needs(stack, params)
    return DEPLOY.plan(stack, params, Facts({query.key: _answer(query) for query in queries}))


def _acts(plan: Plan) -> list[str]:
    return [f"{step.action} {step.args.get('service', '')}".strip() for step in plan.steps]


def test_a_deploy_is_the_stacks_own_steps() -> None:
    """What runs is noted first and brought back last; the version is set before it is pulled."""
    plan = _plan("v2", "deploy")
    assert _acts(plan) == [
        "deploy.note",
        "deploy.set_version",
        "deploy.pull",
        "deploy.build",
        "deploy.one_off api",
        "deploy.roll api",
        "deploy.gate api",
        "deploy.roll web",
        "deploy.gate web",
        "script.run",
        "deploy.released",
    ]
    undone = [step.undo.action for step in reversed(plan.steps) if step.undo]
    assert undone == ["deploy.set_version", "deploy.back"]
    assert plan.steps[1].undo and plan.steps[1].undo.args == {"value": "v1"}
    assert plan.point_of_no_return is None
    assert plan.checklist == ("Tell the users",)
    assert any("Migrations are not taken back" in note for note in plan.notes)
    assert ("Pending migrations", "1: 002 second") in [(x.label, x.value) for x in plan.shown]


def test_maintenance_is_owed_back() -> None:
    """From the stage on that switches it on, whatever comes of the update."""
    plan = _plan("v2", "update")
    [owed] = plan.owed
    assert plan.stages[owed.since][0].action == "maintenance.on"
    assert owed.settled_by == plan.stages[-2][0].key
    acts = _acts(plan)
    assert acts.index("deploy.archive") < acts.index("deploy.checkout")
    assert acts.index("deploy.checkout") < acts.index("deploy.set_version")
    checkout = next(step for step in plan.steps if step.action == "deploy.checkout")
    assert checkout.args["ref"] == "tags/v2" and checkout.args["commit"] == "b" * 40
    assert checkout.undo and checkout.undo.args["branch"] == "main"


@pytest.mark.parametrize("version", ["2", "v2;id", "-v2", "v2 v3", "v2\n", ""])
def test_what_is_no_version_is_refused(version: str) -> None:
    """It never comes near a command line."""
    with pytest.raises(BadArgument):
        _plan(version, "deploy")


def test_a_version_is_asked_for_where_one_is_needed() -> None:
    """And refused where nothing would take it."""
    with pytest.raises(BadArgument, match="Which version"):
        _plan(None, "deploy")
    alone = _stack(variable=None, ways={"deploy": [{"kind": "roll"}]})
    with pytest.raises(BadArgument, match="takes no version"):
        _plan("v2", "deploy", alone)
    assert "deploy.set_version" not in _acts(_plan(None, "deploy", alone))


def test_code_with_changes_of_its_own_is_left_alone() -> None:
    """Nothing of anybody's is thrown away by a checkout."""
    stack, params = _stack(), DeployParams(version="v2", way="update")
    facts = {query.key: _answer(query) for query in DEPLOY.needs(stack, params)}
    facts = {
        key: {**fact, "changed": ["app.py"]} if key.startswith("deploy.code") else fact
        for key, fact in facts.items()
    }
    with pytest.raises(BadArgument, match=r"changes of its own: app\.py"):
        DEPLOY.plan(stack, params, Facts(facts))


def test_another_compose_file_or_image_is_another_plan() -> None:
    """Both are part of what is approved."""
    stack, params = _stack(), DeployParams(version="v2", way="deploy")
    facts = {query.key: _answer(query) for query in DEPLOY.needs(stack, params)}
    first = DEPLOY.plan(stack, params, Facts(facts)).digest("p")
    for name, other in (("files", {"compose.yaml": "2"}), ("version", "v0")):
        changed = {
            key: {**fact, name: other} if key.startswith("deploy.state") else fact
            for key, fact in facts.items()
        }
        assert DEPLOY.plan(stack, params, Facts(changed)).digest("p") != first


def test_what_blue_green_has_switched_is_not_deployed() -> None:
    """The refusal names where the traffic is, and the way that leads there."""
    stack, params = _stack(), DeployParams(version="v2", way="deploy")
    facts = {query.key: _answer(query) for query in DEPLOY.needs(stack, params)}
    switched = {
        key: {**fact, "switched": {"api": "harbor-green"}} if "switched" in fact else fact
        for key, fact in facts.items()
    }
    with pytest.raises(BadArgument, match="api in harbor-green") as refused:
        DEPLOY.plan(stack, params, Facts(switched))
    assert "/ops bluegreen harbor VERSION --switch" in refused.value.hint


def test_there_is_nothing_to_migrate_when_nothing_is_pending() -> None:
    """What is pending is shown, and bound."""
    stack, params = _stack(), MigrateParams()
    [query] = MIGRATE.needs(stack, params)
    plan = MIGRATE.plan(stack, params, Facts({query.key: {"pending": ["002 second"]}}))
    assert [step.action for step in plan.steps] == ["deploy.one_off"]
    assert plan.binding["pending"] == ["002 second"]
    assert MIGRATE.plan(stack, params, Facts({query.key: {"pending": []}})).nothing_to_do
