"""The services that use a datastore: down while it is exchanged, and up again whatever happens."""

from collections.abc import Sequence

from playbooks.datastores.protocol import Stages
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Owed, Step
from playbooks.model.stack import Stack


class Users(Model):
    """`states` are those of all users. Only those that run are stopped, and started again.

    `owed` counts its `since` from the first of `stops`; `starts` end with waiting for health.
    """

    states: dict[str, str]
    stops: Stages
    starts: Stages
    owed: tuple[Owed, ...]
    affects: tuple[str, ...]
    notes: tuple[str, ...]


def state_queries(stack: Stack, datastore: str) -> Sequence[FactQuery]:
    return tuple(_state(name) for name in stack.users_of(datastore))


def users_of(stack: Stack, datastore: str, facts: Facts) -> Users:
    """Raises FactUnavailable."""
    states = {name: facts.of(_state(name))["state"] for name in stack.users_of(datastore)}
    running = {name for name, state in states.items() if state == "running"}
    layers = [[name for name in layer if name in running] for layer in stack.layers()]
    layers = [layer for layer in layers if layer]
    return Users(
        states=states,
        stops=tuple(tuple(_stop(name) for name in layer) for layer in reversed(layers)),
        starts=tuple(
            stage
            for layer in layers
            for stage in (
                tuple(_start(name) for name in layer),
                tuple(_await(name) for name in layer if stack.service(name).health),
            )
            if stage
        ),
        owed=tuple(_owed(stack, name) for layer in layers for name in layer),
        affects=(
            *(
                f"{name} is down while the data are exchanged, some seconds."
                for layer in layers
                for name in layer
            ),
            *_left_without(stack, running, states),
        ),
        notes=tuple(_note(name, state) for name, state in states.items() if state != "running"),
    )


def _left_without(stack: Stack, stopped: set[str], states: dict[str, str]) -> tuple[str, ...]:
    """A line for each service that keeps running without one that it needs."""
    return tuple(
        f"{name} needs {', '.join(sorted(needed))} and is without meanwhile."
        for name, service in stack.services.items()
        if name not in stopped
        and states.get(name) != "stopped"
        and (needed := stopped.intersection(service.needs))
    )


def _stop(name: str) -> Step:
    return Step(
        key=f"stop.{name}",
        name=f"Stop {name}",
        action="service.stop",
        args={"service": name},
        probe=ActionCall(action="service.is_down", args={"service": name}),
        idempotent=True,
    )


def _start(name: str) -> Step:
    return Step(
        key=f"start.{name}",
        name=f"Start {name}",
        action="service.start",
        args={"service": name},
        probe=ActionCall(action="service.is_up", args={"service": name}),
        idempotent=True,
    )


def _await(name: str) -> Step:
    return Step(
        key=f"health.{name}",
        name=f"Wait until {name} is healthy",
        action="service.bring_up",
        args={"service": name},
        idempotent=True,
    )


def _owed(stack: Stack, name: str) -> Owed:
    """Settled once the service is known to be up: one that began may have ended again."""
    last = _await(name) if stack.service(name).health else _start(name)
    return Owed(
        key=f"up.{name}",
        name=f"Start {name}",
        call=ActionCall(action="service.start", args={"service": name}),
        since=0,
        settled_by=last.key,
    )


def _note(name: str, state: str) -> str:
    if state == "unmanaged":
        return f"{name} is not run by Interlock: it keeps running and must bear the exchange."
    return f"{name} is stopped and stays stopped."


def _state(name: str) -> FactQuery:
    return FactQuery(fact="service.state", args={"service": name})
