"""Rotate a secret: the new value where it stands and where it lets in, and then to who reads it.

Undone in reverse the files and the lock come first, and who reads the secret is made anew at the
very end: so that is the undo of the first step.
"""

from collections.abc import Sequence

from playbooks.datastores.protocol import Stages
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Owed, Plan, Resource, Risk, Step
from playbooks.model.rotation import PostgresSecret, RedisSecret, RotatedSecret, VariableSecret
from playbooks.model.stack import Stack
from playbooks.operations.service_steps import (
    bring_up,
    in_order,
    layers_of,
    state_query,
    states_of,
)
from playbooks.playbook import Playbook


class RotateParams(Model):
    """A secret of the stack, and a reference to its new value; never the value."""

    secret: str
    to: str


def needs(stack: Stack, params: RotateParams) -> Sequence[FactQuery]:
    services = readers_of(stack, stack.secret(params.secret))
    return (_standing(params), *(state_query(name) for name in services))


def plan(stack: Stack, params: RotateParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument with what is in the way."""
    secret, standing = stack.secret(params.secret), facts.of(_standing(params))
    if standing["why"]:
        raise BadArgument(str(standing["why"]))
    services = in_order(stack, readers_of(stack, secret))
    states = states_of(facts, services)
    ours = tuple(name for name in services if states[name] != "unmanaged")
    running = tuple(name for name in ours if states[name] == "running")
    before = _before(params, secret, ours)
    renewing = _renewing(stack, ours, running)
    after = (_prove(params, ours),)
    same = bool(standing["same"])
    return Plan(
        operation="rotate",
        stack=stack.name,
        environment=stack.environment,
        summary=f"ROTATE {stack.environment}/{stack.name} {params.secret}",
        risk=Risk.DESTROY,
        params=params.model_dump(),
        stages=() if same else (*before, *renewing, after, (_forget(params),)),
        point_of_no_return=None if same else len(before) + len(renewing),
        owed=() if same else (_forgotten(params),),
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        affects=tuple(f"{name} is made anew and is down for some seconds." for name in running),
        loses=("the old value: it is refused everywhere from then on",),
        notes=_notes(params, states, same=same),
        binding={"services": states, "kind": secret.kind},
        shown=_shown(params, secret, services),
    )


def readers_of(stack: Stack, secret: RotatedSecret) -> tuple[str, ...]:
    """Who reads it, as the stack file says or as their needs tell."""
    if secret.services or not isinstance(secret, PostgresSecret | RedisSecret):
        return secret.services
    return stack.users_of(secret.datastore)


def _before(params: RotateParams, secret: RotatedSecret, ours: tuple[str, ...]) -> Stages:
    check = Step(
        key="check",
        name="See that the present value is let in",
        action="secret.check",
        args=params.model_dump(),
        undo=ActionCall(
            action="secret.renew_back",
            args={
                "services": list(ours),
                "renewed": {name: {"$from": f"renew.{name}"} for name in ours},
            },
        ),
        idempotent=True,
    )
    write = Step(
        key="write",
        name=f"Write the new value into {_files(secret)}",
        action="secret.write",
        args=params.model_dump(),
        undo=ActionCall(action="secret.unwrite", args={"secret": params.secret}),
        idempotent=True,
    )
    alter = Step(
        key="alter",
        name="Let in the new value, and no other",
        action="secret.alter",
        args=params.model_dump(),
        undo=ActionCall(action="secret.alter_back", args=params.model_dump()),
        idempotent=True,
    )
    only_read = isinstance(secret, VariableSecret)
    return ((check,), (write,), *(() if only_read else ((alter,),)))


def _renewing(stack: Stack, ours: tuple[str, ...], running: tuple[str, ...]) -> Stages:
    """Layer by layer; the next one begins when this one is well."""
    return tuple(
        stage
        for layer in layers_of(stack, ours)
        for stage in (
            tuple(_renew(name) for name in layer),
            tuple(
                bring_up(name)
                for name in layer
                if name in running and stack.service(name).health is not None
            ),
        )
        if stage
    )


def _renew(service: str) -> Step:
    return Step(
        key=f"renew.{service}",
        name=f"Make {service} anew",
        action="secret.renew",
        args={"service": service},
        idempotent=True,
    )


def _prove(params: RotateParams, services: tuple[str, ...]) -> Step:
    return Step(
        key="prove",
        name="See that the new value is let in and the old one refused",
        action="secret.prove",
        args={**params.model_dump(), "services": list(services)},
        idempotent=True,
    )


def _forget(params: RotateParams) -> Step:
    return Step(
        key="forget",
        name="Remove what was kept of the old value",
        action="secret.forget",
        args={"secret": params.secret},
        idempotent=True,
    )


def _forgotten(params: RotateParams) -> Owed:
    """A copy of the old value outlives no run, unless it is the only one that is let in."""
    about = {"secret": params.secret}
    return Owed(
        key="forget",
        name="Remove what was kept of the old value",
        call=ActionCall(action="secret.forget", args=about),
        since=1,
        settled_by="forget",
        precondition=ActionCall(action="secret.is_settled", args=about),
    )


def _notes(params: RotateParams, states: dict[str, str], *, same: bool) -> tuple[str, ...]:
    if same:
        return (f"Nothing to do: {params.secret} has the value of {params.to} already.",)
    return (
        "Until the old value is proven to be refused, a failure puts it back everywhere.",
        *(("Containers are made anew from the compose files as they are now.",) if states else ()),
        *(
            f"{name} is not run by Interlock: restart it yourself."
            for name, state in states.items()
            if state == "unmanaged"
        ),
    )


def _shown(
    params: RotateParams, secret: RotatedSecret, services: tuple[str, ...]
) -> tuple[Line, ...]:
    opens = f"{secret.datastore}" if isinstance(secret, PostgresSecret | RedisSecret) else ""
    return (
        Line(label="New value", value=params.to),
        Line(label="Stands in", value=_files(secret)),
        *((Line(label="Lets in to", value=f"{secret.kind} {opens}"),) if opens else ()),
        Line(label="Read by", value=", ".join(services) or "nobody that Interlock runs"),
    )


def _files(secret: RotatedSecret) -> str:
    return ", ".join(
        f"{place.variable} of {place.file.name}" if place.variable else place.file.name
        for place in secret.places
    )


def _standing(params: RotateParams) -> FactQuery:
    return FactQuery(fact="secret.standing", args=params.model_dump())


ROTATE = Playbook(operation="rotate", params=RotateParams, needs=needs, plan=plan)
