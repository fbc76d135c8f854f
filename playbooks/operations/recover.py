"""Recover a stack: everything down, every datastore of a set restored, everything up in its order.

It also works where nothing is left: a datastore that cannot be looked at is made anew by the run
itself and restored into, without a safety backup.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from playbooks.datastores.protocol import RestoreParams, Stages
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Owed, Plan, Resource, Risk, Source, Step
from playbooks.model.stack import Stack
from playbooks.operations.backup import Backup, backup_stages
from playbooks.operations.downtime import Downtime, downtime
from playbooks.operations.fetching import FETCHED_GOES, fetch_step, release_step
from playbooks.operations.guards import together
from playbooks.operations.recover_services import (
    first_stages,
    left_stopped,
    starting_all,
    validating,
)
from playbooks.operations.recover_stores import (
    FETCH,
    Coming,
    bindings,
    coming,
    coming_needs,
    held_twice,
    owed_from,
    safeties,
    servers_copied,
    servers_needed,
    side_by_side,
)
from playbooks.operations.service_steps import state_query, states_of, stopping
from playbooks.playbook import Playbook
from playbooks.repository.rehearsed import rehearsed
from playbooks.repository.standing import STANDING, how_to_open
from playbooks.spans import moment, span

_CLOCK = FactQuery(fact="clock.now")


class RecoverParams(Model):
    """Which backup each datastore comes from, by whole ids, in the order of the stack file.

    `what` is the set as people call it. `left_out` are datastores of it without a backup.
    """

    what: str
    backups: dict[str, str]
    left_out: tuple[str, ...] = ()


def needs(stack: Stack, params: RecoverParams) -> Sequence[FactQuery]:
    queries = (
        _CLOCK,
        STANDING,
        *(query for each in _restores(stack, params) for query in coming_needs(stack, each)),
        *(state_query(name) for name in stack.services),
    )
    return tuple({query.key: query for query in queries}.values())


def plan(stack: Stack, params: RecoverParams, facts: Facts) -> Plan:
    """Raises BadArgument without datastores, FactUnavailable, BrokenBackup, and InputError with
    what stands in the way of one of the datastores."""
    if not params.backups:
        raise BadArgument(
            f"There is no backup to recover {params.what} of {stack.name} from.",
            f"`/ops backups {stack.name}` lists what there is.",
        )
    stores = tuple(coming(stack, each, facts) for each in _restores(stack, params))
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    down = _down(stack, stores, facts)
    copied = _copied(stack, stores, facts, down)
    states = states_of(facts, stack.services)
    before = _up_to_the_exchange(stack, stores, copied, down, first_stages(stack, stores, states))
    exchange = side_by_side([each.part.swap for each in stores])
    guards = [each.part.guards for each in stores]
    guards += [part.guards for part in safeties(stores).values()]
    return Plan(
        operation="recover",
        stack=stack.name,
        environment=stack.environment,
        summary=_summary(stack, params, stores, now),
        risk=Risk.DESTROY,
        params=params.model_dump(mode="json"),
        stages=(*before, *exchange, *_afterwards(stack, stores)),
        point_of_no_return=len(before) + len(exchange) - 1,
        owed=(
            *owed_from(stores, len(before)),
            *_owed_up(down, before),
            FETCHED_GOES,
        ),
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        guards=together(*guards),
        affects=(*down.affects, *left_stopped(stack, states)),
        loses=tuple(f"{each.name}: {line}" for each in stores for line in each.part.loses),
        keeps=_keeps(stores),
        notes=(*_notes(params, stores), *_left_alone(stack, params)),
        binding={"datastores": bindings(stores), "services": states},
        shown=tuple(_shown(stack, stores, now)),
        sources=tuple(
            Source(
                datastore=each.name,
                backup=each.summary.id,
                drilled_at=each.summary.drilled_at(each.name),
            )
            for each in stores
        ),
        within_seconds=_objective(stack),
    )


def _restores(stack: Stack, params: RecoverParams) -> tuple[RestoreParams, ...]:
    twice = held_twice(stack, params.backups)
    return tuple(
        RestoreParams(datastore=name, backup=backup)
        for name, backup in params.backups.items()
        if name not in twice
    )


def _down(stack: Stack, stores: Sequence[Coming], facts: Facts) -> Downtime:
    """All that is ours to stop, apart from the servers that are restored into while they run."""
    kept_up = servers_needed(stack, stores)
    must = {name for each in stores for name in each.part.stops}
    must |= {name for part in safeties(stores).values() for name in part.stops}
    return downtime(
        stack,
        facts,
        must=must,
        may=(name for name in stack.services if name not in kept_up),
        meanwhile="until the recovery has come to its layer",
        bears="the recovery",
    )


def _copied(stack: Stack, stores: Sequence[Coming], facts: Facts, down: Downtime) -> Backup | None:
    parts = safeties(stores)
    if not parts:
        return None
    early = [name for name in down.stopped if name not in servers_copied(stack, stores)]
    fit = {
        "stores": list(parts),
        "quiesced": early,
        "stopped": {name: {"$from": f"stop.{name}"} for name in early},
        "began": {"$from": "begin.at"},
    }
    return backup_stages(parts, "safety", how_to_open(facts), fit)


def _up_to_the_exchange(
    stack: Stack, stores: Sequence[Coming], copied: Backup | None, down: Downtime, made: Stages
) -> Stages:
    """`made` are the stages that make what is gone. What is copied while it runs, and exchanged
    while it does not, is stopped between the two."""
    later = servers_copied(stack, stores) if copied else frozenset()
    begin, dump, publish = copied or ((), (), ())
    return (
        (*(_fetch(each) for each in stores), *begin),
        *stopping(stack, (name for name in down.stopped if name not in later)),
        *((dump, publish) if copied else ()),
        *stopping(stack, (name for name in down.stopped if name in later)),
        *made,
        *side_by_side([each.part.prepare for each in stores]),
    )


def _owed_up(down: Downtime, stages: Stages) -> tuple[Owed, ...]:
    """Each from the stage on that stops it."""
    stopped = {step.key: index for index, stage in enumerate(stages) for step in stage}
    return tuple(
        owed.model_copy(update={"since": stopped[f"stop.{name}"]})
        for name, owed in zip(down.stopped, down.owed, strict=True)
    )


def _afterwards(stack: Stack, stores: Sequence[Coming]) -> Stages:
    finish = side_by_side([each.part.finish for each in stores])
    return (*starting_all(stack), *finish, *validating(stack), (release_step(),))


def _fetch(each: Coming) -> Step:
    return fetch_step(each.name, each.summary, f"{each.name}.{FETCH}")


def _summary(stack: Stack, params: RecoverParams, stores: Sequence[Coming], now: datetime) -> str:
    oldest = min(each.summary.made_at for each in stores)
    title = f"RECOVER {stack.environment}/{stack.name} {params.what}"
    return f"{title} to {moment(oldest, now)}, loses {span(now - oldest)}"


def _keeps(stores: Sequence[Coming]) -> tuple[str, ...]:
    kept = tuple(f"{each.name}: {line}" for each in stores for line in each.part.keeps)
    saved = ", ".join(safeties(stores))
    return (*kept, *((f"a safety backup of {saved}, made just before",) if saved else ()))


def _notes(params: RecoverParams, stores: Sequence[Coming]) -> list[str]:
    notes = []
    for each in stores:
        if each.missing:
            notes.append(
                f"{each.name} cannot be looked at, so it is made anew where it is gone and "
                f"restored without a safety backup: {each.missing}"
            )
        elif each.safety is None:
            notes.append(f"{each.name} is restored without a safety backup: {each.unsaved}")
        notes.extend(f"{each.name}: {note}" for note in each.part.notes)
    if params.left_out:
        notes.append(f"There is no backup of {', '.join(params.left_out)}: left as it is.")
    return [*_spread(stores), *notes]


def _left_alone(stack: Stack, params: RecoverParams) -> tuple[str, ...]:
    return tuple(
        f"{name} is left as it is: {other} is of the same service and is restored. "
        f"`/ops restore {stack.name} {name}` exchanges the whole mount instead."
        for name, other in held_twice(stack, params.backups).items()
    )


def _spread(stores: Sequence[Coming]) -> list[str]:
    """Whether what is restored was backed up together."""
    if len({each.summary.id for each in stores}) == 1:
        return []
    moments = [each.summary.made_at for each in stores]
    return [
        "No one backup has the newest of all: they come from different ones, "
        f"{span(max(moments) - min(moments))} apart. Name an id to take all from one."
    ]


def _shown(stack: Stack, stores: Sequence[Coming], now: datetime) -> list[Line]:
    lines = [Line(label=each.name, value=_from(each, now)) for each in stores]
    ids = {each.summary.id for each in stores}
    consistency = stores[0].summary.consistency
    if len(ids) == 1 and consistency and len(stores) > 1:
        lines.append(Line(label="Consistency", value=consistency))
    lines.extend(
        Line(label=f"{each.name}, {line.label.lower()}", value=line.value)
        for each in stores
        for line in each.part.shown
    )
    if (within := _objective(stack)) is not None:
        lines.insert(
            0, Line(label="Objective", value=f"recovered within {span(timedelta(seconds=within))}")
        )
    return lines


def _from(each: Coming, now: datetime) -> str:
    age = span(now - each.summary.made_at)
    drill = rehearsed(each.summary, each.name, now)
    copy = f", from the copy at {each.summary.repository}" if each.summary.repository else ""
    return f"{each.summary.id}, {age} old, {each.summary.origin}{copy}; {drill}"


def _objective(stack: Stack) -> float | None:
    """How long it may take: the stack's own word, else the most patient of its scenarios that are
    about all of it."""
    if stack.objectives.rto is not None:
        return stack.objectives.rto.total_seconds()
    whole = [
        scenario.rto.total_seconds()
        for scenario in stack.objectives.scenarios.values()
        if scenario.rto is not None and not scenario.datastores
    ]
    return max(whole, default=None)


RECOVER = Playbook(operation="recover", params=RecoverParams, needs=needs, plan=plan)
"""The playbook `recover`."""
