"""What the measures of a stack's thresholds are read from, and what comes of it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from playbooks.model.datastores import PostgresAccess
from playbooks.model.disk import FileSystems
from playbooks.model.facts import FactQuery
from playbooks.model.lives import Life, Lives
from playbooks.model.pool import Pool
from playbooks.model.stack import Stack
from playbooks.model.thresholds import Measure, Threshold
from playbooks.model.trend import HostCounted, Sample
from playbooks.respond.conditions import Reading
from playbooks.respond.measuring_requests import ASKED, metrics_for, of_requests
from playbooks.respond.seen import Seen, Unmeasured, fact_in
from playbooks.sizes import in_bytes as size

LIVES = FactQuery(fact="lives.seen")
_DISKS = FactQuery(fact="disk.systems")
_HOST = FactQuery(fact="trend.host")
_FULL_PERCENT = 95.0
_KILLED_WITHIN = timedelta(minutes=5)
_SAMPLED_WITHIN = timedelta(minutes=5)
_LIVED: frozenset[Measure] = frozenset({"restart_loop", "out_of_memory", "memory_used_percent"})
_PROMISED: Mapping[str, str] = MappingProxyType(
    {"backup_late": "", "drill_failed": ":failed", "drill_overdue": ":overdue"}
)


@dataclass(frozen=True)
class Measured:
    """What came of one look: readings by the name of a threshold, or why there are none; `how` says
    what each was read from."""

    readings: Mapping[str, Sequence[Reading]]
    unmeasured: Mapping[str, str]
    how: Mapping[str, str]


def told(threshold: Threshold) -> bool:
    """Whether it is known without asking the stack."""
    return threshold.measure == "down" or threshold.measure in _PROMISED


def needs(stack: Stack) -> list[FactQuery]:
    """What is asked for the thresholds of the stack."""
    measures = {each.measure for each in stack.thresholds.values()}
    found = [LIVES] if measures & _LIVED else []
    found += [_DISKS] if "disk_free_percent" in measures else []
    found += [_HOST] if "memory_used_percent" in measures else []
    for threshold in stack.thresholds.values():
        if threshold.measure == "pool_exhausted":
            found += [_pool_of(store) for store in _pools(stack, threshold)]
        if threshold.measure in ASKED and stack.telemetry.prometheus is not None:
            found += metrics_for(threshold)
    return list({query.key: query for query in found}.values())


def measured(stack: Stack, thresholds: Mapping[str, Threshold], seen: Seen) -> Measured:
    """What can be said of these thresholds of the stack."""
    readings: dict[str, Sequence[Reading]] = {}
    unmeasured: dict[str, str] = {}
    how = {name: how_of(stack, each) for name, each in thresholds.items()}
    for name, threshold in thresholds.items():
        try:
            readings[name] = _MEASURERS[threshold.measure](stack, threshold, seen)
        except Unmeasured as error:
            unmeasured[name] = str(error)
    return Measured(readings, unmeasured, how)


def how_of(stack: Stack, threshold: Threshold) -> str:
    """What it is read from, for people."""
    if threshold.measure in ASKED:
        return "Prometheus" if stack.telemetry.prometheus else "Interlock's own probes"
    return _HOW[threshold.measure]


def covers(stack: Stack, threshold: Threshold, datastore: str) -> bool:
    """Whether it speaks of the datastore."""
    return not threshold.services or stack.datastores[datastore].service in threshold.services


def spoken_for(stack: Stack, kind: Measure, datastore: str) -> bool:
    """Whether alerts tell of it, so that nobody else has to."""
    return any(
        each.measure == kind and covers(stack, each, datastore)
        for each in stack.thresholds.values()
    )


def alerted(stack: Stack, service: str) -> bool:
    """Whether alerts tell when the service is down."""
    return any(
        each.measure == "down" and (not each.services or service in each.services)
        for each in stack.thresholds.values()
    )


def _down(_: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    wanted = frozenset(threshold.services)
    if not seen.watched:
        raise Unmeasured("no service of it is watched: none has a health check, or `watch` is off")
    if unwatched := sorted(wanted - seen.watched):
        raise Unmeasured(f"{', '.join(unwatched)} has no health check that is watched")
    return [
        Reading(
            subject=each.service,
            said=each.detail,
            summary=f"{each.service} is down: {each.detail}.",
            labels={"service": each.service},
            since=each.opened_at,
        )
        for each in seen.conditions
        if each.kind == "down" and (not wanted or each.service in wanted)
    ]


def _late(stack: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    mark = _PROMISED[threshold.measure]
    if stack.backup is None:
        raise Unmeasured("the stack has no backups")
    if threshold.measure == "backup_late" and stack.objectives.shortest_rpo is None:
        raise Unmeasured("there is no objective to be late by: set `objectives.rpo`")
    if threshold.measure != "backup_late" and stack.drill is None:
        raise Unmeasured("the stack file has no `drill`")
    words, act = {
        "backup_late": ("has no good backup within the objective", "rpo"),
        "drill_failed": ("did not come back whole when it was rehearsed", "drills"),
        "drill_overdue": ("was not rehearsed in time", "drills"),
    }[threshold.measure]
    found = []
    for store in stack.datastores:
        since = seen.breaches.get(f"{store}{mark}")
        if since is None or not covers(stack, threshold, store):
            continue
        service = stack.datastores[store].service
        found.append(
            Reading(
                subject=store,
                said=words,
                summary=f"{store} {words}: `/ops {act} {stack.name}`.",
                labels={"datastore": store, **({"service": service} if service else {})},
                since=since,
            )
        )
    return found


def _looping(_: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    return [
        Reading(
            subject=life.name,
            value=float(seen.restarts.loops(life, seen.now)),
            said=f"{seen.restarts.risen(life, seen.now)} restarts in 10 min",
            summary=f"{life.name} is started again and again: "
            f"{seen.restarts.risen(life, seen.now)} times in 10 min, {life.restarts} in all.",
            labels={"service": life.service, "container": life.name},
        )
        for life in _lives(threshold, seen)
    ]


def _killed(_: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    found = []
    for life in _lives(threshold, seen):
        at = life.killed_at
        happened = at is not None and seen.now - at < _KILLED_WITHIN
        limit = f", which may use {size(life.limit)}," if life.limit else ""
        found.append(
            Reading(
                subject=life.name,
                value=float(happened),
                said="killed for want of memory",
                summary=f"{life.name}{limit} was killed for want of memory.",
                labels={"service": life.service, "container": life.name},
                since=at if happened else None,
            )
        )
    return found


def _lives(threshold: Threshold, seen: Seen) -> Sequence[Life]:
    lives = Lives.model_validate(fact_in(seen, LIVES))
    wanted = frozenset(threshold.services)
    if reasons := [why for name, why in lives.missing.items() if not wanted or name in wanted]:
        raise Unmeasured(reasons[0])
    found = [life for life in lives.lives if not wanted or life.service in wanted]
    if not found:
        raise Unmeasured("none of its services runs in a container or as a unit of systemd")
    return found


def _disk(_: Stack, __: Threshold, seen: Seen) -> Sequence[Reading]:
    systems = FileSystems.model_validate(fact_in(seen, _DISKS)).systems
    return [
        Reading(
            subject=each.path,
            value=each.free_percent,
            said=f"{each.free_percent:.1f} % free",
            summary=f"{each.path} has {size(each.free)} left, {each.free_percent:.1f} % of it.",
            labels={"mount": each.path},
        )
        for each in systems
    ]


def _memory(_: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    found = []
    if not threshold.services:
        host = HostCounted.model_validate(fact_in(seen, _HOST))
        percent = 100 * (host.memory - host.available) / host.memory
        said = f"{percent:.1f} % of {size(host.memory)}"
        found.append(
            Reading(value=percent, said=said, summary=f"The host uses {said} of its memory.")
        )
    found += _limited(threshold, seen)
    if not found:
        raise Unmeasured(f"{', '.join(threshold.services)} has no limit of memory of its own")
    return found


def _limited(threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    """Services against the limits that they have themselves."""
    fact = seen.facts.get(LIVES)
    lives = Lives.model_validate(fact).lives if fact is not None else ()
    used = _newest(seen).services if seen.sample is not None else {}
    found = []
    for service in dict.fromkeys(life.service for life in lives):
        limits = [life.limit for life in lives if life.service == service]
        whole = sum(limit or 0 for limit in limits)
        unwanted = bool(threshold.services) and service not in threshold.services
        if unwanted or None in limits or service not in used or not whole:
            continue
        percent = 100 * used[service].memory / whole
        said = f"{percent:.1f} % of {size(whole)}"
        summary = f"{service} uses {said}, its limit of memory."
        labels = {"service": service}
        found.append(
            Reading(subject=service, value=percent, said=said, summary=summary, labels=labels)
        )
    return found


def _processor(stack: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    stored = (store.service for store in stack.datastores.values())
    services = threshold.services or tuple(dict.fromkeys(filter(None, stored)))
    points = _newest(seen).services
    known = {name: points[name].processor for name in services if name in points}
    if not services or not known:
        raise Unmeasured(f"nothing was counted of {', '.join(services) or 'any database'} lately")
    return [
        Reading(
            subject=name,
            value=value,
            said=f"{value:.0f} % of a core",
            summary=f"{name} uses {value:.0f} % of a processor's core.",
            labels={"service": name},
        )
        for name, value in known.items()
        if value is not None
    ]


def _newest(seen: Seen) -> Sample:
    if seen.sample is None or seen.now - seen.sample.at > _SAMPLED_WITHIN:
        raise Unmeasured("nothing was sampled within the last minutes")
    return seen.sample


def _pool(stack: Stack, threshold: Threshold, seen: Seen) -> Sequence[Reading]:
    stores = _pools(stack, threshold)
    if not stores:
        raise Unmeasured("only PostgreSQL tells how many connections it has left")
    found = []
    for store in stores:
        pool = Pool.model_validate(fact_in(seen, _pool_of(store)))
        said = f"{pool.taken} of {pool.room} connections" if pool.room else "lets nobody in"
        service = stack.datastores[store].service
        found.append(
            Reading(
                subject=store,
                value=float(pool.percent >= _FULL_PERCENT),
                said=said,
                summary=f"{store} has no connections left: {said}.",
                labels={"datastore": store, **({"service": service} if service else {})},
            )
        )
    return found


def _pools(stack: Stack, threshold: Threshold) -> tuple[str, ...]:
    return tuple(
        name
        for name, store in stack.datastores.items()
        if isinstance(store, PostgresAccess) and covers(stack, threshold, name)
    )


def _pool_of(store: str) -> FactQuery:
    return FactQuery(fact="db.pool", args={"datastore": store})


_Measurer = Callable[[Stack, Threshold, Seen], Sequence[Reading]]
_MEASURERS: Mapping[Measure, _Measurer] = MappingProxyType(
    {
        "down": _down,
        "restart_loop": _looping,
        "out_of_memory": _killed,
        "pool_exhausted": _pool,
        "backup_late": _late,
        "drill_failed": _late,
        "drill_overdue": _late,
        "disk_free_percent": _disk,
        "memory_used_percent": _memory,
        "database_cpu_percent": _processor,
        "error_percent": of_requests,
        "errors_per_second": of_requests,
        "p95_seconds": of_requests,
    }
)
_HOW: Mapping[str, str] = MappingProxyType(
    {
        "down": "health checks",
        "restart_loop": "what runs it",
        "out_of_memory": "what runs it",
        "pool_exhausted": "the database",
        "backup_late": "the repository",
        "drill_failed": "the repository",
        "drill_overdue": "the repository",
        "disk_free_percent": "the host",
        "memory_used_percent": "the host, and limits of containers",
        "database_cpu_percent": "samples",
    }
)
