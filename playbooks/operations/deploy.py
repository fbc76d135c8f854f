"""Deploy a version, update an application in place, migrate: in the stack's own order."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.deploy import (
    Archive,
    BackUp,
    Checkout,
    Deploy,
    Maintain,
    OneOff,
    ProcedureStep,
    RunScript,
)
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations.guards import together
from playbooks.operations.procedure import procedure, procedure_needs
from playbooks.operations.procedure_basis import (
    Procedure,
    Setting,
    pending_query,
    rolled,
    takes_version,
)
from playbooks.playbook import Playbook

NOTE, RELEASED = "note", "released"
_BEFORE_VERSION = (Archive, BackUp, Checkout, Maintain)


class DeployParams(Model):
    """The version, where the way brings one, and the way: one of `deploy.ways`."""

    version: str | None = None
    way: str


class MigrateParams(Model):
    """The version that the migrations come from, where they name one."""

    version: str | None = None


def needs(stack: Stack, params: DeployParams) -> Sequence[FactQuery]:
    """Raises BadArgument."""
    steps, setting = steps_of(stack, params.way), _setting(stack, params.version)
    check_version(stack, params.way, params.version)
    return (*state_needs(stack, steps), *procedure_needs(setting, steps))


def plan(operation: str, stack: Stack, params: DeployParams, facts: Facts) -> Plan:
    """Raises BadArgument, UnknownName, FactUnavailable, and what the backup before it raises."""
    check_version(stack, params.way, params.version)
    steps, setting = steps_of(stack, params.way), _setting(stack, params.version)
    cut = next(
        (i for i, step in enumerate(steps) if not isinstance(step, _BEFORE_VERSION)), len(steps)
    )
    services = rolled(stack, steps)
    whole = noting(stack, services, facts).then(procedure(setting, steps[:cut], facts))
    if params.version is not None and rules_of(stack).variable:
        seen = facts.of(state_query(services))
        whole = whole.then(version_set(stack, version_value(stack, params.version), seen))
    whole = whole.then(procedure(setting, steps[cut:], facts, prefix="t"))
    whole = whole.then(releasing(services, directories(steps)))
    title = f"{operation.upper()} {stack.environment}/{stack.name}"
    made = as_plan(operation, stack, whole)
    return made.model_copy(
        update={
            "summary": f"{title} {params.version}" if params.version else title,
            "params": params.model_dump(mode="json"),
            "shown": (Line(label="Way", value=params.way), *made.shown),
            "undo_hint": f"/ops rollback {stack.name}" if rolled(stack, steps) else "",
            "checklist": rules_of(stack).checklist,
        }
    )


def as_plan(operation: str, stack: Stack, whole: Procedure) -> Plan:
    """A plan that holds all of the stack; summary and parameters are left to say."""
    return Plan(
        operation=operation,
        stack=stack.name,
        environment=stack.environment,
        summary="",
        risk=max(whole.risk, Risk.CHANGE, key=tuple(Risk).index),
        params={},
        stages=whole.stages,
        owed=whole.owed,
        resources=(Resource(kind="stack", name=stack.name, exclusive=True),),
        guards=together(whole.guards),
        affects=tuple(dict.fromkeys(whole.affects)),
        notes=tuple(dict.fromkeys(whole.notes)),
        binding=whole.binding,
        shown=whole.shown,
    )


def migrate_needs(stack: Stack, params: MigrateParams) -> Sequence[FactQuery]:
    return procedure_needs(_setting(stack, params.version), migrations_of(stack))


def plan_migrate(stack: Stack, params: MigrateParams, facts: Facts) -> Plan:
    """The migrations of the version that runs; nothing to do where all of them can be listed and
    none is pending. Raises BadArgument, FactUnavailable."""
    steps = migrations_of(stack)
    whole = procedure(_setting(stack, params.version), steps, facts, prefix="m")
    queries = [pending_query(step) for step in steps]
    known = [facts.get(query) if query else None for query in queries]
    done = all(each is not None and not each["pending"] for each in known)
    made = as_plan("migrate", stack, whole)
    pending = [line for each in known if each for line in each["pending"]]
    note = "Nothing is pending." if done else "A backup before it is yours to ask for."
    return made.model_copy(
        update={
            "summary": f"MIGRATE {stack.environment}/{stack.name}",
            "params": params.model_dump(mode="json"),
            "stages": () if done else made.stages,
            "notes": (note,) if done else ("Migrations are not taken back.", note),
            "binding": {**made.binding, "pending": pending},
        }
    )


def migrations_of(stack: Stack) -> tuple[OneOff | RunScript, ...]:
    """Every migration of the stack's ways, once. Raises BadArgument where there is none."""
    ways = stack.deploy.ways.values() if stack.deploy else ()
    found: dict[str, OneOff | RunScript] = {}
    for steps in ways:
        for step in steps:
            if isinstance(step, OneOff | RunScript) and step.migration:
                what = step.script if isinstance(step, RunScript) else " ".join(step.argv)
                found.setdefault(what, step)
    if not found:
        raise BadArgument(
            f"{stack.name} names no migration.",
            "Mark it with `migration: true` in `deploy.ways` of the stack file.",
        )
    return tuple(found.values())


def steps_of(stack: Stack, way: str) -> tuple[ProcedureStep, ...]:
    """Raises BadArgument with the ways there are."""
    ways = rules_of(stack).ways
    if way not in ways:
        raise BadArgument(
            f"{stack.name} has no way {way!r} to bring a version.",
            f"It has: {', '.join(ways) or 'none'}.",
        )
    return ways[way]


