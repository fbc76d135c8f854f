"""Long answers in pages."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from commands.grammar import Option
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model

PageNumber = Annotated[
    int, Field(ge=1), Option("which page of a long answer", "a whole number from 1", "N")
]


class Paged(Model):
    """Parameters of a subcommand whose answer may be long."""

    page: PageNumber = 1


def page(text: str, content: Sequence[JsonObject], number: int, again: str) -> Body:
    """Page `number` of the blocks; `again` is the line that was typed, for the next page.

    Raises BadArgument when there are not so many pages.
    """
    return numbered(blocks.pages(text, content), number, again)


def numbered(parts: Sequence[Body], number: int, again: str) -> Body:
    """Page `number` of the messages, with a line that says how to get the next one."""
    if number > len(parts):
        raise BadArgument(
            f"There is no page {number}; the last one is {len(parts)}.", f"Try `/ops {again}`."
        )
    body = parts[number - 1]
    if number == len(parts):
        return body
    more = blocks.context(f"More: {code(f'/ops {again} --page {number + 1}')}")
    return body.model_copy(update={"blocks": (*body.blocks, *more)})
