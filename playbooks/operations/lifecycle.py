"""Start, stop and restart services, in the order of their needs."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook

Stages = tuple[tuple[Step, ...], ...]


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
    states = _states(facts, names)
    stopped = {name for name in names if states[name] == "stopped"}
    return _plan(
        "start",
        stack,
        params,
        states,
        facts,
        stages=_starting(stack, stopped),
        touched=stopped,
        affects=tuple(f"{name} starts." for name in _in_order(stack, stopped)),
        undo="stop",
    )


def plan_stop(stack: Stack, params: LifecycleParams, facts: Facts) -> Plan:
    """Stops what is asked for, as far as it runs. Who needs it is told, not stopped."""
    states = _states(facts, _chosen(stack, params.service))
    running = {name for name, state in states.items() if state == "running"}
    return _plan(
        "stop",
        stack,
        params,
        states,
        facts,
        stages=_stopping(stack, running),
        touched=running,
        affects=_losses(stack, running, "is down until it is started again"),
        undo="start",
    )


def plan_restart(stack: Stack, params: LifecycleParams, facts: Facts) -> Plan:
    """Stops what runs of what is asked for, then starts all of it."""
    names = _chosen(stack, params.service)
    states = _states(facts, names)
    managed = {name for name in names if states[name] != "unmanaged"}
    running = {name for name in managed if states[name] == "running"}
    return _plan(
        "restart",
        stack,
        params,
        states,
        facts,
        stages=_stopping(stack, running) + _starting(stack, managed),
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
            for container in facts.of(_state_query(name)).get("containers", ())
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


def _starting(stack: Stack, names: set[str]) -> Stages:
    """A stage per layer, and after it one that waits until the layer is healthy."""
    stages: list[tuple[Step, ...]] = []
    for layer in _layers(stack, names):
        stages.append(tuple(_start_step(name) for name in layer))
        waiting = tuple(_health_step(n) for n in layer if stack.services[n].health is not None)
        if waiting:
            stages.append(waiting)
    return tuple(stages)


def _stopping(stack: Stack, names: set[str]) -> Stages:
    """A stage per layer, those first that nothing needs."""
    layers = reversed(_layers(stack, names))
    return tuple(tuple(_stop_step(name) for name in layer) for layer in layers)


def _start_step(service: str) -> Step:
    return Step(
        key=f"start.{service}",
        name=f"Start {service}",
        action="service.start",
        args=_about(service),
        undo=ActionCall(action="service.stop", args=_about(service)),
        probe=ActionCall(action="service.is_up", args=_about(service)),
        idempotent=True,
    )


def _stop_step(service: str) -> Step:
    return Step(
        key=f"stop.{service}",
        name=f"Stop {service}",
        action="service.stop",
        args=_about(service),
        undo=ActionCall(action="service.start", args=_about(service)),
        probe=ActionCall(action="service.is_down", args=_about(service)),
        idempotent=True,
    )


def _health_step(service: str) -> Step:
    return Step(
        key=f"health.{service}",
        name=f"Wait until {service} is healthy",
        action="service.await_health",
        args=_about(service),
        idempotent=True,
    )


def _about(service: str) -> JsonObject:
    return {"service": service}


def _losses(stack: Stack, names: set[str], what: str) -> tuple[str, ...]:
    lines = [f"{name} {what}." for name in _in_order(stack, names)]
    for user, service in stack.services.items():
        lost = [need for need in service.needs if need in names]
        if lost and user not in names:
            lines.append(f"{user} needs {' and '.join(lost)}, and is left running without.")
    return tuple(lines)


def _states(facts: Facts, names: Iterable[str]) -> dict[str, str]:
    return {name: str(facts.of(_state_query(name))["state"]) for name in names}


def _queries(names: Iterable[str]) -> tuple[FactQuery, ...]:
    return tuple(_state_query(name) for name in names)


def _state_query(service: str) -> FactQuery:
    return FactQuery(fact="service.state", args={"service": service})


def _chosen(stack: Stack, service: str | None) -> tuple[str, ...]:
    if service is None:
        return _in_order(stack, set(stack.services))
    stack.service(service)
    return (service,)


def _with_needs(stack: Stack, service: str | None) -> tuple[str, ...]:
    """The service and all it needs, directly or not, in start-up order."""
    wanted = set(_chosen(stack, service))
    for layer in reversed(stack.layers()):
        for name in layer:
            if name in wanted:
                wanted |= set(stack.services[name].needs)
    return _in_order(stack, wanted)


def _in_order(stack: Stack, names: set[str]) -> tuple[str, ...]:
    return tuple(name for layer in stack.layers() for name in layer if name in names)


def _layers(stack: Stack, names: set[str]) -> list[tuple[str, ...]]:
    layers = (tuple(name for name in layer if name in names) for layer in stack.layers())
    return [layer for layer in layers if layer]


def _playbook(
    operation: str,
    needs: Callable[[Stack, LifecycleParams], Sequence[FactQuery]],
    plan: Callable[[Stack, LifecycleParams, Facts], Plan],
) -> Playbook[LifecycleParams]:
    return Playbook(operation=operation, params=LifecycleParams, needs=needs, plan=plan)


START = _playbook("start", start_needs, plan_start)
STOP = _playbook("stop", stop_needs, plan_stop)
RESTART = _playbook("restart", stop_needs, plan_restart)
