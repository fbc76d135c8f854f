"""`metrics STACK [NAME]`: what Prometheus measured, as a picture and in numbers."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from commands.grammar import Option, Word
from commands.lookup import service_of, stack_for
from commands.moments import EXPECTED, moment
from commands.names import suggestion
from commands.ports import Attachment, Call, Context, Reply
from commands.see.latency import without_prometheus
from commands.subcommand import Room, Subcommand
from notifiers import charts
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, duration, escape, joined
from playbooks.errors import BadArgument
from playbooks.metrics import OVERVIEW, names_of, wanted
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.measured import Measured, Series
from playbooks.model.stack import Stack

_SECONDS = 12.0
_LONGEST = timedelta(days=90)
_COLUMNS = ("What", "Now", "Least", "Most", "Mean")
_FIGURES = (1, 2, 3, 4)
_NAMES = FactQuery(fact="metrics.names")


class MetricsParams(Model):
    """Of which stack, what, and since when."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    name: Annotated[
        str | None,
        Word("NAME", "rate, errors, p50, p95, p99, one of the stack's own, or a metric; none: all"),
    ] = None
    since: Annotated[str, Option("of how long", EXPECTED, "TIME")] = "1h"
    service: Annotated[str | None, Option("only of one service", "a service", "SERVICE")] = None


def _handle(context: Context, call: Call, params: MetricsParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    span = _span(context, params)
    service = service_of(stack, params.service)[0] if params.service else ""
    if stack.telemetry.prometheus is None:
        return without_prometheus(context, stack, span)
    names = tuple(names_of(stack)) if params.name is None else (params.name,)
    for name in names:
        wanted(stack, name)
    queries = {name: _query(name, service, span) for name in names}
    facts = context.facts.read(stack, list(queries.values()), within=_SECONDS)
    if params.name is None:
        return _overview(stack, facts, queries, span)
    fact = Measured.model_validate(facts.of(queries[params.name]))
    return _one(context, stack, fact, (service, span))


def _span(context: Context, params: MetricsParams) -> timedelta:
    try:
        span = context.now() - moment(params.since, context.now())
    except ValueError as error:
        raise BadArgument(
            f"`--since` should be {EXPECTED}, not `{params.since}`.",
            f"For example: `/ops metrics {params.stack} p95 --since 6h`",
        ) from error
    if not timedelta(0) < span <= _LONGEST:
        raise BadArgument(f"`--since {params.since}` is not within the last {_LONGEST.days} days.")
    return span


def _query(name: str, service: str, span: timedelta) -> FactQuery:
    args = {"name": name, "service": service, "since": round(span.total_seconds())}
    return FactQuery(fact="metrics.range", args=args)


def _overview(stack: Stack, facts: Facts, queries: dict[str, FactQuery], span: timedelta) -> Reply:
    rows, troubles = [], set()
    for query in queries.values():
        fact = facts.get(query)
        if fact is None:
            troubles.add(facts.missing.get(query.key, "not read"))
            continue
        found = Measured.model_validate(fact)
        rows += [_row(found, series) for series in found.series or (Series(),)]
    title = f"{stack.environment}/{stack.name}: measured over {_length(span)}"
    content = blocks.sections(f"*{escape(title)}*")
    content += blocks.table(_COLUMNS, rows, right=_FIGURES) if rows else []
    content += blocks.sections(escape("\n".join(sorted(troubles)))) if troubles else []
    known = ", ".join(name for name in names_of(stack) if name in OVERVIEW)
    example = code(f"/ops metrics {stack.name} p95 --since 6h")
    content += blocks.context(f"{example} draws one of them ({escape(known)}, …)")
    return Reply(body=Body(text=title, blocks=tuple(content)))


def _one(context: Context, stack: Stack, fact: Measured, asked: tuple[str, timedelta]) -> Reply:
    service, span = asked
    who = f"{stack.environment}/{stack.name}{f' {service}' if service else ''}"
    drawn = [series for series in fact.series if series.points]
    if not drawn:
        return _nothing(context, stack, fact, who)
    now = f": {_value(drawn[0].now, fact.unit)} now" if len(drawn) == 1 else ""
    title = f"{who} {fact.name}{now}, over {_length(span)}"
    content = blocks.sections(f"*{escape(title)}*")
    content += blocks.table(_COLUMNS, [_row(fact, each) for each in drawn], right=_FIGURES)
    content += blocks.rest(fact.more, "series are not shown")
    content += blocks.context(joined([_against(fact, drawn), code(fact.query)]))
    picture = _picture(fact, f"{who} {fact.name}", drawn, (context.now() - span, context.now()))
    if picture is None:
        content += blocks.context("A picture needs the extra `pictures` where Interlock runs.")
    return Reply(body=Body(text=title, blocks=tuple(content)), file=picture)


def _nothing(context: Context, stack: Stack, fact: Measured, who: str) -> Reply:
    """Prometheus has no values; if it knows no such metric, what was likely meant."""
    title = f"{who} {fact.name}: Prometheus has no values"
    lines = [f"*{escape(title)}*", f"It was asked {code(fact.query)}."]
    if fact.name not in {each.name for each in names_of(stack).values()}:
        names = context.facts.read(stack, [_NAMES], within=_SECONDS).get(_NAMES) or {"names": []}
        known = [*names_of(stack), *(str(name) for name in names["names"])]
        lines.append(suggestion(fact.name, known))
    return Reply(body=Body(text=title, blocks=tuple(blocks.sections("\n".join(lines)))))


def _against(fact: Measured, drawn: list[Series]) -> str:
    if fact.limit is None:
        return ""
    over = any((series.now or 0) > fact.limit for series in drawn)
    said = "over" if over else "within"
    return f"{said} the limit of {_value(fact.limit, fact.unit)}"


def _row(fact: Measured, series: Series) -> tuple[str, ...]:
    name = " ".join(part for part in (fact.name, series.name) if part)
    values = (series.now, series.least, series.most, series.mean)
    return (name, *(_value(value, fact.unit) for value in values))


def _value(value: float | None, unit: str) -> str:
    """`310 ms`, `4.2 %`, `1,250`, `0.031`; a dash for what is not known."""
    if value is None:
        return "–"
    if unit == "s":
        return duration(value)
    shown = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{shown}{unit if unit.startswith('/') else f' {unit}' if unit else ''}"


def _length(span: timedelta) -> str:
    return duration(span.total_seconds())


def _picture(
    fact: Measured, title: str, drawn: list[Series], span: tuple[datetime, datetime]
) -> Attachment | None:
    curves = [
        charts.Curve(
            series.name or fact.name,
            [(datetime.fromtimestamp(at, UTC), value) for at, value in series.points],
        )
        for series in drawn
    ]
    image = charts.curves(curves, title, fact.unit, span, fact.limit)
    if image is None:
        return None
    name = f"{'-'.join(title.replace('/', '-').split())}.png"
    return Attachment(name=name, title=title, content=image, media="image/png")


METRICS = Subcommand(
    name="metrics",
    room=Room.SEE,
    summary="what Prometheus measured, as a picture and in numbers",
    examples=(
        "metrics harbor",
        "metrics harbor p95 --since 6h",
        "metrics harbor rate --service api",
    ),
    permission="read",
    params=MetricsParams,
    handle=_handle,
    notes=("Without a Prometheus it says how long each service takes to answer its probe.",),
)
