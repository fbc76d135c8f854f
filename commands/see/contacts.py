"""`contacts STACK`: whom to turn to, how, and whether they answer now."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.ports import Call, Context, Reply
from commands.see import described
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape, plural
from playbooks.model.base import Model


class ContactsParams(Model):
    """Of which stack."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]


def _handle(context: Context, call: Call, params: ContactsParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    lines = described.contacts(stack, context.now())
    title = f"{stack.environment}/{stack.name}: {_point(lines)}"
    content = blocks.sections(f"*{escape(title)}*")
    if lines:
        content += blocks.sections("\n".join(f"• {escape(line)}" for line in lines))
    return Reply(body=Body(text=title, blocks=tuple(content)))


def _point(lines: tuple[str, ...]) -> str:
    return plural(len(lines), "contact") if lines else "no contacts; name them in its stack file"


CONTACTS = Subcommand(
    name="contacts",
    room=Room.SEE,
    summary="whom to turn to about a stack, and whether they answer now",
    examples=("contacts harbor",),
    permission="read",
    params=ContactsParams,
    handle=_handle,
)
