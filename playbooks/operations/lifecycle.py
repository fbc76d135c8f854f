"""Start, stop and restart services, in the order of their needs."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from playbooks.datastores.protocol import Stages
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk
from playbooks.model.stack import Stack
from playbooks.operations.service_steps import (
    await_health,
    in_order,
    starting,
    state_query,
    states_of,
    stopping,
    takes_back,
)
from playbooks.playbook import Playbook


class LifecycleParams(Model):
    """One service, or all of the stack."""

    service: str | None = None


def start_needs(stack: Stack, params: LifecycleParams) -> Sequence[FactQuery]:
    return _queries(_with_needs(stack, params.service))


def stop_needs(stack: Stack, params: LifecycleParams) -> Sequence[FactQuery]:
    return _queries(_chosen(stack, params.service))


def plan_start(stack: Stack, params: LifecycleParams, facts: Facts) -> Plan:
    """Starts what is asked for and what it needs, as far as it is stopped."""
    names = _with_needs(stack, params.service)
    states = states_of(facts, names)
    stopped = {name for name in names if states[name] == "stopped"}
    return _plan(
        "start",
        stack,
        params,
        states,
        facts,
        stages=takes_back(starting(stack, stopped, await_health)),
        touched=stopped,
        affects=tuple(f"{name} starts." for name in in_order(stack, stopped)),
        undo="stop",
    )


def plan_stop(stack: Stack, params: LifecycleParams, facts: Facts) -> Plan:
    """Stops what is asked for, as far as it runs. Who needs it is told, not stopped."""
    states = states_of(facts, _chosen(stack, params.service))
    running = {name for name, state in states.items() if state == "running"}
    return _plan(
        "stop",
        stack,
        params,
        states,
        facts,
        stages=takes_back(stopping(stack, running)),
        touched=running,
        affects=_losses(stack, running, "is down until it is started again"),
        undo="start",
    )


def plan_restart(stack: Stack, params: LifecycleParams, facts: Facts) -> Plan:
    """Stops what runs of what is asked for, then starts all of it."""
    names = _chosen(stack, params.service)
    states = states_of(facts, names)
    managed = {name for name in names if states[name] != "unmanaged"}
    running = {name for name in managed if states[name] == "running"}
    return _plan(
        "restart",
        stack,
        params,
        states,
        facts,
        stages=takes_back(stopping(stack, running) + starting(stack, managed, await_health)),
        touched=managed,
        affects=_losses(stack, managed, "is down for some seconds"),
        undo="",
    )


def _plan(
    operation: str,
    stack: Stack,
    params: LifecycleParams,
    states: Mapping[str, str],
    facts: Facts,
    *,
    stages: Stages,
    touched: set[str],
    affects: tuple[str, ...],
    undo: str,
) -> Plan:
    what = params.service or "all services"
    words = f"{stack.name} {params.service}" if params.service else stack.name
    return Plan(
        operation=operation,
        stack=stack.name,
        environment=stack.environment,
        summary=f"{operation.upper()} {stack.environment}/{stack.name} {what}",
        risk=Risk.CHANGE,
        params=params.model_dump(),
        stages=stages,
        resources=_resources(stack, params, touched),
        affects=affects,
        notes=_notes(states, stages),
        binding={"services": dict(states), **_containers(facts, states)},
        shown=tuple(Line(label=name, value=state) for name, state in states.items()),
        undo_hint=f"/ops {undo} {words}" if undo and stages else "",
    )


def _containers(facts: Facts, names: Iterable[str]) -> JsonObject:
    """Which containers they are, made from which images; nothing where there are none."""
    known = {
        name: [
            {"id": container["id"], "image": container["image"]}
            for container in facts.of(state_query(name)).get("containers", ())
        ]
        for name in names
    }
    found: JsonObject = {name: containers for name, containers in known.items() if containers}
    return {"containers": found} if found else {}


def _notes(states: Mapping[str, str], stages: Stages) -> tuple[str, ...]:
    notes = [
        f"{name} is not run by Interlock and stays as it is."
        for name, state in states.items()
        if state == "unmanaged"
    ]
    if not stages:
        seen = ", ".join(f"{name} is {state}" for name, state in states.items())
        notes.insert(0, f"Nothing to do: {seen or 'the stack has no services'}.")
    return tuple(notes)


def _resources(
    stack: Stack, params: LifecycleParams, touched: Iterable[str]
) -> tuple[Resource, ...]:
    if params.service is None:
        return (Resource(kind="stack", name=stack.name, exclusive=True),)
    services = (
        Resource(kind="service", name=f"{stack.name}/{name}", exclusive=True)
        for name in sorted(touched)
    )
    return (Resource(kind="stack", name=stack.name), *services)


def _losses(stack: Stack, names: set[str], what: str) -> tuple[str, ...]:
    lines = [f"{name} {what}." for name in in_order(stack, names)]
    for user, service in stack.services.items():
        lost = [need for need in service.needs if need in names]
        if lost and user not in names:
            lines.append(f"{user} needs {' and '.join(lost)}, and is left running without.")
    return tuple(lines)


def _queries(names: Iterable[str]) -> tuple[FactQuery, ...]:
    return tuple(state_query(name) for name in names)


def _chosen(stack: Stack, service: str | None) -> tuple[str, ...]:
    if service is None:
        return in_order(stack, set(stack.services))
    stack.service(service)
    return (service,)


def _with_needs(stack: Stack, service: str | None) -> tuple[str, ...]:
    """The service and all it needs, directly or not, in start-up order."""
    wanted = set(_chosen(stack, service))
    for layer in reversed(stack.layers()):
        for name in layer:
            if name in wanted:
                wanted |= set(stack.services[name].needs)
    return in_order(stack, wanted)


def _playbook(
    operation: str,
    needs: Callable[[Stack, LifecycleParams], Sequence[FactQuery]],
    plan: Callable[[Stack, LifecycleParams, Facts], Plan],
) -> Playbook[LifecycleParams]:
    return Playbook(operation=operation, params=LifecycleParams, needs=needs, plan=plan)


START = _playbook("start", start_needs, plan_start)
STOP = _playbook("stop", stop_needs, plan_stop)
RESTART = _playbook("restart", stop_needs, plan_restart)
