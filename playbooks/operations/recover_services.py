"""The services of a recovery: made where they are gone, started in their order, looked at. Pure."""

from collections.abc import Collection, Mapping, Sequence

from playbooks.datastores.protocol import Stages
from playbooks.datastores.vacant import reaching
from playbooks.model.plan import Step
from playbooks.model.stack import Stack
from playbooks.operations.apart import key_of
from playbooks.operations.recover_stores import Coming, servers_needed
from playbooks.operations.service_steps import (
    await_health,
    bring_up,
    in_order,
    layers_of,
    starting,
    takes_back,
)


def first_stages(stack: Stack, stores: Sequence[Coming], states: Mapping[str, str]) -> Stages:
    """Before anything is restored: containers for what is restored into while it is stopped, and
    up with what is restored into while it runs. What did not run before is stopped by the undo."""
    missing = [each for each in stores if each.missing]
    made = tuple(
        _create_step(name)
        for name in in_order(stack, {name for each in missing for name in each.part.stops})
    )
    gone = servers_needed(stack, missing)
    idle = {name for name in servers_needed(stack, stores) if states[name] != "running"}
    early = starting(stack, gone | idle, bring_up)
    reached = tuple(
        step.model_copy(update={"key": key_of(each.name, step.key)})
        for each in missing
        for step in reaching(stack, each.name)
    )
    return (
        *((made,) if made else ()),
        *(tuple(_early(step, idle) for step in stage) for stage in early),
        *((reached,) if reached else ()),
    )


def starting_all(stack: Stack) -> Stages:
    """Everything that is ours to start, whether it ran before or not."""
    return starting(stack, _managed(stack), bring_up)


def validating(stack: Stack) -> Stages:
    """All that have a health check once more, at the same time: what got well and then fell ill
    with the rest of the stack up is found here."""
    checked = tuple(
        _validated(await_health(name))
        for layer in layers_of(stack, _managed(stack))
        for name in layer
        if stack.service(name).health is not None
    )
    return (checked,) if checked else ()


def left_stopped(stack: Stack, states: Mapping[str, str]) -> tuple[str, ...]:
    """What did not run before and will."""
    return tuple(
        f"{name} did not run and is started."
        for name in in_order(stack, _managed(stack))
        if states.get(name) == "stopped"
    )


def _managed(stack: Stack) -> tuple[str, ...]:
    return tuple(name for name in stack.services if stack.managed(name))


def _early(step: Step, idle: Collection[str]) -> Step:
    [[undoable]] = takes_back(((step,),))
    wanted = undoable if step.args["service"] in idle else step
    return wanted.model_copy(update={"key": f"early.{step.key}"})


def _validated(step: Step) -> Step:
    service = step.args["service"]
    return step.model_copy(
        update={"key": f"validate.{service}", "name": f"See that {service} is still well"}
    )


def _create_step(service: str) -> Step:
    """Nothing where its container is there already."""
    return Step(
        key=f"create.{service}",
        name=f"Make the container and the volumes of {service} where they are gone",
        action="service.create",
        args={"service": service},
        idempotent=True,
    )
