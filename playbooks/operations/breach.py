"""What is done when data may have leaked, each step asked for by itself: isolate, preserve, contain
(with `rotate`, and by ending sessions), eradicate, recover (with `restore` and `recover`), review.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field

from playbooks.datastores.postgres_stores import is_postgres
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.breach import Attacked, AttackedService, Custody, Joined
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Guard, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.service_steps import bring_up, in_order, layers_of
from playbooks.playbook import Playbook
from playbooks.sizes import counted, in_bytes

ISOLATE, RECONNECT, PRESERVE = "breach-isolate", "breach-reconnect", "breach-preserve"
REVOKE, ERADICATE, REVIEW = "breach-revoke", "breach-eradicate", "breach-review"
_SHORT = 19


class IsolateParams(Model):
    """Services, for which incident."""

    incident: str
    services: tuple[str, ...] = Field(min_length=1)


class ReconnectParams(Model):
    """The networks that containers were on, by service and id of the container."""

    incident: str
    networks: dict[str, dict[str, tuple[Joined, ...]]]


class PreserveParams(IsolateParams):
    """With `volumes` also what is mounted into the containers."""

    volumes: bool = False


class RevokeParams(Model):
    """PostgreSQL datastores whose sessions end."""

    incident: str
    datastores: tuple[str, ...] = Field(min_length=1)


class ReviewParams(Model):
    """All evidence that was gathered, as the audit has it."""

    incident: str
    kept: tuple[Custody, ...] = ()


def isolate_needs(_: Stack, params: IsolateParams) -> Sequence[FactQuery]:
    return tuple(attacked_query(name) for name in params.services)


def plan_isolate(stack: Stack, params: IsolateParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for what cannot be taken off its network."""
    found = _found(stack, params.services, facts)
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
        **_common(stack, ISOLATE, params),
        summary=f"ISOLATE {stack.environment}/{stack.name} {', '.join(params.services)}",
        risk=Risk.CHANGE,
        stages=(step,) if step else (),
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        affects=tuple(_cut_off(stack, name) for name in joined),
        keeps=tuple(f"{name} runs on, with all that is in its memory" for name in joined),
        notes=() if step else (f"Nothing to do: {', '.join(params.services)} is on no network.",),
        binding={"networks": _networks(joined)},
        shown=_containers_shown(found),
        undo_hint=f"/ops breach {stack.name} reconnect" if step else "",
    )


def reconnect_needs(_: Stack, params: ReconnectParams) -> Sequence[FactQuery]:
    return tuple(attacked_query(name) for name in params.networks)


def plan_reconnect(stack: Stack, params: ReconnectParams, facts: Facts) -> Plan:
    """Containers that are gone need nothing: those made after them have their networks."""
    found = _found(stack, tuple(params.networks), facts)
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
        **_common(stack, RECONNECT, params),
        summary=f"RECONNECT {stack.environment}/{stack.name} {', '.join(params.networks)}",
        risk=Risk.CHANGE,
        stages=(step,) if step else (),
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        affects=tuple(f"{name} reaches others again, and is reached." for name in cut),
        notes=() if step else ("Nothing to do: nothing of it is off its networks.",),
        binding={"off": {name: [each.id for each in cut[name]] for name in cut}},
        undo_hint=f"/ops breach {stack.name} isolate {' '.join(cut)}" if step else "",
    )


def preserve_needs(stack: Stack, params: PreserveParams) -> Sequence[FactQuery]:
    return (*(attacked_query(name, sized=True) for name in params.services), _room(stack))