def rules_of(stack: Stack) -> Deploy:
    """Raises BadArgument where the stack says nothing of versions."""
    if stack.deploy is None:
        raise BadArgument(
            f"{stack.name} does not say how versions come.",
            "Describe it as `deploy` in the stack file.",
        )
    return stack.deploy


def check_version(stack: Stack, way: str, version: str | None) -> None:
    """Raises BadArgument for what is no version, or is one too many or missing."""
    rules, steps = rules_of(stack), steps_of(stack, way)
    wanted = takes_version(steps) or bool(rules.variable and rolled(stack, steps))
    example = f"For example: `/ops deploy {stack.name} VERSION`."
    if version is None:
        if wanted:
            raise BadArgument(f"Which version of {stack.name}?", example)
        return
    if wrong := rules.wrong_with(version):
        raise BadArgument(f"{version!r} {wrong}.", example)
    if not wanted:
        raise BadArgument(
            f"{version!r} would change nothing: the way {way} of {stack.name} takes no version.",
            "Name a `deploy.variable` in the stack file, or leave the version out.",
        )


def version_value(stack: Stack, version: str) -> str | None:
    """What the version variable holds then; None where there is no variable."""
    variable = rules_of(stack).variable
    return variable.value.replace("{version}", version) if variable else None


def state_query(services: Sequence[str]) -> FactQuery:
    return FactQuery(fact="deploy.state", args={"services": list(services)})


def state_needs(stack: Stack, steps: Sequence[ProcedureStep]) -> tuple[FactQuery, ...]:
    services = rolled(stack, steps)
    variable = stack.deploy.variable if stack.deploy else None
    wanted = stack.compose is not None and (services or variable is not None)
    return (state_query(services),) if wanted else ()


def noting(stack: Stack, services: Sequence[str], facts: Facts) -> Procedure:
    """What runs now is noted and kept; undoing it, last of all, brings all of it back. Another plan
    is needed when it changes, or a compose or env file. Raises BadArgument for services that a
    blue-green switch has brought elsewhere."""
    if not services:
        return Procedure()
    seen = facts.of(state_query(services))
    _must_be_its_own(stack, seen["switched"])
    step = Step(
        key=NOTE,
        name="Note what runs now, and keep its images",
        action="deploy.note",
        args={"services": seen["services"]},
        undo=ActionCall(action="deploy.back", args={"services": seen["services"]}),
        idempotent=True,
    )
    return Procedure(
        stages=((step,),),
        notes=(_AUTOMATIC,),
        binding={
            "services": seen["services"],
            "compose": seen["files"],
            "version": seen["version"],
        },
    )


def _must_be_its_own(stack: Stack, switched: Mapping[str, str]) -> None:
    """Containers made anew in the live project would be lost to the proxy, those of the stack's own
    have no traffic: neither is what a deploy is for."""
    if switched:
        where = ", ".join(f"{name} in {project}" for name, project in switched.items())
        raise BadArgument(
            f"Traffic was switched by blue-green: {where} has it, and a deploy would make anew "
            "what has none, or what the proxy would lose.",
            f"`/ops bluegreen {stack.name} VERSION --switch` brings a version, "
            f"`/ops bluegreen {stack.name} back` the former one; other services come by a way "
            "that leaves these out.",
        )


def version_set(stack: Stack, value: str | None, seen: JsonObject) -> Procedure:
    """The variable holds this from now on; nothing where there is no variable. `seen` is the fact
    of the state."""
    variable = rules_of(stack).variable
    if variable is None:
        return Procedure()
    former = seen["version"]
    step = Step(
        key="version",
        name=f"Set {variable.name} to {value}" if value else f"Remove {variable.name}",
        action="deploy.set_version",
        args={"value": value},
        undo=ActionCall(action="deploy.set_version", args={"value": former}),
        idempotent=True,
    )
    return Procedure(
        stages=((step,),),
        shown=(Line(label="Version", value=f"{former or 'none'} → {value or 'none'}"),),
        risk=Risk.CHANGE,
    )


def releasing(services: Sequence[str], folders: Sequence[Path]) -> Procedure:
    """Notes what the release is made of, for whoever comes back to it."""
    args: JsonObject = {
        "services": list(services),
        "directories": sorted({str(folder) for folder in folders}),
    }
    step = Step(
        key=RELEASED,
        name="Note what runs now",
        action="deploy.released",
        args=args,
        idempotent=True,
    )
    return Procedure(stages=((step,),))


def directories(steps: Sequence[ProcedureStep]) -> tuple[Path, ...]:
    """The repositories that are checked out."""
    return tuple(dict.fromkeys(s.directory for s in steps if isinstance(s, Checkout)))


def _setting(stack: Stack, version: str | None) -> Setting:
    what = f" to {version}" if version else ""
    return Setting(stack, version, f"{stack.name} is being updated{what}.")


_AUTOMATIC = (
    "When a service does not get healthy, all of them go back to the images that they run from "
    "now, by themselves."
)


def _playbook(operation: str) -> Playbook[DeployParams]:
    made: Callable[[Stack, DeployParams, Facts], Plan] = partial(plan, operation)
    return Playbook(operation=operation, params=DeployParams, needs=needs, plan=made)


DEPLOY = _playbook("deploy")
UPDATE = _playbook("update")
MIGRATE = Playbook(
    operation="migrate", params=MigrateParams, needs=migrate_needs, plan=plan_migrate
)
"""The playbooks that bring versions."""
