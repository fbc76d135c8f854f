"""Reads a subcommand's words, and on a mistake shows how it is used."""

from collections.abc import Sequence
from typing import Any, TypeVar

from commands.parsing import parse
from commands.subcommand import Subcommand
from playbooks.errors import BadArgument
from playbooks.model.base import Model

P = TypeVar("P", bound=Model)


def read_params(subcommand: Subcommand[P], words: Sequence[str]) -> P:
    """The parameters in `words`, which come after the subcommand's name.

    Raises BadArgument: what is wrong, then the usage and an example.
    """
    try:
        return parse(subcommand.params, words)
    except BadArgument as error:
        raise BadArgument(error.message, f"{error.hint} {usage_hint(subcommand)}".strip()) from (
            error
        )


def usage_hint(subcommand: Subcommand[Any]) -> str:
    """`Usage: … For example: …`."""
    return f"Usage: `/ops {subcommand.usage}`. For example: `/ops {subcommand.examples[0]}`"
