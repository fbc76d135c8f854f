"""What a stack used over time, from the samples that were kept: `stats STACK --since 6h`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import nan

from commands.paging import page
from commands.ports import Attachment, Context, Reply
from notifiers import pictures, trends
from notifiers.views import blocks
from notifiers.views.text import duration, escape, plural, size
from playbooks.model.stack import Stack
from playbooks.model.trend import Point, Sample

_COLUMNS = (
    "Service",
    "CPU mean",
    "CPU most",
    "Memory mean",
    "Memory most",
    "Memory change",
)
_FIGURES = (1, 2, 3, 4, 5)
_HOST = "the host"
_DRAWN = 9
_POINTS = 240
_GAP = timedelta(minutes=5)
_NO_PICTURE = "No picture: install the extra `pictures` (`pip install 'interlock[pictures]'`)."


def over_time(context: Context, stack: Stack, since: datetime, number: int, again: str) -> Reply:
    """Mean and most of each service, and a picture."""
    now = context.now()
    samples = context.trends.since(stack.name, since)
    title = f"{stack.environment}/{stack.name}: {_headline(samples, since, now)}"
    content = blocks.sections(f"*{escape(title)}*")
    if not samples:
        content += blocks.context(
            "A sample is taken every minute while the bot runs, and kept for 7 days"
        )
        return Reply(body=page(title, content, number, again))
    series = by_service(samples)
    content += blocks.table(
        _COLUMNS, [_row(name, points) for name, points in series.items()], right=_FIGURES
    )
    if not pictures.available():
        content += blocks.context(_NO_PICTURE)
    body = page(title, content, number, again)
    return Reply(body=body, file=_picture(stack, series, since, now))


def by_service(samples: Sequence[Sample]) -> dict[str, list[tuple[datetime, Point]]]:
    """The points of each service in their order; the host's last."""
    found: dict[str, list[tuple[datetime, Point]]] = {}
    for sample in samples:
        for service, point in sample.services.items():
            found.setdefault(service, []).append((sample.at, point))
    whole = [(sample.at, sample.host) for sample in samples if sample.host is not None]
    return found | ({_HOST: whole} if whole else {})


def thinned(
    points: Sequence[tuple[datetime, float]], most: int = _POINTS
) -> list[tuple[datetime, float]]:
    """Means of neighbours, so many that a picture shows them."""
    step = max(1, -(-len(points) // most))
    groups = [points[at : at + step] for at in range(0, len(points), step)]
    return [(group[-1][0], sum(value for _, value in group) / len(group)) for group in groups]


def broken(points: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """With a gap in the curve where nothing was sampled, while the bot was down for instance."""
    if len(points) < 3:
        return list(points)
    spans = sorted(after - before for (before, _), (after, _) in pairwise(points))
    longest = max(3 * spans[len(spans) // 2], _GAP)
    found = [points[0]]
    for (before, _), (after, value) in pairwise(points):
        if after - before > longest:
            found.append((before + longest / 3, nan))
        found.append((after, value))
    return found


def _headline(samples: Sequence[Sample], since: datetime, now: datetime) -> str:
    if not samples:
        return f"nothing was sampled in the last {duration((now - since).total_seconds())}"
    covered = duration((now - samples[0].at).total_seconds())
    highest = max(_processors(samples), default=("", 0.0), key=lambda each: each[1])
    point = f", most of it by {highest[0]}" if highest[0] else ""
    return f"{plural(len(samples), 'sample')} of the last {covered}{point}"


def _processors(samples: Sequence[Sample]) -> list[tuple[str, float]]:
    means = {
        name: _mean([p.processor for _, p in points if p.processor is not None])
        for name, points in by_service(samples).items()
        if name != _HOST
    }
    return [(name, mean) for name, mean in means.items() if mean is not None]


def _row(name: str, points: Sequence[tuple[datetime, Point]]) -> tuple[str, ...]:
    processors = [each.processor for _, each in points if each.processor is not None]
    memories = [each.memory for _, each in points]
    return (
        name,
        _percent(_mean(processors)),
        _percent(max(processors, default=None)),
        size(sum(memories) / len(memories)),
        size(max(memories)),
        _change(memories[0], memories[-1]),
    )


def _change(first: int, last: int) -> str:
    return f"{(last - first) / first:+.0%}" if first else ""


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} %"


def _picture(
    stack: Stack,
    series: Mapping[str, Sequence[tuple[datetime, Point]]],
    since: datetime,
    now: datetime,
) -> Attachment | None:
    """Of many services the busiest; the table has all of them."""
    services = [name for name in series if name != _HOST]
    services.sort(key=lambda name: -max(point.memory for _, point in series[name]))
    shown = [*services[:_DRAWN], *([_HOST] if _HOST in series else [])]
    begins = max(since, min(points[0][0] for points in series.values()) - timedelta(minutes=1))
    title = f"What {stack.environment}/{stack.name} used since {begins:%Y-%m-%d %H:%M} UTC"
    drawn = trends.used(title, [_curve(name, series[name]) for name in shown], begins, now)
    if drawn is None:
        return None
    return Attachment(name=f"{stack.name}-usage.png", title=title, content=drawn, media="image/png")


def _curve(name: str, points: Sequence[tuple[datetime, Point]]) -> trends.Curve:
    def of(value: Callable[[Point], float | None]) -> list[tuple[datetime, float]]:
        known = [(at, found) for at, point in points if (found := value(point)) is not None]
        return broken(thinned(known))

    return trends.Curve(
        name=name,
        processor=of(lambda point: point.processor),
        memory=of(lambda point: point.memory),
        whole=name == _HOST,
    )
