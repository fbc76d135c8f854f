"""The steps of a stack's own procedures as stages, one kind after the other. Pure."""

from collections.abc import Callable, Mapping, Sequence

from playbooks.datastores.protocol import Stages
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.deploy import (
    Archive,
    BackUp,
    Checkout,
    Maintain,
    OneOff,
    OnServices,
    RunScript,
)
from playbooks.model.facts import Facts
from playbooks.model.plan import ActionCall, Line, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations import backup
from playbooks.operations.maintenance_steps import owed_off, switch_off, switch_on
from playbooks.operations.procedure_basis import (
    Procedure,
    Setting,
    arguments_of,
    backed_up,
    chosen,
    code_query,
    pending_query,
)
from playbooks.operations.script import ready_query, script_step
from playbooks.operations.service_steps import await_health, starting, stopping, takes_back


def _back_up(setting: Setting, step: BackUp, facts: Facts, _: str) -> Procedure:
    made = backup.plan(setting.stack, backed_up(setting.stack, step), facts)
    return Procedure(
        stages=made.stages,
        owed=made.owed,
        guards=made.guards,
        resources=made.resources,
        affects=made.affects,
        notes=made.notes,
        shown=(Line(label="Backup before", value=", ".join(made.params["datastores"])),),
        binding={"backup": made.binding} if made.binding else {},
        risk=made.risk,
    )


def _run_script(setting: Setting, step: RunScript, facts: Facts, key: str) -> Procedure:
    script, arguments = setting.stack.script(step.script), arguments_of(setting, step)
    ready = facts.of(ready_query(setting.stack, step.script, arguments))
    if ready["missing"]:
        raise BadArgument(
            f"{step.script} of {setting.stack.name} cannot run: {' '.join(ready['missing'])}",
            "Look at `scripts` in the stack file.",
        )
    made = script_step(script, step.script, arguments, key=f"{key}.{step.script}")
    if step.migration:
        args = {**made.args, **({"pending": step.pending} if step.pending else {})}
        made = made.model_copy(update={"action": "deploy.migrate_script", "args": args})
    lasting = Risk(script.risk) is not Risk.READ and not step.migration
    return Procedure(
        stages=((made,),),
        notes=(
            *((f"What {step.script} does is not undone.",) if lasting else ()),
            *_migration_notes(step),
        ),
        shown=_pending_lines(step, facts),
        binding={f"files of {step.script}": ready["files"]} if ready["files"] else {},
        risk=Risk(script.risk),
    )


def _one_off(setting: Setting, step: OneOff, facts: Facts, key: str) -> Procedure:
    if setting.stack.container_of(step.service) is None:
        raise BadArgument(f"{step.service} runs in no container, so nothing can be run in one.")
    args: JsonObject = {
        "service": step.service,
        "argv": [setting.filled(word) for word in step.argv],
        "running": step.running,
        "pending": list(step.pending or ()) if step.migration else [],
        "seconds": step.within.total_seconds(),
    }
    made = Step(
        key=f"{key}.{step.service}",
        name=f"{'Migrate' if step.migration else 'Run'} with {step.service}",
        action="deploy.one_off",
        args=args,
        probe=ActionCall(action="deploy.migrated", args=args) if step.migration else None,
    )
    return Procedure(
        stages=((made,),),
        notes=_migration_notes(step),
        shown=_pending_lines(step, facts),
        risk=Risk.CHANGE,
    )


def _check_out(setting: Setting, step: Checkout, facts: Facts, key: str) -> Procedure:
    ref, seen = setting.filled(step.ref), facts.of(code_query(setting, step))
    if seen["target"] is None:
        raise BadArgument(
            f"{step.remote} of {step.directory} has no branch or tag {ref!r}.",
            "Push it there, or name another version.",
        )
    if seen["changed"]:
        raise BadArgument(
            f"{step.directory} has changes of its own: {', '.join(seen['changed'][:5])}.",
            "Commit or undo them there first.",
        )
    branch = seen["branch"] if seen["branch"] == ref else ""
    place = {"directory": str(step.directory)}
    made = Step(
        key=f"{key}.checkout",
        name=f"Check out {ref}",
        action="deploy.checkout",
        args={
            **place,
            "commit": seen["target"],
            "branch": branch,
            "remote": step.remote,
            "ref": ref,
        },
        undo=ActionCall(
            action="deploy.checkout",
            args={**place, "commit": seen["commit"], "branch": seen["branch"]},
        ),
        idempotent=True,
    )
    value = f"{seen['commit'][:10]} → {seen['target'][:10]} ({ref})"
    return Procedure(
        stages=((made,),),
        shown=(Line(label="Code", value=value),),
        binding={f"code in {step.directory.name}": seen["commit"]},
        risk=Risk.CHANGE,
    )


def _keep(_: Setting, step: Archive, __: Facts, key: str) -> Procedure:
    args: JsonObject = {
        "path": str(step.path),
        "without": list(step.without),
        "into": str(step.into) if step.into else None,
    }
    made = Step(
        key=f"{key}.archive",
        name=f"Keep {step.path.name or step.path} as an archive",
        action="deploy.archive",
        args=args,
        idempotent=True,
    )
    return Procedure(stages=((made,),))


