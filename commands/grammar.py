"""What a subcommand's words and options are, declared on the fields of its params model.

    class LogsParams(Model):
        stack: Annotated[str, Word("STACK", "a stack")]
        lines: Annotated[int, Option("how many of the newest lines", "a whole number")] = 200

Fields annotated with `Word` are positional, in their order; those with `Option` are `--field`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic.fields import FieldInfo

from playbooks.model.base import Model

M = TypeVar("M")


@dataclass(frozen=True)
class Word:
    """A positional word.

    `shown` is its name in the usage line, `expects` says what it may be. `rest` takes all words
    that are left (a tuple of text), `anything` also those that look like options.
    """

    shown: str
    expects: str
    rest: bool = False
    anything: bool = False


@dataclass(frozen=True)
class Option:
    """`--field`. A field of type bool is a flag; others need a value described by `expects`."""

    summary: str
    expects: str = ""
    shown: str = "VALUE"


def positionals(params: type[Model]) -> Mapping[str, Word]:
    """The positional fields by name, in order."""
    return {name: mark for name, field in _fields(params) if (mark := _mark(field, Word))}


def options(params: type[Model]) -> Mapping[str, Option]:
    """The option fields by name, in order."""
    return {name: mark for name, field in _fields(params) if (mark := _mark(field, Option))}


def is_flag(params: type[Model], name: str) -> bool:
    return params.model_fields[name].annotation is bool


def option_text(name: str) -> str:
    """`since_time` → `--since-time`, `from_` → `--from`."""
    return f"--{name.rstrip('_').replace('_', '-')}"


def usage(name: str, params: type[Model]) -> str:
    """One line: `logs STACK SERVICE [--lines N]`."""
    parts = [name]
    for field, word in positionals(params).items():
        required = params.model_fields[field].is_required()
        parts.append(word.shown if required else f"[{word.shown}]")
    for field, option in options(params).items():
        value = "" if is_flag(params, field) else f" {option.shown}"
        parts.append(f"[{option_text(field)}{value}]")
    return " ".join(parts)


def _fields(params: type[Model]) -> list[tuple[str, FieldInfo]]:
    return list(params.model_fields.items())


def _mark(field: FieldInfo, kind: type[M]) -> M | None:
    return next((mark for mark in field.metadata if isinstance(mark, kind)), None)
