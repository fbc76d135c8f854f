"""Drill: restore backups in throwaway places, check what comes back, and time it.

Nothing of the live stack is touched or held: a restore never waits for a drill.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from playbooks.datastores.catalogue import drill_planner_of
from playbooks.datastores.drilling import backup_of, fetch_key, room_of
from playbooks.datastores.protocol import DrillParams, DrillPart
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Guard, Line, Owed, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.fetching import FETCHED_GOES, release_step, source_of
from playbooks.playbook import Playbook
from playbooks.repository.listing import Summary
from playbooks.repository.manifest import Manifest
from playbooks.spans import span

_CLOCK = FactQuery(fact="clock.now")
_SCRATCH = room_of("scratch")


class StackDrillParams(Model):
    """Datastores, each with the whole id of the backup that is restored; they may differ.

    `left_out` are others that were meant as well, and why they are not drilled.
    """

    datastores: tuple[str, ...]
    backup: dict[str, str]
    left_out: dict[str, str] = {}
    origin: Literal["asked", "scheduled"] = "asked"

    def of(self, datastore: str) -> DrillParams:
        return DrillParams(datastore=datastore, backup=self.backup[datastore])


def needs(stack: Stack, params: StackDrillParams) -> Sequence[FactQuery]:
    queries = [_CLOCK, _SCRATCH]
    for name in params.datastores:
        each = params.of(name)
        queries += [backup_of(each), *drill_planner_of(stack, name).drill_needs(stack, each)]
    return tuple({query.key: query for query in queries}.values())


def plan(stack: Stack, params: StackDrillParams, facts: Facts) -> Plan:
    """One store after the other, so that each is timed by itself.

    Raises BadArgument without datastores or for a kind that cannot be drilled, UnknownName,
    FactUnavailable, BrokenBackup.
    """
    if not params.datastores:
        raise BadArgument(
            "There is nothing to drill.", f"{stack.name} has: {', '.join(stack.datastores)}."
        )
    parts = {
        name: drill_planner_of(stack, name).drill(stack, params.of(name), facts)
        for name in params.datastores
    }
    summaries = {name: _summary(params.of(name), facts) for name in parts}
    return Plan(
        operation="drill",
        stack=stack.name,
        environment=stack.environment,
        summary=f"DRILL {stack.environment}/{stack.name} {', '.join(parts)}",
        risk=Risk.READ,
        params=params.model_dump(mode="json"),
        stages=(
            *(stage for name in parts for stage in _store(name, parts[name], summaries[name])),
            (_clear_step(), release_step()),
            (_note(summaries),),
        ),
        owed=(_CLEAR, FETCHED_GOES),
        resources=tuple(
            Resource(kind="datastore", name=f"{stack.name}/{name}/drill", exclusive=True)
            for name in parts
        ),
        guards=tuple(_guards(params, parts, facts)),
        notes=(
            *(f"{name} is left out: {why}." for name, why in params.left_out.items()),
            *(note for part in parts.values() for note in part.notes),
        ),
        binding={
            **{f"{name}.checksum": _known(params.of(name), facts)["checksum"] for name in parts},
            **{key: value for part in parts.values() for key, value in part.binding.items()},
        },
        shown=tuple(
            line
            for name, part in parts.items()
            for line in (_from(name, summaries[name], facts), *part.shown)
        ),
    )


def _store(name: str, part: DrillPart, summary: Summary) -> tuple[tuple[Step, ...], ...]:
    fetch = Step(
        key=fetch_key(name),
        name=f"Fetch and verify the backup of {name}",
        action="repository.fetch",
        args={"datastore": name, **source_of(summary)},
        idempotent=True,
    )
    return ((fetch,), (part.rehearse,))


def _note(summaries: dict[str, Summary]) -> Step:
    return Step(
        key="note",
        name="Judge the drill and note it beside the backup",
        action="drill.note",
        args={
            "rehearsed": {
                name: {
                    **source_of(summary),
                    "fetched_seconds": {"$from": f"{fetch_key(name)}.seconds"},
                    "rehearsal": {"$from": f"rehearse.{name}"},
                }
                for name, summary in summaries.items()
            }
        },
        idempotent=True,
    )


def _guards(params: StackDrillParams, parts: dict[str, DrillPart], facts: Facts) -> Iterator[Guard]:
    """Every fetched file stays until the end; throwaway copies are there one at a time."""
    fetched = sum(
        Manifest.model_validate(_known(params.of(name), facts)["manifest"]).store(name).bytes
        for name in parts
    )
    disks = {
        facts.of(_SCRATCH)["device"]: Guard(
            name="room to fetch the backups", query=_SCRATCH, field="free_bytes", at_least=fetched
        )
    }
    largest: dict[str, Guard] = {}
    for guard in (guard for part in parts.values() for guard in part.guards):
        device = facts.of(guard.query)["device"]
        if device not in largest or guard.at_least > largest[device].at_least:
            largest[device] = guard
    for device, guard in largest.items():
        before = disks.get(device)
        disks[device] = (
            guard
            if before is None
            else before.model_copy(
                update={
                    "name": f"{before.name} and {guard.name}",
                    "at_least": before.at_least + guard.at_least,
                }
            )
        )
    yield from disks.values()


_CLEAR = Owed(
    key="clear",
    name="Remove everything throwaway",
    call=ActionCall(action="drill.clear"),
    since=0,
    settled_by="clear",
)


def _clear_step() -> Step:
    return Step(key=_CLEAR.key, name=_CLEAR.name, action=_CLEAR.call.action, idempotent=True)


def _from(name: str, summary: Summary, facts: Facts) -> Line:
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    copy = f", at {summary.repository}" if summary.repository else ""
    value = f"{summary.id}, {span(now - summary.made_at)} old, {summary.origin}{copy}"
    return Line(label=f"Backup of {name}", value=value)


def _summary(params: DrillParams, facts: Facts) -> Summary:
    return Summary.model_validate(_known(params, facts)["summary"])


def _known(params: DrillParams, facts: Facts) -> JsonObject:
    return facts.of(backup_of(params))


DRILL = Playbook(operation="drill", params=StackDrillParams, needs=needs, plan=plan)
"""The playbook `drill`."""
