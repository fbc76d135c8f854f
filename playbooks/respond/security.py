"""From what logs show to alerts: counted in windows, sources against those that are usual. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from playbooks.lines.security import OTHERS, Look
from playbooks.model.base import JsonObject, Model
from playbooks.model.security import LARGE_RESPONSE, UNUSUAL_SOURCE, Counting, Security
from playbooks.model.stack import Stack
from playbooks.respond.conditions import Reading, Rule

_EXAMPLES = 2
_NAMED = 5
_MOST_SOURCES = 1_000
_LONGEST_EXAMPLE = 200


class Seen(Model):
    """What one look through the logs of a service gave, at its moment."""

    at: datetime
    service: str
    look: Look


class Memory(Model):
    """What is kept of a stack's logs from look to look: where each log goes on (`cursors`, by
    service), the looks of the longest window, and how many requests of each source there were since
    `began_at`, those of the last window not among them (`usual`)."""

    began_at: datetime
    cursors: dict[str, JsonObject] = {}
    looks: tuple[Seen, ...] = ()
    usual: dict[str, int] = {}


def watches(security: Security) -> bool:
    """Whether there is anything to look for."""
    return bool(security.counted())


def logged(stack: Stack) -> Sequence[str]:
    """Services whose logs are looked through; an empty name stands for the stack's own files."""
    if stack.security.services:
        return stack.security.services
    own = ("",) if stack.logs else ()
    streamed = stack.telemetry.loki_labels if stack.telemetry.loki else {}
    known = (
        name
        for name, service in stack.services.items()
        if stack.managed(name) or service.logs or name in streamed
    )
    return (*known, *own)


def rules_of(security: Security) -> list[Rule]:
    """One for each pattern, and for what requests are counted for."""
    return [
        Rule(
            name=rule_name(name),
            measure="security",
            shown=counting.shown(name),
            severity=counting.severity,
            limit=counting.at_least - 0.5,
            calm=timedelta(0),
        )
        for name, counting in security.counted().items()
    ]


def rule_name(pattern: str) -> str:
    return f"security-{pattern}"


def remembered(memory: Memory, security: Security, looks: Sequence[Seen], now: datetime) -> Memory:
    """With what was seen just now. Requests that leave the window become usual."""
    longest = max((each.within for each in security.counted().values()), default=timedelta(0))
    every = (*memory.looks, *looks)
    kept = tuple(each for each in every if now - each.at < longest)
    usual = Counter(memory.usual)
    for each in every:
        if now - each.at >= longest:
            usual.update(each.look.requests)
    return memory.model_copy(
        update={"looks": kept, "usual": dict(usual.most_common(_MOST_SOURCES))}
    )


def readings_of(
    security: Security, memory: Memory, now: datetime
) -> Mapping[str, Sequence[Reading]]:
    """By the names of rules."""
    found: dict[str, Sequence[Reading]] = {}
    for name, counting in security.counted().items():
        within = [each for each in memory.looks if now - each.at < counting.within]
        if name == UNUSUAL_SOURCE:
            found[rule_name(name)] = _unusual(security, memory, within, now)
        else:
            found[rule_name(name)] = _counted(name, counting, within)
    return found


def _counted(name: str, counting: Counting, looks: Sequence[Seen]) -> list[Reading]:
    hits = [(each.service, each.look.hits[name]) for each in looks if name in each.look.hits]
    sources: Counter[str] = Counter()
    services: Counter[str] = Counter()
    for service, each in hits:
        sources.update(each.sources)
        services[service] += each.count
    examples = [example for _, each in reversed(hits) for example in each.examples][:_EXAMPLES]
    if counting.by == "all":
        return [_reading(name, "", sources, services, examples)] if hits else []
    return [
        _reading(name, source, Counter({source: count}), services, examples)
        for source, count in sources.most_common(_NAMED)
        if source != OTHERS
    ]


def _reading(
    name: str,
    subject: str,
    sources: Counter[str],
    services: Counter[str],
    examples: Sequence[str],
) -> Reading:
    total = sources.total()
    named = [(s, n) for s, n in sources.most_common(_NAMED) if s and s != OTHERS]
    most = ", ".join(f"{source} ({count})" for source, count in named)
    where = ", ".join(service or "the stack's files" for service, _ in services.most_common(3))
    what = "answers that are large" if name == LARGE_RESPONSE else f"lines of {name}"
    said = f"{total} {what}{f', most from {most}' if most else ''}"
    shown = " ".join(f"“{example[:_LONGEST_EXAMPLE]}”" for example in examples)
    service = services.most_common(1)[0][0]
    labels = {"pattern": name, **({"service": service} if service else {})}
    if named:
        labels["source"] = named[0][0]
    return Reading(
        subject=subject,
        value=float(total),
        said=said,
        summary=f"{said}, in the logs of {where}. {shown}".strip(),
        labels=labels,
    )


def _unusual(
    security: Security, memory: Memory, looks: Sequence[Seen], now: datetime
) -> list[Reading]:
    """Sources that are none of the usual ones. Nothing is unusual before enough was seen."""
    requests: Counter[str] = Counter()
    for each in looks:
        requests.update(each.look.requests)
    if now - memory.began_at < security.learning:
        return []
    usual = {source for source, _ in Counter(memory.usual).most_common(security.top_sources or 0)}
    return [
        Reading(
            subject=source,
            value=float(count),
            said=f"{count} requests",
            summary=f"{source} is none of the {len(usual)} usual sources and sent {count} requests "
            f"of {requests.total()}.",
            labels={"pattern": UNUSUAL_SOURCE, "source": source},
        )
        for source, count in requests.most_common(_NAMED + len(usual))
        if source not in usual and source != OTHERS
    ]
