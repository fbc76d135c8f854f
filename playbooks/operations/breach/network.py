"""A data breach: services are taken off their networks, running, and put back."""

from collections.abc import Mapping, Sequence

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.breach import Attacked
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.breach.parts import (
    ISOLATE,
    RECONNECT,
    IsolateParams,
    ReconnectParams,
    attacked_query,
    attacked_services,
    common,
    containers_shown,
)
from playbooks.playbook import Playbook


def isolate_needs(_: Stack, params: IsolateParams) -> Sequence[FactQuery]:
    return tuple(attacked_query(name) for name in params.services)


def plan_isolate(stack: Stack, params: IsolateParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for what cannot be taken off its network."""
    found = attacked_services(stack, params.services, facts)
    _require_networks(found)
    joined = {name: each for name, each in found.items() if any(c.networks for c in each)}
    step = tuple(
        Step(
            key=f"isolate.{name}",
            name=f"Take {name} off its networks, running",
            action="breach.isolate",
            args={"service": name},
            undo=ActionCall(action="breach.rejoin", args=_rejoining(name, joined[name])),
            idempotent=True,
        )
        for name in joined
    )
    return Plan(
        **common(stack, ISOLATE, params),
        summary=f"ISOLATE {stack.environment}/{stack.name} {', '.join(params.services)}",
        risk=Risk.CHANGE,
        stages=(step,) if step else (),
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        affects=tuple(_cut_off(stack, name) for name in joined),
        keeps=tuple(f"{name} runs on, with all that is in its memory" for name in joined),
        notes=() if step else (f"Nothing to do: {', '.join(params.services)} is on no network.",),
        binding={"networks": _networks(joined)},
        shown=containers_shown(found),
        undo_hint=f"/ops breach {stack.name} reconnect" if step else "",
    )


def reconnect_needs(_: Stack, params: ReconnectParams) -> Sequence[FactQuery]:
    return tuple(attacked_query(name) for name in params.networks)


def plan_reconnect(stack: Stack, params: ReconnectParams, facts: Facts) -> Plan:
    """Containers that are gone need nothing: those made after them have their networks."""
    found = attacked_services(stack, tuple(params.networks), facts)
    off = {
        name: [
            each for each in containers if not each.networks and each.id in params.networks[name]
        ]
        for name, containers in found.items()
    }
    cut = {name: containers for name, containers in off.items() if containers}
    step = tuple(
        Step(
            key=f"rejoin.{name}",
            name=f"Put {name} back on its networks",
            action="breach.rejoin",
            args={
                "service": name,
                "networks": {
                    id_: [each.model_dump(mode="json") for each in joined]
                    for id_, joined in params.networks[name].items()
                },
            },
            undo=ActionCall(action="breach.isolate", args={"service": name}),
            idempotent=True,
        )
        for name in cut
    )
    return Plan(
        **common(stack, RECONNECT, params),
        summary=f"RECONNECT {stack.environment}/{stack.name} {', '.join(params.networks)}",
        risk=Risk.CHANGE,
        stages=(step,) if step else (),
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        affects=tuple(f"{name} reaches others again, and is reached." for name in cut),
        notes=() if step else ("Nothing to do: nothing of it is off its networks.",),
        binding={"off": {name: [each.id for each in cut[name]] for name in cut}},
        undo_hint=f"/ops breach {stack.name} isolate {' '.join(cut)}" if step else "",
    )


def _require_networks(found: Mapping[str, Sequence[Attacked]]) -> None:
    for name, containers in found.items():
        for each in containers:
            if each.mode == "host" or each.mode.startswith("container:"):
                raise BadArgument(
                    f"{each.name} of {name} has no network of its own ({each.mode}), so it cannot "
                    "be taken off it.",
                    f"Stop it, or cut it off at the firewall: /ops kill STACK {name}",
                )


def _networks(found: Mapping[str, Sequence[Attacked]]) -> JsonObject:
    return {name: _rejoining(name, containers)["networks"] for name, containers in found.items()}


def _rejoining(service: str, containers: Sequence[Attacked]) -> JsonObject:
    networks = {
        each.id: [joined.model_dump(mode="json") for joined in each.networks]
        for each in containers
        if each.networks
    }
    return {"service": service, "networks": networks}


def _cut_off(stack: Stack, service: str) -> str:
    users = [name for name, each in stack.services.items() if service in each.needs]
    who = f", not by {', '.join(users)} either" if users else ""
    return f"{service} reaches nobody and is reached by nobody{who}."


BREACH_ISOLATE = Playbook(ISOLATE, IsolateParams, isolate_needs, plan_isolate)
BREACH_RECONNECT = Playbook(RECONNECT, ReconnectParams, reconnect_needs, plan_reconnect)
