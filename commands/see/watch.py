"""`watch [STACK]`: what continuous probes know, and what is wrong by them."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import duration, escape, how_long, plural
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.model.watching import WatchedService

_COLUMNS = ("Service", "Now", "Answers in", "Good answers", "What it said last")


class WatchParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None


def _handle(context: Context, call: Call, params: WatchParams) -> Reply:
    if params.stack is None:
        stacks = list(stacks_open_to(context, call, "read").values())
    else:
        stacks = [stack_for(context, call, params.stack, "read")]
    content = [block for stack in stacks for block in _shown(context, stack)]
    wrong = sum(len(context.watch.open_now(stack.name)) for stack in stacks)
    title = f"Watching {plural(len(stacks), 'stack')}: " + (
        f"{plural(wrong, 'service')} down" if wrong else "nothing is down"
    )
    again = f"watch {params.stack}" if params.stack else "watch"
    return Reply(body=page(title, blocks.sections(f"*{title}*") + content, params.page, again))


def _shown(context: Context, stack: Stack) -> list[JsonObject]:
    known = context.watch.of(stack)
    title = f"*{escape(f'{stack.environment}/{stack.name}')}*"
    if not known:
        why = "no service has a health check" if stack.watch.on else "`watch.on` is false"
        return blocks.sections(f"{title}: nothing is known yet, or {why}.")
    rows = [_row(context, each) for each in known]
    return blocks.sections(title) + blocks.table(_COLUMNS, rows, right=(2, 3))


def _row(context: Context, known: WatchedService) -> tuple[str, ...]:
    word = {True: "up", False: "down", None: "not sure yet"}[known.up]
    lasting = f" {how_long(known.since, context.now())}" if known.since else ""
    return (
        known.service,
        f"{word}{lasting}",
        "" if known.mean_ms is None else duration(known.mean_ms / 1000),
        "" if known.availability is None else f"{known.availability * 100:.1f} %",
        known.detail or "all is well",
    )


WATCH = Subcommand(
    name="watch",
    room=Room.SEE,
    summary="what continuous probes know: who is up since when, how fast and how often they answer",
    examples=("watch", "watch harbor"),
    permission="read",
    params=WatchParams,
    handle=_handle,
    notes=(
        "Each service is asked at the `interval` of its `health`; it counts as down, and as up "
        "again, after `watch.after` answers in a row.",
    ),
)
