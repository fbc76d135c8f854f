"""The stages that stop and start services, in the order of their layers. Pure."""

from collections.abc import Callable, Iterable

from playbooks.datastores.protocol import Stages
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Owed, Step
from playbooks.model.stack import Stack


def state_query(service: str) -> FactQuery:
    return FactQuery(fact="service.state", args=_about(service))


def states_of(facts: Facts, names: Iterable[str]) -> dict[str, str]:
    """running, stopped or unmanaged, by service. Raises FactUnavailable."""
    return {name: str(facts.of(state_query(name))["state"]) for name in names}


def in_order(stack: Stack, names: Iterable[str]) -> tuple[str, ...]:
    """In start-up order."""
    return tuple(name for layer in layers_of(stack, names) for name in layer)


def layers_of(stack: Stack, names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The layers of the stack with these services only."""
    wanted = frozenset(names)
    layers = (tuple(name for name in layer if name in wanted) for layer in stack.layers())
    return tuple(layer for layer in layers if layer)


def stopping(stack: Stack, names: Iterable[str]) -> Stages:
    """A stage per layer, those first that nothing needs."""
    return tuple(
        tuple(_stop_step(name) for name in layer) for layer in reversed(layers_of(stack, names))
    )


def starting(stack: Stack, names: Iterable[str], wait: Callable[[str], Step]) -> Stages:
    """A stage per layer, and after it one that waits until the layer is healthy."""
    return tuple(
        stage
        for layer in layers_of(stack, names)
        for stage in (
            tuple(_start_step(name) for name in layer),
            tuple(wait(name) for name in layer if stack.service(name).health is not None),
        )
        if stage
    )


def await_health(service: str) -> Step:
    """Waits; what has ended meanwhile is a failure."""
    return _health_step(service, "service.await_health")


def bring_up(service: str) -> Step:
    """Waits; what has ended meanwhile is started again, so that trying once more can help."""
    return _health_step(service, "service.bring_up")


def takes_back(stages: Stages) -> Stages:
    """The same starts and stops, each undone by its opposite."""
    return tuple(tuple(_undoable(step) for step in stage) for stage in stages)


def owed_up(stack: Stack, name: str) -> Owed:
    """Settled once the service is known to be up: one that began may have ended again.

    `since` is left at 0, for the plan to say.
    """
    last = bring_up(name) if stack.service(name).health else _start_step(name)
    return Owed(
        key=f"up.{name}",
        name=f"Start {name}",
        call=ActionCall(action="service.start", args=_about(name)),
        since=0,
        settled_by=last.key,
    )


_OPPOSITES = {"service.start": "service.stop", "service.stop": "service.start"}


def _undoable(step: Step) -> Step:
    opposite = _OPPOSITES.get(step.action)
    if opposite is None:
        return step
    return step.model_copy(update={"undo": ActionCall(action=opposite, args=step.args)})


def _start_step(service: str) -> Step:
    return Step(
        key=f"start.{service}",
        name=f"Start {service}",
        action="service.start",
        args=_about(service),
        probe=ActionCall(action="service.is_up", args=_about(service)),
        idempotent=True,
    )


def _stop_step(service: str) -> Step:
    return Step(
        key=f"stop.{service}",
        name=f"Stop {service}",
        action="service.stop",
        args=_about(service),
        probe=ActionCall(action="service.is_down", args=_about(service)),
        idempotent=True,
    )


def _health_step(service: str, action: str) -> Step:
    return Step(
        key=f"health.{service}",
        name=f"Wait until {service} is healthy",
        action=action,
        args=_about(service),
        idempotent=True,
    )


def _about(service: str) -> JsonObject:
    return {"service": service}
