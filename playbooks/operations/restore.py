"""Restore a datastore: beside the live data, verified, then exchanged; or exchange it back.

The store's planner says how its data are brought and exchanged. Around that stand, the same for
every kind, the safety backup and the services that are down for the exchange only: those that use
the store, and its own server where that has to stop. A safety backup that needs the server stopped
is made while all of them are down.
"""

from collections.abc import Sequence
from datetime import datetime

from playbooks.datastores.catalogue import planner_of
from playbooks.datastores.protocol import BackupPart, RestoreParams, RestorePart, Stages
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Owed, Plan, Resource, Risk, Source
from playbooks.model.stack import Stack
from playbooks.operations.backup import Backup, Stage, backup_stages, store_needs
from playbooks.operations.downtime import Downtime, downtime, downtime_queries
from playbooks.operations.fetching import FETCHED_GOES, fetch_step, release_step, source_of
from playbooks.operations.guards import together
from playbooks.playbook import Playbook
from playbooks.repository.listing import Summary
from playbooks.repository.rehearsed import rehearsed
from playbooks.repository.standing import STANDING, how_to_open
from playbooks.spans import moment, span

_CLOCK = FactQuery(fact="clock.now")


def needs(stack: Stack, params: RestoreParams) -> Sequence[FactQuery]:
    planner = planner_of(stack, params.datastore)
    if params.mode == "undo":
        own = planner.undo_needs(stack, params)
    else:
        own = (_backup(params), *planner.restore_needs(stack, params))
    states = () if params.mode == "beside" else downtime_queries(stack, params.datastore)
    safety = store_needs(stack, params.datastore) if params.mode == "swap" else ()
    repository = (STANDING,) if params.mode == "swap" else ()
    queries = (_CLOCK, *own, *repository, *safety, *states)
    return tuple({query.key: query for query in queries}.values())


def plan(stack: Stack, params: RestoreParams, facts: Facts) -> Plan:
    """Raises UnknownName, FactUnavailable, BrokenBackup, and InputError with what is in the way."""
    if params.mode == "undo":
        return _plan_undo(stack, params, facts)
    if params.mode == "beside":
        return _plan_beside(stack, params, facts)
    return _plan_swap(stack, params, facts)


def _plan_swap(stack: Stack, params: RestoreParams, facts: Facts) -> Plan:
    summary = _summary(params, facts)
    part = planner_of(stack, params.datastore).restore(stack, params, facts)
    safety = _safety(stack, params, facts, part)
    down = _down(stack, params, facts, part, safety)
    before = _up_to_the_exchange(
        (part.brings or fetch_step(params.datastore, summary),),
        part,
        _copied(facts, params, safety, down) if safety else None,
        down,
        offline=safety is not None and bool(safety.stops),
    )
    stopping = before.index(down.stops[0]) if down.stops else 0
    exchange = len(before) + len(part.swap) - 1
    opening = facts.of(_CLOCK)["now"]
    age = span(datetime.fromisoformat(opening) - (params.at or summary.made_at))
    notes = list(part.notes)
    if safety is None:
        notes.append("There is nothing to make a safety backup of.")
    return Plan(
        **_common(stack, params),
        summary=f"{_title(stack, params)} to {_when(params, summary, facts)}, loses {age}",
        risk=Risk.DESTROY,
        stages=(*before, *part.swap, *down.starts, *part.finish, (release_step(),)),
        point_of_no_return=exchange,
        owed=(*_owed(part, len(before)), *down.owed_since(stopping), FETCHED_GOES),
        resources=_resources(stack, exclusive=True),
        guards=together(safety.guards if safety else (), part.guards),
        affects=down.affects,
        loses=part.loses,
        keeps=(*part.keeps, *(("a safety backup made just before",) if safety else ())),
        notes=(*notes, *down.notes),
        binding={**source_of(summary), **part.binding, "services": down.states},
        shown=(*_backup_lines(params, summary, facts), *part.shown),
        sources=_sources(params, summary),
        undo_hint=_undo_hint(stack, params) if part.keeps else "",
    )


def _plan_beside(stack: Stack, params: RestoreParams, facts: Facts) -> Plan:
    summary = _summary(params, facts)
    part = planner_of(stack, params.datastore).restore(stack, params, facts)
    return Plan(
        **_common(stack, params),
        summary=f"{_title(stack, params)} of {_when(params, summary, facts)} beside the live data",
        risk=Risk.CHANGE,
        stages=(
            (part.brings or fetch_step(params.datastore, summary),),
            *part.prepare,
            (release_step(),),
        ),
        resources=_resources(stack, exclusive=False, datastore=params.datastore),
        owed=(FETCHED_GOES,),
        guards=together(part.guards),
        loses=part.loses,
        keeps=part.keeps,
        notes=part.notes,
        binding={**source_of(summary), **part.binding},
        shown=(*_backup_lines(params, summary, facts), *part.shown),
        sources=_sources(params, summary),
    )


