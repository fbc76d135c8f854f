"""How new versions of a stack come, and the way back."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.bluegreen import BlueGreen
from playbooks.model.compose import Variable
from playbooks.model.scripts import Argv

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,127}")


class BackUp(Model):
    """Backs up a set of the stack."""

    kind: Literal["backup"]
    set: Name


class RunScript(Model):
    """Runs one of the stack's `scripts`; `{version}` in `arguments` is the version.

    A `migration` changes what is stored and is not taken back; `pending` is the script that lists
    what it would do, a line each.
    """

    kind: Literal["script"]
    script: Name
    arguments: dict[Name, str] = {}
    migration: bool = False
    pending: Name | None = None


class OnServices(Model):
    """Acts on services, in this order; none: on all, in layers. `roll` makes them anew one after
    the other, each healthy before the next; `push` sends what was built to its registry; `pull` of
    all leaves out what is built here; `health` only waits until they are well."""

    kind: Literal["pull", "build", "push", "roll", "restart", "down", "up", "health"]
    services: tuple[Name, ...] = ()


class Checkout(Model):
    """Brings the code of a version into `directory`, a git repository: `ref` is a branch or tag of
    `remote` and may hold `{version}`."""

    kind: Literal["checkout"]
    directory: Path = Path()
    remote: str = Field(default="origin", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    ref: str = Field(pattern=r"^[A-Za-z0-9{][A-Za-z0-9._/{}+-]*$")


class OneOff(Model):
    """Runs `argv` in a container of its own that is made from `service`, or with `running` in the
    one that runs. `within` is how long it may take.

    A `migration` changes what is stored and is not taken back; `pending` is what lists, in the same
    place, what it would do, a line each.
    """

    kind: Literal["one_off"]
    service: Name
    argv: Argv
    running: bool = False
    migration: bool = False
    pending: Argv | None = None
    within: Duration = timedelta(minutes=30)


class Archive(Model):
    """Keeps the folder `path` as it is, without what `without` names, as an archive in `into`;
    beside it where that is left out."""

    kind: Literal["archive"]
    path: Path
    without: tuple[str, ...] = ()
    into: Path | None = None


class Maintain(Model):
    """Switches maintenance on or off."""

    kind: Literal["maintenance_on", "maintenance_off"]


ProcedureStep = Annotated[
    BackUp | RunScript | OnServices | Checkout | OneOff | Archive | Maintain,
    Field(discriminator="kind"),
]


class VersionVariable(Model):
    """The variable of an env file that says which version runs. `value` is what it holds, with
    `{version}` in it; `file` is one of `compose.env_files`, the last one where it is left out."""

    name: Variable
    file: Path | None = None
    value: str = Field(
        default="{version}", pattern=r"^[A-Za-z0-9._/:@-]*\{version\}[A-Za-z0-9._@-]*$"
    )


class Deploy(Model):
    """How versions come. `ways` are orders of steps by name, `rollback` is the stack's own way back
    to the version before.

    `checklist` is what people confirm before. `versions` is what a version looks like. `variable`
    is where it is put. `bluegreen` is how a version comes up beside the one that runs.
    """

    checklist: tuple[str, ...] = ()
    versions: str = ""
    variable: VersionVariable | None = None
    ways: dict[Name, tuple[ProcedureStep, ...]] = {}
    rollback: tuple[ProcedureStep, ...] = ()
    bluegreen: BlueGreen | None = None

    @model_validator(mode="after")
    def _pattern_is_one(self) -> Self:
        try:
            re.compile(self.versions)
        except re.error as error:
            what = f"versions {self.versions!r} is no regular expression: {error}"
            raise ValueError(what) from None
        return self

    def wrong_with(self, version: str) -> str:
        """Why this may be no version, to follow it in a sentence; empty when it may."""
        if not _SAFE.fullmatch(version):
            return "is no version: letters, digits, dots, dashes, plus and underscores make one"
        if self.versions and not re.fullmatch(self.versions, version):
            return f"does not look like {self.versions}"
        return ""
