"""A stack's own scripts, with arguments that are checked."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from playbooks.errors import BadArgument
from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name

_PLACEHOLDER = re.compile(r"\{([a-z0-9][a-z0-9_-]*)\}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# What a plan leaves open is written like this, so nobody's value may look like it.
_OPEN = ("{run}", "{started}")
_LONGEST = 1000
Argv = Annotated[tuple[str, ...], Field(min_length=1)]


class Argument(Model):
    """One argument of a script: text, a number, a file, or one of `choices`. `pattern` is what text
    has to look like, from its first character to its last. One without `default` has to be
    given."""

    kind: Literal["text", "number", "file", "choice"] = "text"
    choices: tuple[str, ...] = ()
    pattern: str = ""
    default: str | None = None

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices are for the kind choice, and it needs them")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(
                f"pattern {self.pattern!r} is no regular expression: {error}"
            ) from None
        if self.default is not None and (wrong := self.wrong_with(self.default)):
            raise ValueError(f"default {self.default!r} {wrong}")
        return self

    def wrong_with(self, value: str) -> str:
        """Why `value` may not be given, to follow it in a sentence; empty when it may."""
        if unsafe := unsafe_word(value):
            return unsafe
        match self.kind:
            case "number" if not _NUMBER.fullmatch(value):
                return "is no number"
            case "choice" if value not in self.choices:
                return f"is none of {', '.join(self.choices)}"
            case "text" | "file" if value.startswith("-"):
                return "begins with a dash, and would be taken for an option"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"does not look like {self.pattern}"
        return ""

    @property
    def expects(self) -> str:
        """What it takes, in a few words."""
        match self.kind:
            case "choice":
                return "|".join(self.choices)
            case "text" if self.pattern:
                return self.pattern
            case kind:
                return kind


class Script(Model):
    """A script or make target of the stack's own: `argv` in `directory`, or in the container of
    `service`. `{NAME}` in it stands for an argument. `within` is how long it may take."""

    argv: Argv
    directory: Path | None = None
    service: Name | None = None
    arguments: dict[Name, Argument] = {}
    risk: Literal["READ", "CHANGE", "DESTROY"]
    summary: str = ""
    within: Duration = timedelta(minutes=30)

    @model_validator(mode="after")
    def _arguments_fit(self) -> Self:
        used = {name for word in self.argv for name in _PLACEHOLDER.findall(word)}
        if unknown := sorted(used - set(self.arguments)):
            raise ValueError(f"argv names {unknown[0]!r}, which is not among its arguments")
        if unused := sorted(set(self.arguments) - used):
            raise ValueError(
                f"the argument {unused[0]!r} is nowhere in argv; write {{{unused[0]}}}"
            )
        if self.directory is not None and self.service is not None:
            raise ValueError("directory and service are both there; keep one")
        return self

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """All arguments, those left out by their defaults. Raises BadArgument."""
        if unknown := sorted(set(given) - set(self.arguments)):
            raise BadArgument(
                f"There is no argument {unknown[0]!r}.",
                f"It takes: {self.usage or 'none'}.",
            )
        complete: dict[str, str] = {}
        for name, argument in self.arguments.items():
            value = given.get(name, argument.default)
            if value is None:
                raise BadArgument(f"{name} is missing.", f"It takes: {self.usage}.")
            if wrong := argument.wrong_with(value):
                raise BadArgument(f"{name}={value!r} {wrong}.", f"It takes: {self.usage}.")
            complete[name] = value
        return complete

    def words(self, given: Mapping[str, str]) -> tuple[str, ...]:
        """The whole argv; values are put in once, and are never split. Raises BadArgument."""
        values = self.complete(given)
        return tuple(
            _PLACEHOLDER.sub(lambda found: values[found.group(1)], word) for word in self.argv
        )

    @property
    def usage(self) -> str:
        """`database=TEXT [output=TEXT]`."""
        return " ".join(
            f"{name}={argument.expects}" if argument.default is None else f"[{name}=…]"
            for name, argument in self.arguments.items()
        )

    @property
    def fixed_words(self) -> tuple[str, ...]:
        """Words of argv that no argument is part of."""
        return tuple(word for word in self.argv if not _PLACEHOLDER.search(word))


def unsafe_word(value: str) -> str:
    """Why `value` may be no argument of anything, to follow it in a sentence."""
    if not value:
        return "is empty"
    if len(value) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    if _CONTROL.search(value):
        return "has control characters in it"
    if any(word in value for word in _OPEN):
        return "holds a placeholder of plans"
    return ""
