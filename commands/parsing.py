"""From words to a params model, with messages that say what was expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from commands.grammar import Option, Word, is_flag, option_text, options, positionals
from commands.names import nearest
from playbooks.errors import BadArgument
from playbooks.model.base import Model

P = TypeVar("P", bound=Model)

HELP_WORDS = frozenset({"-h", "--help"})


def parse(params: type[P], words: Sequence[str]) -> P:
    """Reads `words` (without the subcommand's name). Raises BadArgument; its message names the
    word and what was expected, without an example: who calls knows the subcommand."""
    values = _collect(params, words)
    try:
        return params.model_validate(values)
    except ValidationError as error:
        raise BadArgument(_explained(params, values, error)) from error


def asks_for_help(words: Sequence[str]) -> bool:
    """Whether `-h` or `--help` is among the words, before a `--`."""
    before = words[: words.index("--")] if "--" in words else words
    return any(word in HELP_WORDS for word in before)


@dataclass
class _Reading:
    """Words on their way into values."""

    params: type[Model]
    left: list[str]
    loose: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)


def _collect(params: type[Model], words: Sequence[str]) -> dict[str, Any]:
    reading = _Reading(params, list(words))
    greedy = any(word.anything for word in positionals(params).values())
    known = {option_text(name): name for name in options(params)}
    while reading.left:
        word = reading.left.pop(0)
        name = known.get(word.partition("=")[0])
        if word == "--":
            reading.loose += reading.left
            break
        if name is not None:
            _take_option(reading, name, word)
        elif _looks_like_option(word) and not greedy:
            raise BadArgument(_unknown_option(word, known))
        else:
            reading.loose.append(word)
    _place(reading)
    return reading.values


def _take_option(reading: _Reading, name: str, word: str) -> None:
    shown, given, value = word.partition("=")
    if name in reading.values:
        raise BadArgument(f"`{shown}` is given twice.")
    if is_flag(reading.params, name):
        if given:
            raise BadArgument(f"`{shown}` takes no value, but got `{value}`.")
        reading.values[name] = True
        return
    if not given:
        expects = options(reading.params)[name].expects
        if not reading.left or reading.left[0].startswith("--"):
            raise BadArgument(f"`{shown}` needs a value: {expects}.")
        value = reading.left.pop(0)
    reading.values[name] = value


def _place(reading: _Reading) -> None:
    """Puts the loose words where the positional fields want them."""
    loose = reading.loose
    for name, word in positionals(reading.params).items():
        if word.rest:
            reading.values[name] = tuple(loose)
            loose = []
        elif loose:
            reading.values[name] = loose.pop(0)
        elif reading.params.model_fields[name].is_required():
            raise BadArgument(f"{word.shown} is missing: {word.expects}.")
    if loose:
        raise BadArgument(f"`{' '.join(loose)}` is one word too many; nothing is expected there.")


def _looks_like_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not word[1].isdigit()


def _unknown_option(word: str, known: Mapping[str, str]) -> str:
    shown = word.partition("=")[0]
    if not known:
        return f"`{shown}` is not an option; there are none here."
    near = nearest(shown, known)
    if near:
        return f"`{shown}` is not an option. Did you mean `{near}`?"
    return f"`{shown}` is not an option. There is {', '.join(f'`{name}`' for name in known)}."


def _explained(params: type[Model], values: Mapping[str, Any], error: ValidationError) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return first["msg"].removeprefix("Value error, ")
    name = str(first["loc"][0])
    given = values.get(name, "")
    given = " ".join(given) if isinstance(given, tuple) else given
    mark: Word | Option | None = options(params).get(name) or positionals(params).get(name)
    shown = mark.shown if isinstance(mark, Word) else option_text(name)
    expects = mark.expects if mark else "something else"
    return f"`{shown}` should be {expects}, not `{given}`."
