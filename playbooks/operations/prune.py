"""Prune: remove the backups that retention lets go, after saying which and why."""

from collections.abc import Iterator, Sequence

from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.repository.rules import rules_of
from playbooks.sizes import counted, in_bytes

_RULINGS = FactQuery(fact="repository.rulings")


class PruneParams(Model):
    """Nothing to choose: retention is what the stack file says."""


def needs(_stack: Stack, _params: PruneParams) -> Sequence[FactQuery]:
    return (_RULINGS,)


def plan(stack: Stack, params: PruneParams, facts: Facts) -> Plan:
    """A line for every backup; bound to the list of those that go. Raises FactUnavailable."""
    places: list[JsonObject] = facts.of(_RULINGS)["places"]
    remove = {
        place["repository"] or rules_of(stack).repository: going
        for place in places
        if (going := [ruling["id"] for ruling in place["rulings"] if not ruling["keep"]])
    }
    count = sum(map(len, remove.values()))
    return Plan(
        operation="prune",
        stack=stack.name,
        environment=stack.environment,
        summary=f"PRUNE {stack.environment}/{stack.name}: remove {counted(count, 'backup')}",
        risk=Risk.DESTROY,
        params=params.model_dump(mode="json"),
        stages=((_prune(remove),),) if remove else (),
        point_of_no_return=0 if remove else None,
        resources=(Resource(kind="stack", name=stack.name),),
        loses=tuple(_losses(places)),
        keeps=("the last good and the last drilled backup of every datastore",),
        notes=tuple(_notes(places, remove)),
        binding={"remove": remove},
        shown=tuple(_lines(places)),
    )


def _prune(remove: dict[str, list[str]]) -> Step:
    return Step(
        key="prune",
        name="Remove what retention lets go",
        action="repository.prune",
        args={"remove": remove},
        idempotent=True,
    )


def _lines(places: Sequence[JsonObject]) -> Iterator[Line]:
    """First what goes, then what stays, each newest first."""
    for keep in (False, True):
        for place in places:
            for ruling in place["rulings"]:
                if ruling["keep"] is keep:
                    verb = "stays" if keep else "goes"
                    value = f"{verb}{_at(place)}: {ruling['reason']}"
                    yield Line(label=ruling["id"], value=value)


def _losses(places: Sequence[JsonObject]) -> Iterator[str]:
    for place in places:
        going = [ruling for ruling in place["rulings"] if not ruling["keep"]]
        if going:
            size = in_bytes(sum(ruling["stored_bytes"] for ruling in going))
            yield f"{counted(len(going), 'backup')}{_at(place)}, {size}"


def _notes(places: Sequence[JsonObject], remove: dict[str, list[str]]) -> Iterator[str]:
    if not remove:
        yield "Every backup is kept by a rule."
    for place in places:
        if place["problem"]:
            yield f"Nothing is removed{_at(place)}: {place['problem']}"


def _at(place: JsonObject) -> str:
    return f" at {place['repository']}" if place["repository"] else ""


PRUNE = Playbook(operation="prune", params=PruneParams, needs=needs, plan=plan)
"""The playbook `prune`."""
