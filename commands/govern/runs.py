"""`runs [STACK]`: what was asked for, newest first."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from commands.grammar import Option, Word
from commands.lookup import may_know_run, stack_for, stacks_open_to
from commands.ports import Call, Context, Dossier, Reply
from commands.state import state_of
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.outcome import elapsed
from notifiers.views.text import ago, code, plural
from playbooks.model.base import Model
from playbooks.model.stack import Stack

_PAGE = 20


class RunsParams(Model):
    """Of which stack, and from where on."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None
    before: Annotated[
        str | None, Option("only what is older than this one", "the id of a run", "ID")
    ] = None


def _handle(context: Context, call: Call, params: RunsParams) -> Reply:
    if params.stack is None:
        open_to = stacks_open_to(context, call, "read")
    else:
        stack = stack_for(context, call, params.stack, "read")
        open_to = {stack.name: stack}
    only = next(iter(open_to)) if params.stack else None
    read = context.history.dossiers(stack=only, limit=_PAGE + 1, before=params.before)
    more = read[_PAGE - 1].request.id if len(read) > _PAGE else None
    seen = [each for each in _of(read[:_PAGE], open_to) if may_know_run(context, call, each)]
    if not seen:
        text = f"Nothing was asked for{f' on {only}' if only else ''} yet."
        return Reply(body=Body(text=text, blocks=tuple(blocks.sections(text))))
    return Reply(body=_shown(context, seen, params, more))


def _of(dossiers: Sequence[Dossier], stacks: Mapping[str, Stack]) -> list[Dossier]:
    return [each for each in dossiers if each.request.plan.stack in stacks]


def _shown(context: Context, seen: Sequence[Dossier], params: RunsParams, more: str | None) -> Body:
    rows = [_row(context, dossier) for dossier in seen]
    content = blocks.table(("ID", "What", "State", "Asked by", "When", "Took"), rows)
    content += blocks.context(f"{code('/ops run ID')} shows one in full")
    if more is not None:
        again = " ".join(filter(None, ("/ops runs", params.stack, f"--before {more}")))
        content += blocks.context(f"More: {code(again)}")
    newest = seen[0]
    text = (
        f"{plural(len(seen), 'run')}; the newest: {newest.request.plan.summary}, "
        f"{state_of(context, newest).state}"
    )
    return Body(text=text, blocks=tuple(content))


def _row(context: Context, dossier: Dossier) -> tuple[str, ...]:
    state = state_of(context, dossier)
    request = dossier.request
    return (
        request.id,
        request.plan.summary,
        state.state,
        request.requester,
        ago(request.asked_at, context.now()),
        elapsed(state),
    )


RUNS = Subcommand(
    name="runs",
    room=Room.GOVERN,
    summary="requests and runs, newest first, and how they ended",
    examples=("runs", "runs harbor", "runs harbor --before k3f9q2"),
    permission="read",
    params=RunsParams,
    handle=_handle,
)
