"""A data breach: sessions end, and services are made anew from their known images."""

from collections.abc import Sequence

from playbooks.datastores.postgres_stores import is_postgres
from playbooks.errors import BadArgument
from playbooks.model.breach import Attacked
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.breach.parts import (
    ERADICATE,
    REVOKE,
    IsolateParams,
    RevokeParams,
    attacked_query,
    attacked_services,
    common,
    containers_shown,
)
from playbooks.operations.service_steps import bring_up, in_order, layers_of
from playbooks.playbook import Playbook


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
        **common(stack, REVOKE, params),
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
    found = attacked_services(stack, services, facts)
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
        **common(stack, ERADICATE, params),
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
        shown=containers_shown(found),
    )


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


BREACH_REVOKE = Playbook(REVOKE, RevokeParams, revoke_needs, plan_revoke)
BREACH_ERADICATE = Playbook(ERADICATE, IsolateParams, eradicate_needs, plan_eradicate)
