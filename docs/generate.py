"""Writes docs/configuration.md, from the models that read the files, and docs/status.md."""

import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.environment import BotSettings
from bot.settings import InterlockFile
from docs import status
from playbooks.gate.duration import write_duration
from playbooks.model.base import Name
from playbooks.model.secret import SecretRef
from playbooks.model.stack import Stack

PAGE = Path(__file__).parent / "configuration.md"

_INTRODUCTION = """\
# Configuration

Two kinds of YAML file and a few environment variables. Unknown keys are refused, and every mistake
is one line: `FILE:LINE: what is wrong; what to write instead`. `interlock stack check FILE` reads a
stack file offline and resolves no secret.

Paths are relative to the file they stand in. Variables like `${HOME}` are not filled in. Anchors,
aliases and merge keys are not supported. A secret is never written down: write a reference,
`env:NAME`, `file:PATH`, `env-file:PATH#NAME` (one variable of an env file) or
`docker-secret:NAME`.

This page is made from the models by `make docs`.
"""
_STACK_NOTES = """\
A process gets a small environment (`PATH`, `HOME`, `USER`, the language, `TZ`, `TMPDIR`) and what
`environment` adds. A variable whose name ends in PASSWORD, SECRET, TOKEN, API_KEY or CREDENTIALS
holds a reference, which is resolved when the service starts.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_INTRODUCTION]
    parts += _chapter("`interlock.yaml`", InterlockFile, "")
    parts += _chapter("Stack files", Stack, _STACK_NOTES)
    parts += ["## Environment of `interlock run`\n", _prose(BotSettings)]
    return "\n".join(parts).rstrip() + "\n"


def _chapter(title: str, model: type[BaseModel], notes: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield _prose(model)
    if notes:
        yield notes
    yield _table(model)
    for nested in _nested(model, []):
        yield f"### {_heading(nested)}\n"
        yield _prose(nested)
        yield _table(nested)


def _nested(model: type[BaseModel], seen: list[type[BaseModel]]) -> list[type[BaseModel]]:
    for field in model.model_fields.values():
        for found in _models(field.annotation):
            if found not in seen:
                seen.append(found)
                _nested(found, seen)
    return seen


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _heading(model: type[BaseModel]) -> str:
    kind = model.model_fields.get("kind")
    tag = f" (`kind: {get_args(kind.annotation)[0]}`)" if kind else ""
    return f"{_words(model)}{tag}"


def _words(model: type[BaseModel]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__).capitalize()


def _prose(model: type[BaseModel]) -> str:
    return f"{inspect.cleandoc(model.__doc__ or '')}\n"


def _table(model: type[BaseModel]) -> str:
    rows = ["| key | value | default |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        shown = _shown(_whole(field)).replace("|", "\\|")
        rows.append(f"| `{field.alias or name}` | {shown} | {_default(field)} |")
    return "\n".join(rows) + "\n"


def _whole(field: FieldInfo) -> Any:
    """The annotation with what pydantic took off it, so that references can be told from text."""
    marks = tuple(field.metadata)
    return Annotated[(field.annotation, *marks)] if marks else field.annotation


def _default(field: FieldInfo) -> str:
    if field.is_required() or _is_tag(field):
        return "required"
    value = field.default
    if value is PydanticUndefined or value is None or value == "":
        return ""
    if isinstance(value, timedelta):
        return f"`{write_duration(value)}`"
    if isinstance(value, BaseModel | dict | tuple | frozenset) and not _filled(value):
        return ""
    if isinstance(value, frozenset | tuple):
        return f"`[{', '.join(sorted(str(item) for item in value))}]`"
    return "" if isinstance(value, BaseModel) else f"`{value}`"


def _is_tag(field: FieldInfo) -> bool:
    """What chooses among alternatives is always written."""
    return get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1


def _filled(value: Any) -> bool:
    return not isinstance(value, BaseModel) and bool(value)


def _shown(annotation: Any) -> str:
    arguments = get_args(annotation)
    if annotation == SecretRef or set(get_args(SecretRef)[1:]) & set(_hashable(arguments)):
        return "secret reference"
    if annotation == Name:
        return "name"
    return _composed(get_origin(annotation), arguments) or _plain(annotation)


def _composed(origin: Any, arguments: tuple[Any, ...]) -> str:
    """A type made of others; nothing for a plain one."""
    if origin is Annotated:
        return _shown(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in {dict, Mapping}:
        return f"mapping: {_shown(arguments[0])} → {_shown(arguments[1])}"
    if origin in {tuple, list, frozenset, set}:
        return f"list: {_shown(arguments[0])}"
    if origin in {Union, UnionType}:
        return " or ".join(_shown(one) for one in arguments if one is not NoneType)
    return ""


def _hashable(arguments: tuple[Any, ...]) -> list[Any]:
    return [argument for argument in arguments if argument.__hash__]


def _plain(annotation: Any) -> str:
    names = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "Path": "path",
        "timedelta": "span of time",
        "datetime": "time with zone",
        "AwareDatetime": "time with zone",
    }
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        heading = _heading(annotation)
        anchor = re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        return f"[{_words(annotation).lower()}](#{anchor})"
    name = getattr(annotation, "__name__", str(annotation))
    if hasattr(annotation, "__members__"):
        return ", ".join(f"`{member}`" for member in annotation.__members__)
    return names.get(name, "text")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    status.PAGE.write_text(status.page(), encoding="utf-8")
