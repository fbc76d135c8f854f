"""`errors STACK`: how many errors each service wrote lately, what they say, and when they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from commands.grammar import Option, Word
from commands.lookup import service_of, stack_for
from commands.moments import EXPECTED, moment
from commands.paging import Paged, page
from commands.ports import Attachment, Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers import charts
from notifiers.views import blocks
from notifiers.views.text import clip_plain, code, duration, escape, plural
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.logged import ErrorCount
from playbooks.model.stack import Stack

_SECONDS = 15.0
_BUCKETS = 30
_LONGEST = timedelta(days=7)
_COLUMNS = ("Service", "Errors", "Warnings", "Most frequent")
_FIGURES = (1, 2)
_MESSAGE = 160
_SHOWN = 12


class ErrorsParams(Paged):
    """Of which stack, and since when."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[str | None, Word("SERVICE", "one of its services; none: all")] = None
    since: Annotated[str, Option("only what is newer", EXPECTED, "TIME")] = "1h"


@dataclass(frozen=True)
class _Seen:
    """What was counted, by service; of the others why not."""

    counts: dict[str, ErrorCount]
    unknown: dict[str, str]

    @property
    def errors(self) -> int:
        return sum(count.errors for count in self.counts.values())


def _handle(context: Context, call: Call, params: ErrorsParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    span = _span(context, params)
    queries = {_label(stack, name): _query(name, span) for name in _owners(stack, params)}
    facts = context.facts.read(stack, list(queries.values()), within=_SECONDS)
    seen = _seen(facts, queries)
    title = _title(stack, seen, span)
    again = f"errors {stack.name} --since {params.since}"
    body = page(title, _content(stack, title, seen), params.page, again)
    return Reply(body=body, file=_picture(stack, seen, context, span))


def _owners(stack: Stack, params: ErrorsParams) -> list[str]:
    """Services; an empty name stands for the stack's own files."""
    if params.service:
        return [service_of(stack, params.service)[0]]
    return [*stack.services, *([""] if stack.logs else [])]


def _label(stack: Stack, owner: str) -> str:
    return owner or f"{stack.name} (files)"


def _span(context: Context, params: ErrorsParams) -> timedelta:
    try:
        span = context.now() - moment(params.since, context.now())
    except ValueError as error:
        raise BadArgument(
            f"`--since` should be {EXPECTED}, not `{params.since}`.",
            f"For example: `/ops errors {params.stack} --since 1h`",
        ) from error
    if not timedelta(0) < span <= _LONGEST:
        raise BadArgument(
            f"`--since {params.since}` is not within the last {_LONGEST.days} days.",
            "Errors are counted from the logs that are still there.",
        )
    return span


def _query(service: str, span: timedelta) -> FactQuery:
    return FactQuery(
        fact="logs.errors",
        args={"service": service, "since": round(span.total_seconds()), "buckets": _BUCKETS},
    )


def _seen(facts: Facts, queries: dict[str, FactQuery]) -> _Seen:
    counts, unknown = {}, {}
    for name, query in queries.items():
        fact = facts.get(query)
        if fact is None:
            unknown[name] = facts.missing.get(query.key, "not read")
        else:
            counts[name] = ErrorCount.model_validate(fact)
    return _Seen(counts, unknown)


def _title(stack: Stack, seen: _Seen, span: timedelta) -> str:
    bad = [name for name, count in seen.counts.items() if count.errors]
    said = plural(seen.errors, "error") if seen.errors else "no errors"
    where = f" in {plural(len(bad), 'service')}" if bad else ""
    unknown = f", {len(seen.unknown)} unknown" if seen.unknown else ""
    ago = duration(span.total_seconds())
    return f"{stack.environment}/{stack.name}: {said}{where} in the last {ago}{unknown}"


def _content(stack: Stack, title: str, seen: _Seen) -> list[JsonObject]:
    content = blocks.sections(f"*{escape(title)}*")
    ordered = sorted(seen.counts.items(), key=lambda each: -each[1].errors)
    rows = [_row(name, count) for name, count in ordered]
    rows += [(name, "unknown", "", why) for name, why in seen.unknown.items()]
    content += blocks.table(_COLUMNS, rows, right=_FIGURES) if rows else []
    kinds = [(kind, name) for name, count in ordered for kind in count.kinds]
    kinds.sort(key=lambda each: -each[0].count)
    if kinds:
        lines = [f"• {kind.count:,} × {escape(name)}: {code(kind.shape)}" for kind, name in kinds]
        content += blocks.sections("\n".join(["*What they say*", *lines[:_SHOWN]]))
        content += blocks.rest(len(lines) - _SHOWN, "in the logs")
    cut = [name for name, count in ordered if not count.whole]
    small = [
        f"Not all was read of {escape(', '.join(cut))}: there was too much" if cut else "",
        f"{code(f'/ops logs {stack.name} SERVICE --level error')} shows the lines",
    ]
    return content + blocks.context(*small)


def _row(name: str, count: ErrorCount) -> tuple[str, ...]:
    shape = clip_plain(count.kinds[0].shape, _MESSAGE) if count.kinds else ""
    more = "" if count.whole else "+"
    return (name, f"{count.errors:,}{more}", f"{count.warnings:,}{more}", shape)


def _picture(stack: Stack, seen: _Seen, context: Context, span: timedelta) -> Attachment | None:
    bars: Sequence[charts.Bars] = [
        charts.Bars(name, count.buckets) for name, count in seen.counts.items() if count.timed
    ]
    title = f"Errors of {stack.environment}/{stack.name}"
    drawn = charts.bars(bars, title, context.now() - span, context.now())
    if drawn is None:
        return None
    name = f"errors-{stack.name}.png"
    return Attachment(name=name, title=title, content=drawn, media="image/png")


ERRORS = Subcommand(
    name="errors",
    room=Room.SEE,
    summary="how many errors each service wrote lately, and what they say",
    examples=("errors harbor", "errors harbor api --since 30m"),
    permission="read",
    params=ErrorsParams,
    handle=_handle,
    notes=("Messages that differ in numbers and ids only are counted as one.",),
)
