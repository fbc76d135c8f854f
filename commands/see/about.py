"""`about STACK [TOPIC]`: what a stack is, as its file describes it; nothing is asked of a host."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

from commands.grammar import Word
from commands.lookup import stack_for
from commands.names import found
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.see import described
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import escape
from playbooks.errors import UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack

_TOPICS: Mapping[str, Callable[[Stack], described.Section]] = MappingProxyType(
    {
        "services": described.services,
        "backups": described.backups,
        "thresholds": described.thresholds,
        "routines": described.routines,
        "incidents": described.incidents,
        "deploying": described.deploying,
        "scripts": described.scripts,
        "places": described.places,
        "externals": described.externals,
    }
)
CONTACTS = "contacts"
_NAMES = (CONTACTS, *_TOPICS)


class AboutParams(Paged):
    """Of which stack, and what of it."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    topic: Annotated[str | None, Word("TOPIC", f"one of {', '.join(_NAMES)}; none: all")] = None


def _handle(context: Context, call: Call, params: AboutParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    topic = params.topic and found(dict(zip(_NAMES, _NAMES, strict=True)), params.topic, "topic")
    sections = _sections(context, stack, topic)
    title = described.title(stack)
    if topic and not sections:
        raise UnknownName(f"The file of {stack.name} says nothing about {topic}.", _said(stack))
    text = f"{title}: {topic or stack.description or 'as its file describes it'}"
    content = blocks.sections(f"*{escape(text)}*")
    for name, lines in sections:
        content += _shown("" if topic else name, lines)
    again = f"about {stack.name}{f' {topic}' if topic else ''}"
    return Reply(body=page(text, content, params.page, again))


def _sections(
    context: Context, stack: Stack, topic: str | None
) -> list[tuple[str, described.Section]]:
    whole = {CONTACTS: described.contacts(stack, context.now())}
    whole |= {name: describe(stack) for name, describe in _TOPICS.items()}
    return [(name, lines) for name, lines in whole.items() if lines and topic in (None, name)]


def _said(stack: Stack) -> str:
    there = [name for name, describe in _TOPICS.items() if describe(stack)]
    there = [CONTACTS, *there] if stack.contacts else there
    return f"It says something about {', '.join(there)}." if there else "It names only itself."


def _shown(title: str, lines: Sequence[str]) -> list[JsonObject]:
    head = [f"*{title.capitalize()}*"] if title else []
    return blocks.sections("\n".join([*head, *(f"• {escape(line)}" for line in lines)]))


ABOUT = Subcommand(
    name="about",
    room=Room.SEE,
    summary="what a stack is: services, contacts, schedules, thresholds, checklists, and more",
    examples=("about harbor", "about harbor contacts"),
    permission="read",
    params=AboutParams,
    handle=_handle,
)
