"""The window that asks for the name of what would be lost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from notifiers.ports import Body
from notifiers.views import blocks, limits
from notifiers.views.text import code, escape
from playbooks.model.base import JsonObject

NAMING_FORM = "name_it"
NAME = "name"


@dataclass(frozen=True)
class AtStake:
    """What a subcommand would take away. `names` are those it can be told, one of which is to be
    typed; `verb` is what happens to it, one word like `Clean`."""

    verb: str
    title: str
    goes: tuple[str, ...]
    names: tuple[str, ...]
    stays: tuple[str, ...] = ()


def naming_form(what: AtStake, typed: str, channel: str) -> JsonObject | None:
    """A modal with one input; `typed` is what the name is put behind. None where it would carry
    more than Slack lets a window carry."""
    value = json.dumps({"typed": typed, "names": what.names})
    carried = json.dumps({"channel": channel, "value": value})
    if len(carried) > limits.METADATA:
        return None
    return {
        "type": "modal",
        "callback_id": NAMING_FORM,
        "title": blocks.plain(what.verb),
        "submit": blocks.plain("Ask for it"),
        "close": blocks.plain("Cancel"),
        "private_metadata": carried,
        "blocks": [
            *_shown(what),
            {
                "type": "input",
                "block_id": NAME,
                "label": blocks.plain(_label(what.names)),
                "hint": blocks.plain("It is asked for then; who must approve it, still must."),
                "element": {"type": "plain_text_input", "action_id": NAME},
            },
        ],
    }


def naming_words(what: AtStake, typed: str) -> Body:
    """The same where no window can be opened: what goes, and how it is typed."""
    name = what.names[0] if len(what.names) == 1 else "NAME"
    line = f"Type the name behind it: {code(f'/ops {typed} {name}')}"
    content = (*_shown(what), *blocks.sections(f"{line}. Nothing was asked for yet."))
    return Body(text=f"{what.title}: the name is missing. {line}", blocks=content)


def _shown(what: AtStake) -> list[JsonObject]:
    content = blocks.sections(f"*{escape(what.title)}*")
    for label, lines in (("What goes", what.goes), ("What stays", what.stays)):
        if lines:
            listed = "\n".join(f"• {escape(line)}" for line in lines)
            content += blocks.sections(f"*{label}*\n{listed}")
    return content


def _label(names: Sequence[str]) -> str:
    return f"Type {names[0]}" if len(names) == 1 else "Which one? Type its name"
