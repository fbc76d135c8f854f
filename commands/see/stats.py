"""`stats STACK`: what each service uses of processor, memory, network and disk, right now, or over
time; `stats` alone: how people respond."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from commands.grammar import Option, Word
from commands.lookup import stack_for, stacks_open_to
from commands.moments import EXPECTED, moment
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.respond.response import response
from commands.see.trend import over_time
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import escape, plural, size
from playbooks.errors import BadArgument
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.model.usage import ServiceUsage, Usage

_SECONDS = 6.0
_WEEKS = timedelta(weeks=4)
_HOST = FactQuery(fact="host.usage")
_COLUMNS = ("Service", "CPU", "Memory", "Network in / out", "Disk read / written", "Restarts")
_FIGURES = (1, 2, 3, 4, 5)
# Where the kernel soon kills for memory, people want to know before it does.
_NEARLY_FULL = 0.9


class StatsParams(Paged):
    """Of which stack, and since when; without that, right now. Without a stack, and with
    `incidents`, it is about people, since four weeks ago."""

    stack: Annotated[
        str | None, Word("STACK", "the name of a stack; none: how people respond on all")
    ] = None
    since: Annotated[str | None, Option("over time instead of right now", EXPECTED, "TIME")] = None
    incidents: Annotated[bool, Option("how people respond to its alerts and incidents")] = False


def _handle(context: Context, call: Call, params: StatsParams) -> Reply:
    if params.stack is None or params.incidents:
        return _people(context, call, params)
    stack = stack_for(context, call, params.stack, "read")
    if params.since is not None:
        since = _moment(context, stack.name, params.since)
        return over_time(
            context, stack, since, params.page, f"stats {stack.name} --since {params.since}"
        )
    facts = context.facts.read(stack, [_HOST, *map(_query, stack.services)], within=_SECONDS)
    parts = {name: _parts(facts, name) for name in stack.services}
    running = [part for found in parts.values() for part in found or ()]
    title = f"{stack.environment}/{stack.name} uses {_sum(running)}"
    content = blocks.sections(f"*{escape(title)}*")
    rows = [row for name, found in parts.items() for row in _rows(facts, name, found)]
    if rows:
        content += blocks.table(_COLUMNS, rows, right=_FIGURES)
    worries = list(_worries(running))
    if worries:
        content += blocks.sections("\n".join(f"• {escape(worry)}" for worry in worries))
    content += blocks.context(escape(_host(stack, facts)))
    return Reply(body=page(title, content, params.page, f"stats {stack.name}"))


def _people(context: Context, call: Call, params: StatsParams) -> Reply:
    if params.stack is None:
        stacks = sorted(stacks_open_to(context, call, "read"))
    else:
        stacks = [stack_for(context, call, params.stack, "read").name]
    typed = f"{params.stack} --incidents" if params.stack else ""
    since = context.now() - _WEEKS
    if params.since is not None:
        since = _moment(context, typed, params.since)
        typed = f"{typed} --since {params.since}"
    return response(context, stacks, since, params.page, f"stats {typed}".strip())


def _moment(context: Context, typed: str, text: str) -> datetime:
    try:
        return moment(text, context.now())
    except ValueError as error:
        raise BadArgument(
            f"`--since` should be {EXPECTED}, not `{text}`.",
            f"For example: `/ops stats {f'{typed} '.lstrip()}--since 6h`",
        ) from error


def _query(service: str) -> FactQuery:
    return FactQuery(fact="service.usage", args={"service": service})


def _parts(facts: Facts, service: str) -> tuple[Usage, ...] | None:
    """None where it is not known."""
    fact = facts.get(_query(service))
    return None if fact is None else ServiceUsage.model_validate(fact).parts


def _rows(facts: Facts, service: str, parts: tuple[Usage, ...] | None) -> Iterator[tuple[str, ...]]:
    if parts is None:
        why = facts.missing.get(_query(service).key, "not read")
        yield (service, f"unknown: {why}", "", "", "", "")
        return
    if not parts:
        yield (service, "stopped", "", "", "", "")
    for part in parts:
        yield (
            service if len(parts) == 1 else part.name,
            f"{part.processor:.1f} %",
            _memory(part),
            _both(part.received, part.sent),
            _both(part.read, part.written),
            str(part.restarts),
        )


def _memory(part: Usage) -> str:
    return size(part.memory) + (f" of {size(part.limit)}" if part.limit else "")


def _both(one: int | None, other: int | None) -> str:
    return "" if one is None or other is None else f"{size(one)} / {size(other)}"


def _sum(parts: list[Usage]) -> str:
    """`1.2 cores and 3.4 GB in 9 parts`."""
    cores = sum(part.processor for part in parts) / 100
    memory = sum(part.memory for part in parts)
    return f"{cores:.2f} cores and {size(memory)} in {plural(len(parts), 'running part')}"


def _worries(parts: list[Usage]) -> Iterator[str]:
    for part in parts:
        if part.killed_for_memory:
            yield f"{part.name} was killed because its memory was full."
        elif part.limit and part.memory > part.limit * _NEARLY_FULL:
            yield f"{part.name} uses {part.memory / part.limit:.0%} of the memory it may have."


def _host(stack: Stack, facts: Facts) -> str:
    host = facts.get(_HOST)
    if host is None:
        return f"Host {stack.host.title}: {facts.missing.get(_HOST.key, 'not read')}"
    return (
        f"Host {stack.host.title}: load {host['load']:.2f} on {plural(host['cores'], 'core')}, "
        f"{size(host['available_bytes'])} of {size(host['memory_bytes'])} memory available"
    )


STATS = Subcommand(
    name="stats",
    room=Room.SEE,
    summary="what each service uses of processor, memory, network and disk; or how people respond",
    examples=("stats harbor", "stats harbor --since 6h", "stats", "stats --since 90d"),
    permission="read",
    params=StatsParams,
    handle=_handle,
    notes=(
        "Over time: from one sample a minute, kept for 7 days.",
        "Without a stack: mean times to acknowledge and resolve, alerts a week, the noisiest rules "
        "and how long approvals were waited for; of one stack with `--incidents`.",
    ),
)