def plan_preserve(stack: Stack, params: PreserveParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument where there is no container to keep anything of."""
    found = {
        name: AttackedService.model_validate(facts.of(attacked_query(name, sized=True))).containers
        for name in params.services
    }
    for name, containers in found.items():
        if not containers:
            raise BadArgument(f"{name} has no container, so nothing of it can be preserved.")
    gather = tuple(
        Step(
            key=f"gather.{name}",
            name=f"Keep {name}: image, file system, logs, processes, settings",
            action="breach.gather",
            args={"service": name, "incident": params.incident, "volumes": params.volumes},
            idempotent=True,
        )
        for name in params.services
    )
    seal = Step(
        key="seal",
        name="List the checksums and close the folder",
        action="breach.seal",
        args={
            "incident": params.incident,
            "gathered": {name: {"$from": f"gather.{name}"} for name in params.services},
        },
        idempotent=True,
    )
    size = sum(each.bytes or 0 for containers in found.values() for each in containers)
    folder = stack.breach.evidence / params.incident
    return Plan(
        **_common(stack, PRESERVE, params),
        summary=f"PRESERVE {stack.environment}/{stack.name} {', '.join(params.services)}",
        risk=Risk.CHANGE,
        stages=(gather, (seal,)),
        resources=(Resource(kind="stack", name=stack.name),),
        guards=(
            Guard(
                name=f"free space for evidence in {stack.breach.evidence}",
                query=_room(stack),
                field="free_bytes",
                at_least=2 * size,
            ),
        ),
        affects=tuple(
            f"{each.name} stands still while an image of it is made."
            for containers in found.values()
            for each in containers
            if each.up
        ),
        keeps=(f"evidence in {folder}, read-only, for its owner only; its checksum in the audit",),
        notes=(
            "What is gathered holds the secrets of the containers: it belongs to nobody but those "
            "who investigate.",
            "A folder without evidence.json is of a run that did not end.",
            *(
                ()
                if params.volumes
                else ("What is mounted into the containers is left out: `--volumes` takes it in.",)
            ),
        ),
        binding={"containers": {name: [each.id for each in found[name]] for name in found}},
        shown=(*_containers_shown(found), Line(label="Size", value=f"about {in_bytes(size)}")),
    )


def revoke_needs(_: Stack, __: RevokeParams) -> Sequence[FactQuery]:
    return ()


def plan_revoke(stack: Stack, params: RevokeParams, _: Facts) -> Plan:
    """Raises BadArgument for a datastore without sessions that could be ended."""
    for name in params.datastores:
        if not is_postgres(stack, name):
            raise BadArgument(f"{name} of {stack.name} is no PostgreSQL.")
    step = tuple(
        Step(
            key=f"revoke.{name}",
            name=f"End all sessions of {name}",
            action="breach.revoke",
            args={"datastore": name},
            idempotent=True,
        )
        for name in params.datastores
    )
    return Plan(
        **_common(stack, REVOKE, params),
        summary=f"END SESSIONS {stack.environment}/{stack.name} {', '.join(params.datastores)}",
        risk=Risk.CHANGE,
        stages=(step,),
        resources=(Resource(kind="stack", name=stack.name),),
        affects=("Every client loses its connection, and what it had not committed.",),
        notes=("Who still has a password that is let in comes back: rotate it first.",),
        binding={"datastores": list(params.datastores)},
    )


def eradicate_needs(_: Stack, params: IsolateParams) -> Sequence[FactQuery]:
    return tuple(attacked_query(name) for name in params.services)


def plan_eradicate(stack: Stack, params: IsolateParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for a service without containers."""
    services = in_order(stack, params.services)
    found = _found(stack, services, facts)
    running = {name for name, each in found.items() if any(c.up for c in each)}
    layers = tuple(
        stage
        for layer in layers_of(stack, services)
        for stage in (
            tuple(_anew(name) for name in layer),
            tuple(_see_clean(name, found[name]) for name in layer),
            tuple(
                bring_up(name)
                for name in layer
                if name in running and stack.service(name).health is not None
            ),
        )
        if stage
    )
    return Plan(
        **_common(stack, ERADICATE, params),
        summary=f"ERADICATE {stack.environment}/{stack.name} {', '.join(services)}",
        risk=Risk.DESTROY,
        stages=layers,
        point_of_no_return=0,
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        affects=tuple(f"{name} is made anew and is down for some seconds." for name in services),
        loses=("the containers as they are, with all that was written into them",),
        keeps=("volumes, which are restored with `recover` where they cannot be trusted",),
        notes=(
            "They are made from the images that they were made from before, and are on their "
            "networks again.",
        ),
        binding={
            "containers": {name: [each.id for each in found[name]] for name in services},
            "images": {name: sorted({each.image for each in found[name]}) for name in services},
        },
        shown=_containers_shown(found),
    )


def review_needs(_: Stack, __: ReviewParams) -> Sequence[FactQuery]:
    return ()


def plan_review(stack: Stack, params: ReviewParams, _: Facts) -> Plan:
    """Reads all evidence again and compares it with what the audit has."""
    step = tuple(
        Step(
            key=f"compare.{number}",
            name=f"Compare {Path(each.folder).name} with its checksums",
            action="breach.compare",
            args={"folder": each.folder, "sha256": each.sha256},
            idempotent=True,
        )
        for number, each in enumerate(params.kept, 1)
    )
    return Plan(
        **_common(stack, REVIEW, params),
        summary=f"REVIEW {stack.environment}/{stack.name} {params.incident}",
        risk=Risk.READ,
        stages=(step,) if step else (),
        resources=(Resource(kind="stack", name=stack.name),),
        notes=() if step else ("Nothing to do: no evidence was preserved.",),
        binding={"kept": [each.sha256 for each in params.kept]},
        shown=tuple(
            Line(
                label="Evidence", value=f"{each.folder}, {each.files} files, {in_bytes(each.bytes)}"
            )
            for each in params.kept
        ),
    )


def attacked_query(service: str, *, sized: bool = False) -> FactQuery:
    return FactQuery(fact="breach.service", args={"service": service, "counted": sized})


def _found(stack: Stack, services: Sequence[str], facts: Facts) -> dict[str, tuple[Attacked, ...]]:
    found = {}
    for name in services:
        stack.service(name)
        seen = AttackedService.model_validate(facts.of(attacked_query(name)))
        if not seen.containers:
            raise BadArgument(f"{name} of {stack.name} has no container.")
        found[name] = seen.containers
    return found


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


def _anew(service: str) -> Step:
    return Step(
        key=f"renew.{service}",
        name=f"Make {service} anew from its known image",
        action="secret.renew",
        args={"service": service},
        idempotent=True,
    )


def _see_clean(service: str, containers: Sequence[Attacked]) -> Step:
    return Step(
        key=f"clean.{service}",
        name=f"See that {service} is new, and from the known image",
        action="breach.clean",
        args={
            "service": service,
            "containers": [each.id for each in containers],
            "images": sorted({each.image for each in containers}),
        },
        idempotent=True,
    )


def _containers_shown(found: Mapping[str, Sequence[Attacked]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            label=name,
            value=", ".join(
                f"{each.name} of {each.image[:_SHORT]}, on "
                f"{', '.join(joined.name for joined in each.networks) or 'no network'}"
                for each in containers
            )
            or counted(0, "container"),
        )
        for name, containers in found.items()
    )


def _common(stack: Stack, operation: str, params: Model) -> dict[str, object]:
    return {
        "operation": operation,
        "stack": stack.name,
        "environment": stack.environment,
        "params": params.model_dump(mode="json"),
    }


def _room(stack: Stack) -> FactQuery:
    return FactQuery(fact="disk.free", args={"path": str(stack.breach.evidence)})


BREACH_ISOLATE = Playbook(ISOLATE, IsolateParams, isolate_needs, plan_isolate)
BREACH_RECONNECT = Playbook(RECONNECT, ReconnectParams, reconnect_needs, plan_reconnect)
BREACH_PRESERVE = Playbook(PRESERVE, PreserveParams, preserve_needs, plan_preserve)
BREACH_REVOKE = Playbook(REVOKE, RevokeParams, revoke_needs, plan_revoke)
BREACH_ERADICATE = Playbook(ERADICATE, IsolateParams, eradicate_needs, plan_eradicate)
BREACH_REVIEW = Playbook(REVIEW, ReviewParams, review_needs, plan_review)
PLAYBOOKS = (
    BREACH_ISOLATE,
    BREACH_RECONNECT,
    BREACH_PRESERVE,
    BREACH_REVOKE,
    BREACH_ERADICATE,
    BREACH_REVIEW,
)
