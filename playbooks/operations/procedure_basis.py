"""What a stack's own procedures (`deploy.ways` and the like) are about. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from playbooks.datastores.protocol import BackupParams, Stages
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.deploy import (
    BackUp,
    Checkout,
    OneOff,
    OnServices,
    ProcedureStep,
    RunScript,
)
from playbooks.model.facts import FactQuery
from playbooks.model.plan import Guard, Line, Owed, Resource, Risk
from playbooks.model.stack import Stack
from playbooks.operations.service_steps import in_order

_RISKS = tuple(Risk)


@dataclass(frozen=True)
class Procedure:
    """What a procedure amounts to; `since` of `owed` counts from its first stage."""

    stages: Stages = ()
    owed: tuple[Owed, ...] = ()
    guards: tuple[Guard, ...] = ()
    resources: tuple[Resource, ...] = ()
    affects: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shown: tuple[Line, ...] = ()
    binding: JsonObject = field(default_factory=dict)
    risk: Risk = Risk.READ

    def then(self, other: "Procedure") -> "Procedure":
        """One after the other."""
        begins = len(self.stages)
        later = (o.model_copy(update={"since": o.since + begins}) for o in other.owed)
        return Procedure(
            stages=(*self.stages, *other.stages),
            owed=(*self.owed, *later),
            guards=(*self.guards, *other.guards),
            resources=(*self.resources, *other.resources),
            affects=(*self.affects, *other.affects),
            notes=(*self.notes, *(note for note in other.notes if note not in self.notes)),
            shown=(*self.shown, *other.shown),
            binding={**self.binding, **other.binding},
            risk=max(self.risk, other.risk, key=_RISKS.index),
        )


@dataclass(frozen=True)
class Setting:
    """What a procedure is for: a stack, and the version that it brings, where it brings one."""

    stack: Stack
    version: str | None
    message: str

    def filled(self, text: str) -> str:
        """With `{version}` replaced. Raises BadArgument where a version is needed."""
        if "{version}" not in text:
            return text
        if self.version is None:
            raise BadArgument(
                "A version is needed here.", f"For example: `/ops deploy {self.stack.name} v1.2.3`."
            )
        return text.replace("{version}", self.version)


def takes_version(steps: Sequence[ProcedureStep]) -> bool:
    """Whether one of them names `{version}`."""
    return any("{version}" in step.model_dump_json() for step in steps)


def rolled(stack: Stack, steps: Sequence[ProcedureStep]) -> tuple[str, ...]:
    """The services that its steps make anew or restart and that containers run, in start-up
    order."""
    touched = {
        name
        for step in steps
        if isinstance(step, OnServices) and step.kind in {"roll", "restart", "down", "up"}
        for name in chosen(stack, step)
        if stack.container_of(name) is not None
    }
    return in_order(stack, touched)


def chosen(stack: Stack, step: OnServices) -> tuple[str, ...]:
    """The services that the step is about, in its own order; all that are ours without one."""
    if step.services:
        return step.services
    return in_order(stack, (name for name in stack.services if stack.managed(name)))


def pending_query(step: OneOff | RunScript) -> FactQuery | None:
    """What lists what the migration would do, where something does."""
    if not step.migration or step.pending is None:
        return None
    if isinstance(step, RunScript):
        return FactQuery(fact="deploy.pending", args={"script": step.pending})
    args: JsonObject = {"service": step.service, "argv": list(step.pending)}
    return FactQuery(fact="deploy.pending", args=args)


def code_query(setting: Setting, step: Checkout) -> FactQuery:
    args = {
        "directory": str(step.directory),
        "remote": step.remote,
        "ref": setting.filled(step.ref),
    }
    return FactQuery(fact="deploy.code", args=args)


def arguments_of(setting: Setting, step: RunScript) -> Mapping[str, str]:
    return {name: setting.filled(value) for name, value in step.arguments.items()}


def backed_up(stack: Stack, step: BackUp) -> BackupParams:
    sets = stack.backup.sets if stack.backup else {}
    if step.set not in sets:
        raise BadArgument(f"{stack.name} has no backup set {step.set!r}.", "Name one of its sets.")
    return BackupParams(datastores=sets[step.set], origin="safety")
