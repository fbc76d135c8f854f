"""How new versions of a stack come, and the way back."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from playbooks.model.base import Model, Name
from playbooks.model.scripts import Argv


class BackUp(Model):
    """Backs up a set of the stack."""

    kind: Literal["backup"]
    set: Name


class RunScript(Model):
    """Runs one of the stack's `scripts`."""

    kind: Literal["script"]
    script: Name
    arguments: dict[Name, str] = {}


class OnServices(Model):
    """Acts on services, in this order; none: on all, in layers. `roll` makes them anew one after
    the other, each healthy before the next; `health` only waits until they are well."""

    kind: Literal["pull", "build", "roll", "restart", "down", "up", "health"]
    services: tuple[Name, ...] = ()


class Checkout(Model):
    """Brings the code of a version: `ref` may hold `{version}`."""

    kind: Literal["checkout"]
    remote: str = "origin"
    ref: str


class OneOff(Model):
    """Runs `argv` in a container of its own that is made from `service`, or with `running` in the
    one that runs: a migration for instance."""

    kind: Literal["one_off"]
    service: Name
    argv: Argv
    running: bool = False


class Archive(Model):
    """Keeps the application's folder as it is, without what `without` names."""

    kind: Literal["archive"]
    path: Path
    without: tuple[str, ...] = ()


class Maintain(Model):
    """Switches maintenance on or off."""

    kind: Literal["maintenance_on", "maintenance_off"]


ProcedureStep = Annotated[
    BackUp | RunScript | OnServices | Checkout | OneOff | Archive | Maintain,
    Field(discriminator="kind"),
]


class Deploy(Model):
    """How versions come. `ways` are orders of steps by name, `rollback` is the way back.

    `checklist` is what people confirm before. `versions` is what a version looks like.
    """

    checklist: tuple[str, ...] = ()
    versions: str = ""
    ways: dict[Name, tuple[ProcedureStep, ...]] = {}
    rollback: tuple[ProcedureStep, ...] = ()
