"""Recover a service: what it needs is up, it is made to start again, and proves that it is well
inside the objective."""

from collections.abc import Sequence
from functools import partial

from playbooks.errors import BadArgument
from playbooks.gate.duration import write_seconds
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resort, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.service_steps import (
    await_health,
    bring_up,
    in_order,
    starting,
    state_query,
    states_of,
    stopping,
)
from playbooks.playbook import Playbook

SCENARIO = "service-crash"
_USUAL_SECONDS = 300.0


class RecoverServiceParams(Model):
    """Which service."""

    service: str


def needs(stack: Stack, params: RecoverServiceParams) -> Sequence[FactQuery]:
    return tuple(state_query(name) for name in _with_needs(stack, params.service))


def plan(stack: Stack, params: RecoverServiceParams, facts: Facts) -> Plan:
    """Raises BadArgument for a service that Interlock does not run."""
    name, seconds = params.service, objective(stack)
    states = states_of(facts, _with_needs(stack, params.service))
    if states[name] == "unmanaged":
        raise BadArgument(
            f"{name} of {stack.name} is not run by Interlock.",
            f"Give services.{name} a `process`, a `container` or a `unit` in the stack file.",
        )
    missing = {each for each, state in states.items() if state == "stopped" and each != name}
    downs = stopping(stack, {name} if states[name] == "running" else set())
    waits = partial(_within, seconds=seconds)
    return Plan(
        operation="recover-service",
        stack=stack.name,
        environment=stack.environment,
        summary=f"RECOVER {stack.environment}/{stack.name} {name}",
        risk=Risk.CHANGE,
        params=params.model_dump(),
        stages=(*downs, *starting(stack, missing, await_health), *starting(stack, {name}, waits)),
        resources=(
            Resource(kind="stack", name=stack.name),
            *(
                Resource(kind="service", name=f"{stack.name}/{each}", exclusive=True)
                for each in sorted({name, *missing})
            ),
        ),
        affects=(
            f"{name} is down until it has started again.",
            *(f"{each}, which it needs, starts." for each in in_order(stack, missing)),
        ),
        notes=_unproved(stack, name),
        binding={"services": states},
        shown=(Line(label="Objective", value=f"well again within {write_seconds(seconds)}"),),
        within_seconds=seconds,
        resort=Resort(
            subcommand=f"/ops emergency {stack.name}",
            says=f"If {name} is not well then, look at `/ops logs {stack.name} {name}`; the ladder "
            "of the whole stack goes on from there.",
        ),
    )


def objective(stack: Stack) -> float:
    """How long a crash of one service may last, in seconds."""
    scenario = stack.objectives.scenarios.get(SCENARIO)
    rto = scenario.rto if scenario else None
    return rto.total_seconds() if rto is not None else _USUAL_SECONDS


def _within(service: str, *, seconds: float) -> Step:
    """It may end and be started again as often as the objective leaves time for."""
    step = bring_up(service)
    args = {**step.args, "seconds": seconds}
    return step.model_copy(update={"name": f"Wait until {service} is well again", "args": args})


def _with_needs(stack: Stack, service: str) -> tuple[str, ...]:
    """The service and all it needs, directly or not, in start-up order."""
    stack.service(service)
    wanted, new = {service}, {service}
    while new:
        new = {need for name in new for need in stack.services[name].needs} - wanted
        wanted |= new
    return in_order(stack, wanted)


def _unproved(stack: Stack, service: str) -> tuple[str, ...]:
    if stack.service(service).health is not None:
        return ()
    return (f"{service} has no health check, so only that it runs can be seen.",)


RECOVER_SERVICE = Playbook(
    operation="recover-service", params=RecoverServiceParams, needs=needs, plan=plan
)
