"""A data breach: evidence is preserved, and compared with the audit when all is over."""

from collections.abc import Sequence
from pathlib import Path

from playbooks.errors import BadArgument
from playbooks.model.breach import Attacked, AttackedService
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Guard, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.breach.parts import (
    PRESERVE,
    REVIEW,
    PreserveParams,
    ReviewParams,
    attacked_query,
    common,
    containers_shown,
)
from playbooks.playbook import Playbook
from playbooks.sizes import in_bytes

_NOTES = (
    "What is gathered holds the secrets of the containers: it belongs to nobody but those who "
    "investigate.",
    "A folder without evidence.json is of a run that did not end.",
)
_LEFT_OUT = "What is mounted into the containers is left out: `--volumes` takes it in."


def preserve_needs(stack: Stack, params: PreserveParams) -> Sequence[FactQuery]:
    return (*(attacked_query(name, sized=True) for name in params.services), _room(stack))


def plan_preserve(stack: Stack, params: PreserveParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument where there is no container to keep anything of."""
    found = _found(params, facts)
    size = sum(each.bytes or 0 for containers in found.values() for each in containers)
    folder = stack.breach.evidence / params.incident
    return Plan(
        **common(stack, PRESERVE, params),
        summary=f"PRESERVE {stack.environment}/{stack.name} {', '.join(params.services)}",
        risk=Risk.CHANGE,
        stages=_keeping(params),
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
        notes=_NOTES if params.volumes else (*_NOTES, _LEFT_OUT),
        binding={"containers": {name: [each.id for each in found[name]] for name in found}},
        shown=(*containers_shown(found), Line(label="Size", value=f"about {in_bytes(size)}")),
    )


def _found(params: PreserveParams, facts: Facts) -> dict[str, tuple[Attacked, ...]]:
    """The containers of each service. Raises BadArgument where there is none."""
    found = {
        name: AttackedService.model_validate(facts.of(attacked_query(name, sized=True))).containers
        for name in params.services
    }
    for name, containers in found.items():
        if not containers:
            raise BadArgument(f"{name} has no container, so nothing of it can be preserved.")
    return found


def _keeping(params: PreserveParams) -> tuple[tuple[Step, ...], ...]:
    """Everything of each service, then the list of it."""
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
    return gather, (seal,)


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
        **common(stack, REVIEW, params),
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


def _room(stack: Stack) -> FactQuery:
    return FactQuery(fact="disk.free", args={"path": str(stack.breach.evidence)})


BREACH_PRESERVE = Playbook(PRESERVE, PreserveParams, preserve_needs, plan_preserve)
BREACH_REVIEW = Playbook(REVIEW, ReviewParams, review_needs, plan_review)
