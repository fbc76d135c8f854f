"""Back up datastores: all dumped at the same time, published together or not at all.

What must not run meanwhile is stopped after the backup was opened and started again before it is
published. Once the data are copied nothing throws the copy away: a service that does not come up
again is the worst moment to be without.
"""

from collections.abc import Iterable, Mapping, Sequence

from playbooks.datastores.catalogue import planner_of
from playbooks.datastores.protocol import BackupParams, BackupPart, Stages
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Owed, Plan, Resource, Risk, Step
from playbooks.model.repository import Place
from playbooks.model.stack import Stack
from playbooks.operations.downtime import Downtime, downtime
from playbooks.operations.guards import together
from playbooks.operations.service_steps import state_query
from playbooks.playbook import Playbook
from playbooks.repository.consistency import intention
from playbooks.repository.manifest import Origin
from playbooks.repository.standing import STANDING, how_to_open

Stage = tuple[Step, ...]
Backup = tuple[Stage, Stage, Stage]
_RISKS = tuple(Risk)


def needs(stack: Stack, params: BackupParams) -> Sequence[FactQuery]:
    queries = (
        STANDING,
        *(query for name in params.datastores for query in store_needs(stack, name)),
        *(state_query(name) for name in stack.quiesced_for(params.datastores)),
    )
    return tuple({query.key: query for query in queries}.values())


def store_needs(stack: Stack, name: str) -> Sequence[FactQuery]:
    """What the backup of one datastore asks, its own service included: that may have to stop."""
    planner, own = planner_of(stack, name), stack.datastore(name).service
    states = (state_query(own),) if own else ()
    return (*planner.backup_needs(stack, name), *states)


def plan(stack: Stack, params: BackupParams, facts: Facts) -> Plan:
    """Raises BadArgument without datastores, UnknownName, FactUnavailable, RepositoryError."""
    if not params.datastores:
        raise BadArgument(
            "There is nothing to back up.", f"{stack.name} has: {', '.join(stack.datastores)}."
        )
    parts = {
        name: planner_of(stack, name).backup(stack, name, facts)
        for name in dict.fromkeys(params.datastores)
    }
    quiesced = stack.quiesced_for(parts)
    down = downtime(
        stack,
        facts,
        must=(*quiesced, *(name for part in parts.values() for name in part.stops)),
        meanwhile="while the data are copied",
        bears="the copying",
    )
    what = ", ".join(parts)
    begin, dump, publish = backup_stages(
        parts, params.origin, how_to_open(facts), together_in(stack, tuple(parts), down)
    )
    before = (begin, *down.stops, dump)
    return Plan(
        operation="backup",
        stack=stack.name,
        environment=stack.environment,
        summary=f"BACKUP {stack.environment}/{stack.name} {what}",
        risk=max((*(part.risk for part in parts.values()), _least(down)), key=_RISKS.index),
        params=params.model_dump(mode="json"),
        stages=(*before, *down.starts, publish, *_copies(stack), (_prune(),)),
        point_of_no_return=len(before) - 1 if down.stops else len(before),
        owed=(*down.owed_since(1), *((_discarded(),) if down.stops else ())),
        resources=_resources(stack, parts, down),
        guards=together(*(part.guards for part in parts.values())),
        affects=(*(line for part in parts.values() for line in part.affects), *down.affects),
        notes=down.notes,
        binding={
            **{key: value for part in parts.values() for key, value in part.binding.items()},
            **down.binding,
        },
        shown=(
            *_intention(parts, quiesced),
            *(line for part in parts.values() for line in part.shown),
            *(Line(label="Copy", value=place.repository) for place in _copy_places(stack)),
        ),
    )


def _resources(stack: Stack, names: Iterable[str], down: Downtime) -> tuple[Resource, ...]:
    """Shares the stack; what it copies and what it stops is its own meanwhile."""
    return (
        Resource(kind="stack", name=stack.name),
        *(
            Resource(kind="service", name=f"{stack.name}/{name}", exclusive=True)
            for name in down.stopped
        ),
        *(
            Resource(kind="datastore", name=f"{stack.name}/{name}", exclusive=True)
            for name in names
        ),
    )


def backup_stages(
    parts: Mapping[str, BackupPart], origin: Origin, opened: JsonObject, together: JsonObject
) -> Backup:
    """Opens a backup, dumps everything into it at the same time, and publishes it.

    `together` is as `playbooks.repository.consistency.Together`, from `together_in`.
    """
    begin = Step(
        key="begin",
        name="Open a backup",
        action="repository.begin",
        args=opened,
        undo=ActionCall(action="repository.discard"),
        idempotent=True,
        # Another first backup may make the repository meanwhile, which changes nothing for this.
        unbound=("new",),
    )
    publish = Step(
        key="publish",
        name="Verify what was stored and publish the backup",
        action="repository.publish",
        args={
            "entries": {name: {"$from": part.dump.key} for name, part in parts.items()},
            "origin": origin,
            "together": together,
        },
        probe=ActionCall(action="repository.is_published"),
        idempotent=True,
    )
    noting = (step for part in parts.values() for step in part.before)
    return ((begin, *noting), tuple(part.dump for part in parts.values()), (publish,))


def _least(down: Downtime) -> Risk:
    return Risk.CHANGE if down.stops else Risk.READ


def _discarded() -> Owed:
    """What is copied outlives a service that does not start, but not a run that is given up."""
    return Owed(
        key="discard",
        name="Remove the backup unless it is published",
        call=ActionCall(action="repository.discard"),
        since=0,
        settled_by="publish",
    )


def _copies(stack: Stack) -> Stages:
    """Only once the backup is published: a copy that fails does not undo it."""
    copy = Step(
        key="copy",
        name="Copy the backup elsewhere and read the copy back",
        action="repository.copy",
        idempotent=True,
    )
    return ((copy,),) if _copy_places(stack) else ()


def _copy_places(stack: Stack) -> tuple[Place, ...]:
    return stack.backup.copies if stack.backup else ()


def _prune() -> Step:
    return Step(
        key="prune",
        name="Remove what retention lets go",
        action="repository.prune",
        idempotent=True,
    )


def together_in(stack: Stack, names: tuple[str, ...], down: Downtime) -> JsonObject:
    """What the manifest says of how the datastores belong together: a `Together` whose moments
    are the outputs of the steps."""
    quiesced = stack.quiesced_for(names)
    running = (
        user
        for user in stack.services
        if any(user in stack.users_of(name) for name in names) and user not in down.states
    )
    return {
        "stores": list(names),
        "quiesced": list(quiesced),
        "running": list(running) if quiesced else [],
        "began": {"$from": "begin.at"},
        "stopped": {name: {"$from": f"stop.{name}"} for name in down.stopped},
        "started": {name: {"$from": f"start.{name}"} for name in down.stopped},
    }


def _intention(names: Iterable[str], quiesced: tuple[str, ...]) -> tuple[Line, ...]:
    said = intention(names, quiesced)
    return (Line(label="Consistency", value=said),) if said else ()


BACKUP = Playbook(operation="backup", params=BackupParams, needs=needs, plan=plan)
"""The playbook `backup`."""
