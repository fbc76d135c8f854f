"""`health STACK [SERVICE] [--watch]`: asks every service how it is, now, and says what it answered;
once, or for some minutes in a message that is kept fresh."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from pydantic import AfterValidator

from commands.grammar import Option, Word
from commands.lookup import service_of, stack_for
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import duration, escape, plural, utc
from playbooks.gate.duration import Duration
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack

_GRACE_SECONDS = 1.0
_LONGEST = timedelta(minutes=30)
_COLUMNS = ("Service", "Health", "Answered in", "p95", "What it said")


def _short(span: timedelta) -> timedelta:
    if span > _LONGEST:
        raise ValueError("health is refreshed for 30 minutes at most; ask again then")
    return span


Span = Annotated[Duration, AfterValidator(_short)]


class HealthParams(Paged):
    """Of a whole stack, or of one service."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[str | None, Word("SERVICE", "one of its services; none: all")] = None
    watch: Annotated[bool, Option("show it in the channel, refreshed every 10 s")] = False
    for_: Annotated[Span, Option("how long, with --watch", "at most 30m", "TIME")] = timedelta(
        minutes=5
    )


def _handle(context: Context, call: Call, params: HealthParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    names = _asked(stack, params.service)
    again = f"health {stack.name}" + (f" {params.service}" if params.service else "")
    if not params.watch:
        title, content = _said(context, stack, names)
        return Reply(body=page(title, content, params.page, again))
    fresh = partial(_fresh, context, stack, names)
    until = context.live.show(call.channel, params.for_, fresh)
    said = f"The health of {stack.name} is shown here, and refreshed until {utc(until)}."
    return Reply(body=Body(text=said, blocks=tuple(blocks.sections(said))))


def _fresh(context: Context, stack: Stack, names: tuple[str, ...], until: datetime | None) -> Body:
    """The message of a watch as of now."""
    title, content = _said(context, stack, names)
    more = f"refreshed until {utc(until)}" if until else "no longer refreshed"
    shown = content + blocks.context(f"As of {utc(context.now())}, {more}.")
    return Body(text=title, blocks=tuple(shown))


def _said(context: Context, stack: Stack, names: tuple[str, ...]) -> tuple[str, list[JsonObject]]:
    """A headline, and blocks with a row for each service."""
    facts = context.facts.read(stack, list(map(_query, names)), within=_patience(stack, names))
    title = f"{stack.environment}/{stack.name}: {_headline(facts, names)}"
    p95 = {each.service: each.p95_ms for each in context.watch.of(stack)}
    rows = [_row(facts, name, p95.get(name)) for name in names]
    content = blocks.sections(f"*{escape(title)}*")
    return title, content + (blocks.table(_COLUMNS, rows, right=(2, 3)) if rows else [])


def _asked(stack: Stack, service: str | None) -> tuple[str, ...]:
    """In start-up order."""
    if service is not None:
        return (service_of(stack, service)[0],)
    return tuple(name for layer in stack.layers() for name in layer)


def _patience(stack: Stack, names: tuple[str, ...]) -> float:
    """All are asked at once, so the most patient one decides."""
    limits = [getattr(stack.services[name].health, "seconds", 0.0) for name in names]
    return max([*limits, 5.0]) + _GRACE_SECONDS


def _query(service: str) -> FactQuery:
    return FactQuery(fact="service.health", args={"service": service})


def _headline(facts: Facts, names: tuple[str, ...]) -> str:
    answers = [facts.get(_query(name)) for name in names]
    well = sum(bool(answer and answer["healthy"]) for answer in answers)
    ill = sum(bool(answer and answer["healthy"] is False) for answer in answers)
    silent = sum(answer is None for answer in answers)
    rest = [f"{ill} unhealthy"] * bool(ill) + [f"{silent} unknown"] * bool(silent)
    return ", ".join([f"{well} of {plural(len(names), 'service')} healthy", *rest])


def _row(facts: Facts, name: str, p95_ms: float | None) -> tuple[str, ...]:
    """`p95_ms` is what the continuous probes have measured in the last minutes."""
    query, usual = _query(name), "" if p95_ms is None else duration(max(p95_ms, 1) / 1000)
    answer = facts.get(query)
    if answer is None:
        return (name, "unknown", "", usual, facts.missing.get(query.key, "not read"))
    healthy = answer["healthy"]
    word = "not asked" if healthy is None else "healthy" if healthy else "unhealthy"
    took = "" if answer["ms"] is None else duration(answer["ms"] / 1000)
    said = "" if answer["detail"] == word else str(answer["detail"])
    return (name, word, took, usual, said)


HEALTH = Subcommand(
    name="health",
    room=Room.SEE,
    summary="asks every service how it is, once, now",
    examples=("health harbor", "health harbor api", "health harbor --watch --for 10m"),
    permission="read",
    params=HealthParams,
    handle=_handle,
    notes=("p95: 95 in 100 answers of the last minutes took no longer, as `watch` measures them.",),
)