def _plan_undo(stack: Stack, params: RestoreParams, facts: Facts) -> Plan:
    part = planner_of(stack, params.datastore).undo(stack, params, facts)
    down = _down(stack, params, facts, part, None)
    before = (*part.prepare, *down.stops)
    return Plan(
        **_common(stack, params),
        summary=(
            f"UNDO RESTORE {stack.environment}/{stack.name} {params.datastore}: "
            f"back to what run {params.backup} replaced"
        ),
        risk=Risk.DESTROY,
        stages=(*before, *part.swap, *down.starts, *part.finish),
        point_of_no_return=len(before) + len(part.swap) - 1,
        owed=(*_owed(part, len(before)), *down.owed_since(len(part.prepare))),
        resources=_resources(stack, exclusive=True),
        guards=part.guards,
        affects=down.affects,
        loses=part.loses,
        keeps=part.keeps,
        notes=(*part.notes, *down.notes),
        binding={"undone": params.backup, **part.binding, "services": down.states},
        shown=part.shown,
        undo_hint=_undo_hint(stack, params),
    )


def _down(
    stack: Stack,
    params: RestoreParams,
    facts: Facts,
    part: RestorePart,
    safety: BackupPart | None,
) -> Downtime:
    copying = safety is not None and safety.stops
    return downtime(
        stack,
        facts,
        must=(*part.stops, *(safety.stops if safety else ())),
        may=stack.users_of(params.datastore),
        meanwhile=(
            "while the safety backup is made and the data are exchanged"
            if copying
            else "while the data are exchanged, some seconds"
        ),
        bears="the exchange",
    )


def _safety(
    stack: Stack, params: RestoreParams, facts: Facts, part: RestorePart
) -> BackupPart | None:
    """Of what is replaced; None where nothing is."""
    if not part.keeps:
        return None
    return part.safety or planner_of(stack, params.datastore).backup(stack, params.datastore, facts)


def _copied(facts: Facts, params: RestoreParams, safety: BackupPart, down: Downtime) -> Backup:
    name, stopped = params.datastore, down.stopped if safety.stops else ()
    fit = {"stores": [name], "stopped": {each: {"$from": f"stop.{each}"} for each in stopped}}
    return backup_stages({name: safety}, "safety", how_to_open(facts), fit)


def _up_to_the_exchange(
    fetch: Stage, part: RestorePart, copied: Backup | None, down: Downtime, *, offline: bool
) -> Stages:
    """A safety backup that needs the server stopped waits until it is."""
    if copied is None:
        return (fetch, *part.prepare, *down.stops)
    begin, dump, publish = copied
    opening = (*fetch, *begin)
    if offline:
        return (opening, *part.prepare, *down.stops, dump, publish)
    return (opening, dump, publish, *part.prepare, *down.stops)


def _owed(part: RestorePart, since: int) -> tuple[Owed, ...]:
    """`since` is the stage where the exchange begins."""
    return tuple(owed.model_copy(update={"since": owed.since + since}) for owed in part.owed)


def _common(stack: Stack, params: RestoreParams) -> dict[str, object]:
    return {
        "operation": "restore",
        "stack": stack.name,
        "environment": stack.environment,
        "params": params.model_dump(mode="json"),
    }


def _resources(
    stack: Stack, *, exclusive: bool, datastore: str | None = None
) -> tuple[Resource, ...]:
    whole = Resource(kind="stack", name=stack.name, exclusive=exclusive)
    if datastore is None:
        return (whole,)
    return (whole, Resource(kind="datastore", name=f"{stack.name}/{datastore}", exclusive=True))


def _title(stack: Stack, params: RestoreParams) -> str:
    return f"RESTORE {stack.environment}/{stack.name} {params.datastore}"


def _undo_hint(stack: Stack, params: RestoreParams) -> str:
    return f"/ops restore {stack.name} {params.datastore} --undo {{run}}"


def _when(params: RestoreParams, summary: Summary, facts: Facts) -> str:
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    if params.at is not None:
        return f"{moment(params.at, now)} ({params.at:%H:%M:%S}, out of the archive)"
    return moment(summary.made_at, now)


def _backup_lines(params: RestoreParams, summary: Summary, facts: Facts) -> tuple[Line, ...]:
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    by = f"{summary.origin}, by {summary.requester}"
    origin = Line(label="From", value=f"{summary.id}, {span(now - summary.made_at)} old, {by}")
    rehearsal = Line(label="Rehearsal", value=rehearsed(summary, params.datastore, now))
    if not summary.repository:
        return (origin, rehearsal)
    lost = f"{summary.repository}, because the primary repository does not have it whole"
    return (origin, rehearsal, Line(label="Copy used", value=lost))


def _sources(params: RestoreParams, summary: Summary) -> tuple[Source, ...]:
    name = params.datastore
    return (Source(datastore=name, backup=summary.id, drilled_at=summary.drilled_at(name)),)


def _summary(params: RestoreParams, facts: Facts) -> Summary:
    return Summary.model_validate(facts.of(_backup(params))["summary"])


def _backup(params: RestoreParams) -> FactQuery:
    return FactQuery(fact="repository.backup", args={"backup": params.backup})


RESTORE = Playbook(operation="restore", params=RestoreParams, needs=needs, plan=plan)
"""The playbook `restore`."""
