"""`page PERSON|STACK TEXT`: calls somebody by hand."""

from typing import Annotated
from uuid import uuid4

from commands.grammar import Option, Word
from commands.lookup import stack_for, stacks_open_to
from commands.ports import Call, Context, HandPage, Reply
from commands.respond.oncall import person_named
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views.text import escape
from playbooks.errors import BadArgument, Refused
from playbooks.model.base import Model
from playbooks.respond.oncall import at
from playbooks.respond.rota import LAYERS


class PageParams(Model):
    """Whom, and what they are told."""

    whom: Annotated[str, Word("PERSON|STACK", "a person, or a stack whose on-call is meant")]
    text: Annotated[tuple[str, ...], Word("TEXT", "what they are told", rest=True, anything=True)]
    critical: Annotated[bool, Option("by SMS, too")] = False


def _handle(context: Context, call: Call, params: PageParams) -> Reply:
    text = " ".join(params.text).strip()
    if not text:
        raise BadArgument("There is nothing to tell.", "Write `/ops page ben the site is down`.")
    if params.whom in context.stacks:
        stack = stack_for(context, call, params.whom, "ask")
        whom, about = _on_call(context, stack.name), stack.name
    else:
        stacks_open_to(context, call, "ask")
        whom, about = (person_named(context, params.whom),), ""
    page = HandPage(
        actor=call.actor,
        whom=whom,
        stack=about,
        text=text,
        critical=params.critical,
        channel=call.channel,
        once=call.once or uuid4().hex,
    )
    told = context.oncall.page(page)
    return Reply(body=Body(text=f"On its way: {escape(', '.join(told))}."))


def _on_call(context: Context, stack: str) -> tuple[str, ...]:
    """The first layer in which somebody is."""
    state = context.oncall.of_stack(context.stacks[stack])
    shifts = [at(state.layers[layer], state.now) for layer in LAYERS] if state else []
    on_call = next((shift for shift in shifts if shift is not None), None)
    if on_call is None:
        raise Refused(
            f"Nobody is on call for {stack} now.", "`/ops page PERSON TEXT` calls somebody by name."
        )
    return (on_call.person,)


PAGE = Subcommand(
    name="page",
    room=Room.RESPOND,
    summary="calls a person, or who is on call for a stack",
    examples=("page ben the site is down, please look", "page harbor the site is down"),
    permission="ask",
    params=PageParams,
    handle=_handle,
)
