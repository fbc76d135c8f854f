from pathlib import Path
from typing import Any

import pytest
import yaml

from playbooks.errors import FactUnavailable, UnknownName
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.health import TcpHealth
from playbooks.model.plan import Plan, Risk
from playbooks.model.service import Process, Service
from playbooks.model.stack import Stack
from playbooks.operations.lifecycle import RESTART, START, STOP, LifecycleParams

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/lifecycle.yaml").read_text())
PLAYBOOKS = {playbook.operation: playbook for playbook in (START, STOP, RESTART)}
PROCESS = Process(argv=("x",), directory=Path("/"), state=Path("/tmp"))
HEALTH = TcpHealth(port=1)
HARBOR = Stack(
    name="harbor",
    environment="prod",
    channel="ops-harbor",
    services={
        "web": Service(process=PROCESS, needs=("api",)),
        "database": Service(process=PROCESS, health=HEALTH),
        "api": Service(process=PROCESS, needs=("database",), health=HEALTH),
        "mailer": Service(process=PROCESS),
        "proxy": Service(needs=("web",)),
    },
)


def query(service: str) -> FactQuery:
    return FactQuery(fact="service.state", args={"service": service})


def planned(operation: str, service: str | None, states: dict[str, str]) -> Plan:
    """The plan, given exactly the facts that it asked for."""
    playbook, params = PLAYBOOKS[operation], LifecycleParams(service=service)
    needs = playbook.needs(HARBOR, params)
    assert {need.args["service"] for need in needs} == set(states)
    facts = Facts({query(name).key: {"state": state} for name, state in states.items()})
    return playbook.plan(HARBOR, params, facts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    """Every row of tests/cases/lifecycle.yaml: what is asked and what runs give these steps."""
    plan = planned(case["operation"], case.get("service"), case["states"])
    resources = [r.key + ("!" if r.exclusive else "") for r in plan.resources]
    assert [[step.key for step in stage] for stage in plan.stages] == case["stages"]
    assert resources == case["resources"]
    assert plan.risk is Risk.CHANGE
    assert plan.binding == {"services": case["states"]}
    assert list(plan.affects) == case.get("affects", list(plan.affects))
    assert list(plan.notes) == case.get("notes", list(plan.notes))
    assert plan.undo_hint == case.get("undo", plan.undo_hint)
    assert plan.nothing_to_do == (not case["stages"])


def test_every_change_can_be_taken_back_and_looked_at() -> None:
    """Starts are undone by stops, stops by starts; both can be probed and repeated."""
    plan = planned("restart", "api", {"api": "running"})
    calls = {step.key: (step.undo, step.probe, step.idempotent) for step in plan.steps}
    stop_undo, stop_probe, stop_again = calls["stop.api"]
    start_undo, start_probe, start_again = calls["start.api"]
    assert stop_undo is not None and stop_undo.action == "service.start"
    assert start_undo is not None and start_undo.action == "service.stop"
    assert stop_probe is not None and stop_probe.action == "service.is_down"
    assert start_probe is not None and start_probe.action == "service.is_up"
    assert stop_again and start_again


def test_another_state_is_another_plan() -> None:
    """A service that stopped between vote and run changes the digest, so the plan is void."""
    before = planned("stop", "api", {"api": "running"})
    after = planned("stop", "api", {"api": "stopped"})
    assert before.digest("1") != after.digest("1")
    assert before.digest("1") == planned("stop", "api", {"api": "running"}).digest("1")


def test_an_unknown_service_is_named_with_those_there_are() -> None:
    """A typo ends before any fact is read."""
    with pytest.raises(UnknownName, match=r"'ap'.*web, database, api"):
        START.needs(HARBOR, LifecycleParams(service="ap"))


def test_a_state_that_cannot_be_read_is_no_plan() -> None:
    """Without the facts nothing is guessed."""
    missing = Facts(missing={query("api").key: "the pid file is broken"})
    with pytest.raises(FactUnavailable, match="the pid file is broken"):
        STOP.plan(HARBOR, LifecycleParams(service="api"), missing)
