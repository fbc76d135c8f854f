"""`contacts STACK`: whom to turn to, how, and whether they answer now."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.ports import Call, Context, Reply, RotaNow
from commands.see import described
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape, plural
from playbooks.model.base import Model
from playbooks.respond.oncall import at
from playbooks.respond.rota import LAYERS


class ContactsParams(Model):
    """Of which stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: ContactsParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    lines = described.contacts(stack, context.now())
    on_call = _on_call(context.oncall.of_stack(stack))
    title = f"{stack.environment}/{stack.name}: {'; '.join(filter(None, [_point(lines), on_call]))}"
    content = blocks.sections(f"*{escape(title)}*")
    if lines:
        content += blocks.sections("\n".join(f"• {escape(line)}" for line in lines))
    return Reply(body=Body(text=title, blocks=tuple(content)))


def _on_call(state: RotaNow | None) -> str:
    """Who is on call now; nothing where the stack has no rota."""
    if state is None:
        return ""
    found = [(layer, at(state.layers[layer], state.now)) for layer in LAYERS]
    named = [f"{shift.person} ({layer})" for layer, shift in found if shift is not None]
    return f"on call now: {', '.join(named) or 'nobody'}"


def _point(lines: tuple[str, ...]) -> str:
    return plural(len(lines), "contact") if lines else "no contacts in its stack file"


CONTACTS = Subcommand(
    name="contacts",
    room=Room.SEE,
    summary="whom to turn to about a stack, whether they answer now, and who is on call",
    examples=("contacts harbor",),
    permission="read",
    params=ContactsParams,
    handle=_handle,
)
