"""Make services take up their settings anew without being stopped."""

from collections.abc import Sequence

from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.lifecycle import LifecycleParams
from playbooks.operations.service_steps import (
    await_health,
    layers_of,
    state_query,
    states_of,
)
from playbooks.playbook import Playbook


def needs(stack: Stack, params: LifecycleParams) -> Sequence[FactQuery]:
    return tuple(state_query(name) for name in _reloaded(stack, params.service))


def plan(stack: Stack, params: LifecycleParams, facts: Facts) -> Plan:
    """Reloads what runs of what is asked for. Raises BadArgument for what cannot reload."""
    states = states_of(facts, _reloaded(stack, params.service))
    running = [name for name, state in states.items() if state == "running"]
    layers = layers_of(stack, running)
    down = [
        f"{name} is {state}, and stays so." for name, state in states.items() if name not in running
    ]
    return Plan(
        operation="reload",
        stack=stack.name,
        environment=stack.environment,
        summary=f"RELOAD {stack.environment}/{stack.name} {params.service or 'all that can'}",
        risk=Risk.CHANGE,
        params=params.model_dump(),
        stages=tuple(
            stage
            for layer in layers
            for stage in (
                tuple(_reload_step(name) for name in layer),
                tuple(await_health(name) for name in layer if stack.service(name).health),
            )
            if stage
        ),
        resources=(
            Resource(kind="stack", name=stack.name),
            *(
                Resource(kind="service", name=f"{stack.name}/{name}", exclusive=True)
                for name in running
            ),
        ),
        affects=tuple(f"{name} takes up its settings anew, and goes on." for name in running),
        notes=tuple(down) if running else ("Nothing to do: none of it runs.",),
        binding={"services": dict(states)},
        shown=tuple(Line(label=name, value=state) for name, state in states.items()),
    )


def _reloaded(stack: Stack, service: str | None) -> tuple[str, ...]:
    can = [name for name, each in stack.services.items() if each.systemd and each.systemd.reload]
    if service is not None:
        stack.service(service)
    wanted = can if service is None else [name for name in can if name == service]
    if not wanted:
        raise BadArgument(
            f"{service or stack.name} cannot reload, as far as the stack file says.",
            "Write `reload: true` below `systemd` of the service, or restart it.",
        )
    return tuple(wanted)


def _reload_step(service: str) -> Step:
    return Step(
        key=f"reload.{service}",
        name=f"Reload {service}",
        action="service.reload",
        args={"service": service},
        idempotent=True,
    )


RELOAD = Playbook(operation="reload", params=LifecycleParams, needs=needs, plan=plan)
