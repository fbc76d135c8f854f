"""Plans that make services take up their settings anew: pure, from facts that are given."""

import pytest

from playbooks.errors import BadArgument
from playbooks.model.facts import Facts
from playbooks.model.stack import Stack
from playbooks.operations.lifecycle import LifecycleParams
from playbooks.operations.reload import RELOAD
from playbooks.operations.service_steps import state_query

_STACK = Stack.model_validate(
    {
        "name": "site",
        "environment": "prod",
        "channel": "c",
        "services": {
            "nginx": {"systemd": {"unit": "nginx.service", "reload": True}, "needs": ["app"]},
            "app": {
                "systemd": {"unit": "app.service", "reload": True},
                "health": {"kind": "tcp", "port": 80},
            },
            "job": {"systemd": {"unit": "job.service"}},
        },
    }
)


def _facts(**states: str) -> Facts:
    return Facts(values={state_query(name).key: {"state": state} for name, state in states.items()})


def test_what_runs_and_can_is_reloaded_in_its_order() -> None:
    """Each waits until what it needs is well again; what says nothing of reloading is left out."""
    plan = RELOAD.plan(_STACK, LifecycleParams(), _facts(nginx="running", app="running"))
    steps = [[step.key for step in stage] for stage in plan.stages]
    assert steps == [["reload.app"], ["health.app"], ["reload.nginx"]]


def test_what_is_down_stays_down() -> None:
    """A plan without steps says why."""
    plan = RELOAD.plan(_STACK, LifecycleParams(service="nginx"), _facts(nginx="stopped"))
    assert plan.stages == ()
    assert "none of it runs" in plan.notes[0]


def test_what_cannot_reload_is_refused() -> None:
    """With the line that is missing in the stack file."""
    with pytest.raises(BadArgument, match="job cannot reload"):
        RELOAD.needs(_STACK, LifecycleParams(service="job"))
