"""`silences [STACK]`: what is silent, until when and by whom, here and in Alertmanager."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.silences import silence_blocks
from notifiers.views.text import escape, plural


class SilencesParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None


def _handle(context: Context, call: Call, params: SilencesParams) -> Reply:
    if params.stack is not None:
        known = {stack_for(context, call, params.stack, "read").name}
    else:
        known = {"", *stacks_open_to(context, call, "read")}
    found, problems = context.alerts.silences()
    shown = [each for each in found if each.stack in known]
    where = f" of {params.stack}" if params.stack else ""
    title = f"{plural(len(shown), 'silence')}{where}" if shown else f"Nothing{where} is silent"
    content = blocks.sections(f"*{escape(title)}*")
    for each in shown:
        content += silence_blocks(each, context.now())
    content += blocks.sections(escape("\n".join(problems))) if problems else []
    words = f"silences {params.stack}" if params.stack else "silences"
    return Reply(body=page(title, content, params.page, words))


SILENCES = Subcommand(
    name="silences",
    room=Room.RESPOND,
    summary="what is silent, until when and by whom, here and in Alertmanager",
    examples=("silences", "silences harbor"),
    permission="read",
    params=SilencesParams,
    handle=_handle,
    notes=("Its button ends a silence, also one that somebody made in Alertmanager.",),
)
