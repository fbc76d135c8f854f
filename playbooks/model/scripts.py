"""A stack's own scripts, with arguments that are checked."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from playbooks.model.base import Model, Name

_PLACEHOLDER = re.compile(r"\{([a-z0-9][a-z0-9_-]*)\}")
Argv = Annotated[tuple[str, ...], Field(min_length=1)]


class Argument(Model):
    """One argument of a script: text, a number, a file, or one of `choices`. `pattern` is what text
    has to look like. One without `default` has to be given."""

    kind: Literal["text", "number", "file", "choice"] = "text"
    choices: tuple[str, ...] = ()
    pattern: str = ""
    default: str | None = None

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices are for the kind choice, and it needs them")
        return self


class Script(Model):
    """A script or make target of the stack's own: `argv` in `directory`, or in the container of
    `service`. `{NAME}` in it stands for an argument."""

    argv: Argv
    directory: Path | None = None
    service: Name | None = None
    arguments: dict[Name, Argument] = {}
    risk: Literal["READ", "CHANGE", "DESTROY"]
    summary: str = ""

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
