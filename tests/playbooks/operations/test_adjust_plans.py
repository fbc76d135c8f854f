"""Plans that change what holds beyond the next `up`, from given facts."""

from pathlib import Path
from typing import Any

import pytest

from playbooks.errors import BadArgument
from playbooks.model.adjusted import Adjusted, Setting
from playbooks.model.compose import Compose
from playbooks.model.composed import ComposedFact
from playbooks.model.facts import Facts
from playbooks.model.health import TcpHealth
from playbooks.model.plan import Plan, Risk
from playbooks.model.service import Service
from playbooks.model.size import Size
from playbooks.model.stack import Stack
from playbooks.operations.adjust import (
    LIMITS,
    SCALE,
    SET,
    SET_BACK,
    LimitsParams,
    ScaleParams,
    SetBackParams,
    SetParams,
)

STACK = Stack(
    name="harbor",
    environment="prod",
    channel="ops",
    compose=Compose(project="harbor", files=(Path("/srv/compose.yml"),)),
    services={
        "api": Service(health=TcpHealth(port=1)),
        "single": Service(size=Size(one_only="it holds a lock")),
    },
)


def planned(playbook: Any, params: Any, state: str = "running", **known: Any) -> Plan:
    composed = ComposedFact(image="app:1", **known)
    values = {}
    for query in playbook.needs(STACK, params):
        fact = composed.model_dump(mode="json") if query.fact == "compose.service" else None
        values[query.key] = fact or {"state": state, "since": None, "pid": None}
    plan: Plan = playbook.plan(STACK, params, Facts(values=values))
    return plan


def test_a_change_can_be_taken_back_and_waits_for_health() -> None:
    """One step with the former entry as its undo, then the health of what runs."""
    plan = planned(SCALE, ScaleParams(service="api", replicas=3), adjusted=Adjusted(replicas=2))
    change, health = plan.steps
    assert change.args["adjusted"] == {"replicas": 3}
    assert change.undo is not None and change.undo.args["adjusted"] == {"replicas": 2}
    assert health.key == "health.api" and plan.risk is Risk.CHANGE
    assert plan.undo_hint == "/ops scale harbor api 2"


def test_what_holds_already_is_nothing_to_do() -> None:
    """And what is stopped is changed without being started or waited for."""
    assert planned(SCALE, ScaleParams(service="api", replicas=1)).nothing_to_do
    stopped = planned(SCALE, ScaleParams(service="api", replicas=2), state="stopped")
    assert [step.key for step in stopped.steps] == ["adjust.api"]


@pytest.mark.parametrize(
    ("service", "known", "why"),
    [
        ("single", {}, "it holds a lock"),
        ("api", {"container_name": "harbor-api"}, "container_name is 'harbor-api'"),
        ("api", {"published": ("8000",)}, "the port 8000"),
    ],
)
def test_what_can_be_only_one_stays_one(service: str, known: dict[str, Any], why: str) -> None:
    """With the reason; a range of ports forbids nothing."""
    with pytest.raises(BadArgument, match=why):
        planned(SCALE, ScaleParams(service=service, replicas=2), **known)
    assert planned(SCALE, ScaleParams(service="api", replicas=2), published=("8000-8003",)).stages


def test_limits_keep_what_is_not_named_unless_reset() -> None:
    """A limit that vanishes takes a container made anew, and the card says so."""
    held = Adjusted(memory="1G", cpus=2)
    more = planned(LIMITS, LimitsParams(service="api", cpus=4), adjusted=held)
    assert more.steps[0].args["adjusted"] == {"cpus": 4.0, "memory": "1G"}
    assert "goes on running" in more.affects[0]
    less = planned(LIMITS, LimitsParams(service="api", cpus=4, reset=True), adjusted=held)
    assert less.steps[0].args["adjusted"] == {"cpus": 4.0}
    assert "made anew" in less.affects[0]
    assert less.undo_hint == "/ops limits harbor api --cpus 2.0 --memory 1G --reset"


def test_a_time_is_approved_with_the_change_and_ends_it() -> None:
    """What follows is part of the digest; another's value is left alone."""
    params = SetParams(service="api", key="LEVEL", setting=Setting(text="debug"), seconds=1800)
    plan = planned(SET, params)
    assert plan.afterwards is not None and plan.afterwards.seconds == 1800
    assert "After 30m LEVEL is set back by itself." in plan.notes
    longer = planned(SET, params.model_copy(update={"seconds": 3600.0}))
    assert plan.digest("1") != longer.digest("1")
    back = SetBackParams(service="api", key="LEVEL", run="k3f9q2", former=None)
    mine = Adjusted(variables={"LEVEL": Setting(text="debug", run="k3f9q2")})
    others = Adjusted(variables={"LEVEL": Setting(text="debug", run="other1")})
    assert planned(SET_BACK, back, adjusted=mine).steps[0].args["adjusted"] == {}
    assert planned(SET_BACK, back, adjusted=others).nothing_to_do


def test_no_secret_and_no_placeholder_is_typed() -> None:
    """A name that looks secret takes a reference alone; `{run}` would be replaced."""
    for key, text in (("API_TOKEN", "hush"), ("LEVEL", "x {run}")):
        with pytest.raises(BadArgument):
            planned(SET, SetParams(service="api", key=key, setting=Setting(text=text)))
    known = Setting(variable="API_TOKEN")
    assert planned(SET, SetParams(service="api", key="API_TOKEN", setting=known)).stages
