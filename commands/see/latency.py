"""How long services take to answer their probes: what is known where nothing else measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from commands.ports import Attachment, Context, Reply
from notifiers import charts
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, duration, escape
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.model.watching import Latency

_SECONDS = 8.0
_COLUMNS = ("Service", "Health", "Probe now", "p95", "Mean", "Longest", "Failed")
_FIGURES = (2, 3, 4, 5, 6)
_SHOWN = 10


@dataclass(frozen=True)
class _Probed:
    """A service: how it is now, and how its probes went."""

    name: str
    health: str
    ms: float | None
    past: Sequence[Latency]
    p95_ms: float | None

    @property
    def answers(self) -> int:
        return sum(each.answers for each in self.past)

    @property
    def mean_ms(self) -> float | None:
        return sum(each.total_ms for each in self.past) / self.answers if self.answers else None

    @property
    def most_ms(self) -> float | None:
        return max((each.most_ms for each in self.past), default=None)


def without_prometheus(context: Context, stack: Stack, span: timedelta) -> Reply:
    """That the stack has no Prometheus, and what its probes say, now and over the last `span`."""
    services = [name for name, service in stack.services.items() if service.health is not None]
    facts = context.facts.read(stack, [_query(name) for name in services], within=_SECONDS)
    since = context.now() - span
    p95 = {each.service: each.p95_ms for each in context.watch.of(stack)}
    probed = [
        _probed(facts, name, context.watch.latencies(stack.name, name, since), p95.get(name))
        for name in services
    ]
    title = f"{stack.environment}/{stack.name} has no Prometheus"
    found = [each.ms for each in probed if each.ms is not None]
    if found:
        title += f"; the slowest of {len(found)} probes took {_time(max(found))}"
    content = blocks.sections(f"*{escape(title)}*")
    if probed:
        content += blocks.table(_COLUMNS, [_row(each) for each in probed], right=_FIGURES)
    hint = f"{code('telemetry.prometheus')} in the stack file shows more"
    body = Body(text=title, blocks=(*content, *blocks.context(hint)))
    return Reply(body=body, file=_picture(context, stack, probed, span))


def _query(service: str) -> FactQuery:
    return FactQuery(fact="service.health", args={"service": service})


def _probed(facts: Facts, service: str, past: Sequence[Latency], p95_ms: float | None) -> _Probed:
    fact = facts.get(_query(service))
    if fact is None:
        why = facts.missing.get(_query(service).key, "not read")
        return _Probed(service, f"unknown: {why}", None, past, p95_ms)
    ms = fact.get("ms")
    took = None if ms is None else float(ms)
    return _Probed(service, str(fact["detail"]), took, past, p95_ms)


def _row(probed: _Probed) -> tuple[str, ...]:
    failed = sum(each.failures for each in probed.past)
    return (
        probed.name,
        probed.health,
        _time(probed.ms),
        _time(probed.p95_ms),
        _time(probed.mean_ms),
        _time(probed.most_ms),
        f"{failed:,} of {probed.answers:,}" if probed.past else "",
    )


def measured(context: Context, stack: Stack) -> str:
    """The slowest service of what continuous probes measured in the last minutes; empty while
    nothing is measured."""
    known = {each.service: each.p95_ms for each in context.watch.of(stack) if each.p95_ms}
    if not known:
        return ""
    slowest = max(known, key=lambda name: known[name])
    return (
        f"Probes of the last minutes: {slowest} is the slowest of {len(known)}, 95 in 100 answers "
        f"within {_time(known[slowest])}"
    )


def _time(ms: float | None) -> str:
    return "" if ms is None else duration(max(ms, 1) / 1000)


def _picture(
    context: Context, stack: Stack, probed: Sequence[_Probed], span: timedelta
) -> Attachment | None:
    slowest = sorted(probed, key=lambda each: -(each.mean_ms or 0))[:_SHOWN]
    curves = [
        charts.Curve(each.name, [(some.at, some.mean_ms) for some in each.past])
        for each in slowest
        if each.past
    ]
    title = f"Probes of {stack.environment}/{stack.name}"
    drawn = charts.curves(curves, title, "ms", (context.now() - span, context.now()))
    if drawn is None:
        return None
    name = f"probes-{stack.name}.png"
    return Attachment(name=name, title=title, content=drawn, media="image/png")