def _maintain(setting: Setting, step: Maintain, _: Facts, __: str) -> Procedure:
    if setting.stack.maintenance is None:
        raise BadArgument(
            f"{setting.stack.name} has no maintenance mode.",
            "Describe it as `maintenance` in the stack file, or take the step out.",
        )
    if step.kind == "maintenance_off":
        return Procedure(stages=((switch_off(),),), risk=Risk.CHANGE)
    return Procedure(
        stages=((switch_on(setting.message),),),
        owed=(owed_off(0),),
        affects=("Its users see that it is under maintenance.",),
        risk=Risk.CHANGE,
    )


def _on_services(setting: Setting, step: OnServices, _: Facts, key: str) -> Procedure:
    stack, names = setting.stack, chosen(setting.stack, step)
    match step.kind:
        case "pull" | "build" | "push":
            kept = ("What is pushed stays in its registry.",) if step.kind == "push" else ()
            return Procedure(stages=((_fetching(stack, step, key),),), notes=kept, risk=Risk.CHANGE)
        case "roll":
            return _rolling(stack, names, key)
        case "health":
            well = tuple(_gate(name, key) for name in names if stack.services[name].health)
            return Procedure(stages=(well,) if well else ())
        case "restart":
            stages = stopping(stack, names) + starting(stack, names, await_health)
            lost = tuple(f"{name} is down for some seconds." for name in names)
            return Procedure(
                stages=_renamed(takes_back(stages), key), affects=lost, risk=Risk.CHANGE
            )
        case "down":
            stages = _renamed(takes_back(stopping(stack, names)), key)
            lost = (f"{', '.join(names)} are down until the new version is up.",)
            return Procedure(stages=stages, affects=lost, risk=Risk.CHANGE)
        case "up":
            return _bringing_up(stack, names, key)


def _rolling(stack: Stack, names: Sequence[str], key: str) -> Procedure:
    """One after the other, each well before the next."""
    stages: list[tuple[Step, ...]] = []
    for name in names:
        stages.append((_roll(stack, name, key),))
        stages.append((_gate(name, key),))
    lost = tuple(f"{name} is made anew, and away for some seconds." for name in names)
    return Procedure(stages=tuple(stages), affects=lost, risk=Risk.CHANGE)


def _bringing_up(stack: Stack, names: Sequence[str], key: str) -> Procedure:
    """Layer by layer, each well before the next."""
    stages: list[tuple[Step, ...]] = []
    for layer in stack.layers():
        here = [name for name in layer if name in names]
        if here:
            stages.append(tuple(_roll(stack, name, key) for name in here))
            stages.append(tuple(_gate(name, key) for name in here))
    return Procedure(stages=tuple(stages), risk=Risk.CHANGE)


def _roll(stack: Stack, name: str, key: str) -> Step:
    if stack.container_of(name) is None:
        raise BadArgument(
            f"{name} runs in no container, so it cannot be made anew.",
            "Use `restart` for it in the stack file.",
        )
    return Step(
        key=f"{key}.roll.{name}",
        name=f"Roll out {name}",
        action="deploy.roll",
        args={"service": name},
        idempotent=True,
    )


def _gate(name: str, key: str) -> Step:
    return Step(
        key=f"{key}.health.{name}",
        name=f"Wait until {name} is healthy",
        action="deploy.gate",
        args={"service": name},
        idempotent=True,
    )


def _fetching(stack: Stack, step: OnServices, key: str) -> Step:
    names = [name for name in step.services if stack.container_of(name) is not None]
    what = ", ".join(step.services) or "all images"
    return Step(
        key=f"{key}.{step.kind}",
        name=f"{step.kind.capitalize()} {what}",
        action=f"deploy.{step.kind}",
        args={"services": names},
        idempotent=True,
    )


def _renamed(stages: Stages, key: str) -> Stages:
    """A plan may stop and start the same service several times."""
    return tuple(
        tuple(step.model_copy(update={"key": f"{key}.{step.key}"}) for step in stage)
        for stage in stages
    )


def _pending_lines(step: OneOff | RunScript, facts: Facts) -> tuple[Line, ...]:
    """What is pending as the version sees it that runs now."""
    query = pending_query(step)
    if query is None:
        return ()
    label, known = "Pending migrations", facts.get(query)
    if known is None:
        why = facts.missing.get(query.key, "not read")
        return (Line(label=label, value=f"not known before it runs ({why})"),)
    lines = known["pending"]
    return (Line(label=label, value=f"{len(lines)}: {'; '.join(lines)}" if lines else "none"),)


def _migration_notes(step: OneOff | RunScript) -> tuple[str, ...]:
    if not step.migration:
        return ()
    return (
        "Migrations are not taken back: when a later step fails, the services go back to their "
        "former images on the database as it is migrated by then.",
    )


PARTS: Mapping[type, Callable[..., Procedure]] = {
    BackUp: _back_up,
    RunScript: _run_script,
    OneOff: _one_off,
    Checkout: _check_out,
    Archive: _keep,
    Maintain: _maintain,
    OnServices: _on_services,
}
"""By the kind of step."""
