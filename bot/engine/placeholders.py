"""Fills in what a plan leaves open until a step begins. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject

_REFERENCE = "$from"
Lookup = Callable[[str], Any]


def stamp(started: datetime) -> str:
    """`{started}`: when the run began, UTC."""
    return started.strftime("%Y%m%d-%H%M%S")


def filled(args: JsonObject, run: str, started: datetime, output_of: Lookup) -> JsonObject:
    """The arguments with `{run}`, `{started}` and `{"$from": …}` replaced by their values."""
    words = {"{run}": run, "{started}": stamp(started)}
    return {key: _filled(value, words, output_of) for key, value in args.items()}


def finished_outputs(outputs: Mapping[str, JsonObject]) -> Lookup:
    """Looks references up among the outputs of finished steps. Raises BadArgument."""

    def lookup(reference: str) -> Any:
        found, value = _look_up(outputs, reference)
        if not found:
            raise BadArgument(f"No finished step has given {reference!r}.")
        return value

    return lookup


def outputs_if_any(outputs: Mapping[str, JsonObject]) -> Lookup:
    """As `finished_outputs`, but what a step never gave is None: for undoing half-done work."""
    return lambda reference: _look_up(outputs, reference)[1]


def _look_up(outputs: Mapping[str, JsonObject], reference: str) -> tuple[bool, Any]:
    """The longest step key that the reference opens with, then field by field."""
    keys = (k for k in outputs if reference == k or reference.startswith(f"{k}."))
    key = max(keys, key=len, default=None)
    if key is None:
        return False, None
    value: Any = outputs[key]
    for name in reference.removeprefix(key).split(".")[1:]:
        if not isinstance(value, Mapping) or name not in value:
            return False, None
        value = value[name]
    return True, value


def _filled(value: Any, words: Mapping[str, str], output_of: Lookup) -> Any:
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(word, text)
        return value
    if isinstance(value, Mapping):
        if set(value) == {_REFERENCE}:
            return output_of(value[_REFERENCE])
        return {key: _filled(inner, words, output_of) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(inner, words, output_of) for inner in value]
    return value
