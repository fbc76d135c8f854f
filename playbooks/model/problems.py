"""pydantic's errors as sentences: what is wrong, and what to write instead."""

import re
import types
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from playbooks.model.yaml_text import Document, Location, Problem

_SECRETIVE = re.compile(r"passw|secret|token|identity|credential|key", re.IGNORECASE)
_EXPECTED = {
    "string_type": "text; put it in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list: [first, second] or one item a line after a dash",
    "list_type": "a list: [first, second] or one item a line after a dash",
    "frozen_set_type": "a list: [first, second] or one item a line after a dash",
    "set_type": "a list: [first, second] or one item a line after a dash",
    "dict_type": "a mapping: one 'key: value' a line, indented",
    "model_type": "a mapping: one 'key: value' a line, indented",
    "model_attributes_type": "a mapping: one 'key: value' a line, indented",
    "path_type": "a path; put it in quotes",
}


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name most like `word`, if one is alike at all."""
    found: str | None = import_module("playbooks.alike").resembling(word, names)
    return found


def instead(word: str, names: Sequence[str]) -> str:
    """`write 'web'`, or the names to choose from when none is alike."""
    if best := nearest(word, names):
        return f"write {best!r}"
    return f"use one of: {', '.join(names)}" if names else "remove it"


def problems_of(
    error: ValidationError, document: Document, model: type[BaseModel]
) -> Iterator[Problem]:
    """Every error with its line in `document`, which was read as a `model`."""
    details = error.errors(include_url=False)
    misspelt = {
        (*detail["loc"][:-1], nearest(str(detail["loc"][-1]), _keys_beside(detail, model)))
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    for detail in details:
        if detail["type"] != "missing" or detail["loc"] not in misspelt:
            yield _problem(detail, document, model)


def _keys_beside(detail: ErrorDetails, model: type[BaseModel]) -> list[str]:
    return _keys(_types_at(model, detail["loc"][:-1]))


def _problem(detail: ErrorDetails, document: Document, model: type[BaseModel]) -> Problem:
    tagged: Location = tuple(part for part in detail["loc"] if part != "[key]")
    location = document.without_tags(tagged)
    line = document.line(location)
    match detail["type"]:
        case "extra_forbidden":
            return Problem(line, _unknown_key(location, _keys_beside(detail, model)))
        case "union_tag_not_found" | "union_tag_invalid":
            return _wrong_tag(detail, location, document, model)
        case "value_error" | "assertion_error":
            return _own_words(str(detail["ctx"]["error"]), location, document)
    return Problem(line, _sentence(detail, location))


def _sentence(detail: ErrorDetails, location: Location) -> str:
    kind, where = detail["type"], _at(location)
    if kind == "missing":
        return _missing(location)
    if kind == "string_pattern_mismatch":
        return _bad_name(detail, location)
    if kind == "literal_error":
        return f"{where} is {_shown(detail)}; {_choice(detail)}"
    if expected := _EXPECTED.get(kind):
        return f"{where} is {_shown(detail)}; write {expected}"
    return f"{where} is {_shown(detail)}; {_lowered(detail['msg'])}"


def _wrong_tag(
    detail: ErrorDetails, location: Location, document: Document, model: type[BaseModel]
) -> Problem:
    key = str(detail["ctx"]["discriminator"]).strip("'")
    tags = _tags(detail["loc"], model, key)
    if detail["type"] == "union_tag_not_found":
        text = f"{_at(location)} needs {key!r}; write one of: {', '.join(tags)}"
        return Problem(document.line(location), text)
    tag = str(detail["ctx"]["tag"])
    return Problem(
        document.line((*location, key)), f"{key} {tag!r} is unknown; {instead(tag, tags)}"
    )


def _own_words(text: str, location: Location, document: Document) -> Problem:
    """A validator's own message. When it opens with a dotted key (`services.web.needs names …`),
    that key's line is the problem's line."""
    dotted = _location(text.split(" ", 1)[0].rstrip(":"))
    if not location and document.has(dotted):
        return Problem(document.line(dotted), text)
    return Problem(document.line(location), f"{_at(location)}: {text}" if location else text)


def _location(dotted: str) -> Location:
    """`policy[1].from` as ("policy", 1, "from")."""
    parts = re.findall(r"[^.\[\]]+", dotted)
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _unknown_key(location: Location, known: Sequence[str]) -> str:
    where = f" in {_at(location[:-1])}" if location[:-1] else ""
    return f"unknown key {str(location[-1])!r}{where}; {instead(str(location[-1]), known)}"


def _missing(location: Location) -> str:
    where = f" in {_at(location[:-1])}" if location[:-1] else ""
    return f"the key {str(location[-1])!r} is missing{where}; add '{location[-1]}: …'"


def _bad_name(detail: ErrorDetails, location: Location) -> str:
    allowed = "start with a lower-case letter or digit, then those, '-' and '_', 63 at most"
    return f"{_at(location)}: {detail['input']!r} is no name; {allowed}"


def _choice(detail: ErrorDetails) -> str:
    choices = str(detail["ctx"]["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
    return instead(str(detail["input"]), choices)


def _shown(detail: ErrorDetails) -> str:
    """The value as it was read, or only its kind when it is long or a whole block."""
    value = detail["input"]
    if value is None:
        return "empty"
    if _SECRETIVE.search(str(detail["loc"][-1:])):
        return "not what is expected"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…'"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _at(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "the file"


def _tags(location: Location, model: type[BaseModel], key: str) -> list[str]:
    """The values of the discriminator `key` among the models that may stand at `location`."""
    tags: list[str] = []
    for found in _types_at(model, location):
        if _is_model(found) and key in found.model_fields:
            tags += [str(value) for value in get_args(found.model_fields[key].annotation)]
    return tags


def _keys(candidates: Iterable[Any]) -> list[str]:
    names: dict[str, None] = {}
    for found in candidates:
        if _is_model(found):
            names |= {field.alias or name: None for name, field in found.model_fields.items()}
    return list(names)


def _types_at(model: Any, location: Location) -> list[Any]:
    """The types that may stand at `location`. A part that is the tag of a union chooses."""
    candidates = list(_members(model))
    for part in location:
        children = [child for found in candidates for child in _inside(found, part)]
        candidates = children or [found for found in candidates if _tagged(found, part)]
    return candidates


def _members(annotation: Any) -> Iterator[Any]:
    """The alternatives of a type: unions opened, Annotated taken off."""
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, types.UnionType}:
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _inside(found: Any, part: str | int) -> Iterator[Any]:
    if _is_model(found):
        for name, field in found.model_fields.items():
            if (field.alias or name) == part:
                yield from _members(field.annotation)
        return
    arguments = [argument for argument in get_args(found) if argument is not Ellipsis]
    if get_origin(found) is not Literal and arguments:
        yield from _members(arguments[-1])


def _tagged(found: Any, part: str | int) -> bool:
    if not _is_model(found):
        return False
    return any(part in get_args(field.annotation) for field in found.model_fields.values())


def _is_model(found: Any) -> bool:
    return isinstance(found, type) and issubclass(found, BaseModel)
