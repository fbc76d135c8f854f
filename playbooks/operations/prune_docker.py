"""Remove what the engine keeps of a stack though nothing uses it, and nothing else."""

from collections.abc import Sequence

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.project import Held, LeftoversFact
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.sizes import in_bytes

LEFTOVERS = FactQuery(fact="project.leftovers")


class PruneDockerParams(Model):
    """Volumes go only when they are named."""

    volumes: tuple[str, ...] = ()


def needs(_stack: Stack, _params: PruneDockerParams) -> Sequence[FactQuery]:
    return (LEFTOVERS,)


def plan(stack: Stack, params: PruneDockerParams, facts: Facts) -> Plan:
    """Raises BadArgument for a volume that is in use or not the stack's."""
    found = LeftoversFact.model_validate(facts.of(LEFTOVERS))
    volumes = _named(stack, params, found)
    goes = {"containers": found.containers, "images": found.images, "volumes": volumes}
    frees = sum(each.bytes or 0 for held in goes.values() for each in held)
    step = Step(
        key="prune",
        name=f"Remove {', '.join(kind for kind, held in goes.items() if held)}",
        action="project.prune",
        args={
            "containers": [each.id for each in found.containers],
            "images": [each.id for each in found.images],
            "volumes": [each.model_dump(mode="json", include={"id", "name"}) for each in volumes],
        },
        idempotent=True,
    )
    something = any(goes.values())
    return Plan(
        operation="prune-docker",
        stack=stack.name,
        environment=stack.environment,
        summary=f"PRUNE {stack.environment}/{stack.name} leftovers, frees {in_bytes(frees)}",
        risk=Risk.DESTROY,
        params=params.model_dump(mode="json"),
        stages=((step,),) if something else (),
        resources=(Resource(kind="stack", name=stack.name),),
        loses=tuple(_lost(kind, each) for kind, held in goes.items() for each in held),
        notes=_notes(stack, found, volumes, something=something),
        binding={kind: [each.id for each in held] for kind, held in goes.items()},
        shown=(Line(label="Frees", value=in_bytes(frees)),),
    )


def _named(stack: Stack, params: PruneDockerParams, found: LeftoversFact) -> tuple[Held, ...]:
    unused = {each.name: each for each in found.volumes}
    for name in params.volumes:
        if name not in unused:
            raise BadArgument(
                f"{name!r} is no unused volume of {stack.name}.",
                f"Unused are: {', '.join(unused) or 'none'}.",
            )
    return tuple(unused[name] for name in dict.fromkeys(params.volumes))


def _lost(kind: str, held: Held) -> str:
    amount = f", {in_bytes(held.bytes)}" if held.bytes is not None else ""
    why = f" ({held.why})" if held.why else ""
    return f"The {kind.removesuffix('s')} {held.name}{why}{amount}."


def _notes(
    stack: Stack, found: LeftoversFact, volumes: tuple[Held, ...], *, something: bool
) -> tuple[str, ...]:
    left = [each.name for each in found.volumes if each not in volumes]
    about = (
        f"Unused volumes stay unless they are named: /ops prune-docker {stack.name} "
        f"{' '.join(left)}",
    )
    nothing = () if something else ("Nothing to do: nothing is left over.",)
    return (*nothing, *(about if left else ()))


PRUNE_DOCKER = Playbook(operation="prune-docker", params=PruneDockerParams, needs=needs, plan=plan)
