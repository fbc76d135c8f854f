"""Change what holds for a service beyond the next `up`: how many of it, its limits, its variables.

What is changed is kept in a compose file beside the stack's own, so that every later call of
compose knows it, too.
"""

import shlex
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from playbooks.errors import BadArgument
from playbooks.gate.duration import write_seconds
from playbooks.model.adjusted import Adjusted, Setting
from playbooks.model.base import JsonObject, Model
from playbooks.model.compose import Variable
from playbooks.model.composed import ComposedFact
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Afterwards, Line, Plan, Resource, Risk, Step
from playbooks.model.size import Memory
from playbooks.model.stack import Stack
from playbooks.model.stack_file import holds_secret
from playbooks.operations.service_steps import await_health, state_query, states_of
from playbooks.playbook import Playbook

Follow = Literal["count", "anew", "update"]
_LIMITS = ("cpus", "memory", "reserved_cpus", "reserved_memory")
_PLACEHOLDERS = ("{run}", "{started}")


class ScaleParams(Model):
    """How many containers of a service there are to be."""

    service: str
    replicas: int = Field(ge=1, le=100)


class LimitsParams(Model):
    """What a service may take; None leaves it as it is. `reset`: all as the compose files say."""

    service: str
    cpus: float | None = Field(default=None, gt=0)
    memory: Memory | None = None
    reserved_cpus: float | None = Field(default=None, gt=0)
    reserved_memory: Memory | None = None
    reset: bool = False


class SetParams(Model):
    """The value of a variable, for good or for so many seconds; None: as the compose files say."""

    service: str
    key: Variable
    setting: Setting | None
    seconds: float | None = Field(default=None, ge=1)


class SetBackParams(Model):
    """The value of before, unless the variable was set again since by another than `run`."""

    service: str
    key: Variable
    run: str
    former: Setting | None


def needs(
    _stack: Stack, params: ScaleParams | LimitsParams | SetParams | SetBackParams
) -> Sequence[FactQuery]:
    return (composed_query(params.service), state_query(params.service))


def composed_query(service: str) -> FactQuery:
    return FactQuery(fact="compose.service", args={"service": service})


def plan_scale(stack: Stack, params: ScaleParams, facts: Facts) -> Plan:
    """Raises BadArgument with what forbids more than one."""
    name, wanted, known = params.service, params.replicas, _known(facts, params.service)
    if wanted > 1:
        _may_be_many(stack, name, known)
    own = known.replicas if known.adjusted.replicas is None else known.adjusted.replicas
    adjusted = _with(known, replicas=None if wanted == known.replicas else wanted)
    return _plan(
        "scale",
        stack,
        params,
        facts,
        adjusted,
        summary=f"{name} to {wanted}",
        what=f"Keep {wanted} of {name}",
        follow="count",
        affects=(f"{name} has {wanted} instead of {own}; those that stay are not touched.",),
        undo=f"scale {stack.name} {name} {own}",
    )


def plan_limits(stack: Stack, params: LimitsParams, facts: Facts) -> Plan:
    """Raises BadArgument when nothing is asked for."""
    name, known = params.service, _known(facts, params.service)
    asked = {key: getattr(params, key) for key in _LIMITS if getattr(params, key) is not None}
    if not asked and not params.reset:
        raise BadArgument(
            "No limit is given.", f"Give one: /ops limits {stack.name} {name} --memory 512M"
        )
    wanted = dict.fromkeys(_LIMITS) | asked if params.reset else asked
    adjusted = _with(known, **wanted)
    words = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in asked.items())
    vanishes = _vanishing(known, adjusted)
    how = (
        f"{name} is made anew and is down for some seconds: a limit that vanishes takes that."
        if vanishes
        else f"{name} goes on running; its limits change at once."
    )
    return _plan(
        "limits",
        stack,
        params,
        facts,
        adjusted,
        summary=f"{name} {words or 'as its compose files say'}",
        what=f"Limit {name}: {words or 'as its compose files say'}",
        follow="update",
        affects=(how,),
        notes=_about_limits(asked),
        undo=_limits_undo(stack, name, known.adjusted),
    )


def plan_set(stack: Stack, params: SetParams, facts: Facts) -> Plan:
    """Raises BadArgument for a secret in plain text."""
    name, key, known = params.service, params.key, _known(facts, params.service)
    _require_reference(params)
    former = known.adjusted.variables.get(key)
    setting = params.setting
    if setting is not None and params.seconds is not None:
        setting = setting.model_copy(update={"run": "{run}"})
    adjusted = _with_variable(known, key, setting)
    lasting = f" for {write_seconds(params.seconds)}" if params.seconds else ""
    value = "as its compose files say" if setting is None else f"= {setting.shown}"
    plan = _plan(
        "set",
        stack,
        params,
        facts,
        adjusted,
        summary=f"{name} {key} {value}{lasting}",
        what=f"Set {key} of {name} {value}",
        follow="anew",
        affects=(f"{name} is made anew and is down for some seconds.",),
        notes=_about_setting(known, key),
        undo=f"set {stack.name} {name} {_again(key, former)}",
    )
    if params.seconds is None or plan.nothing_to_do:
        return plan
    back = SetBackParams(service=name, key=key, run="{run}", former=former)
    lines = f"After {write_seconds(params.seconds)} {key} is set back by itself."
    return plan.model_copy(
        update={
            "notes": (lines, *plan.notes),
            "afterwards": Afterwards(
                operation="set-back",
                params=back.model_dump(mode="json"),
                seconds=params.seconds,
            ),
        }
    )


def plan_set_back(stack: Stack, params: SetBackParams, facts: Facts) -> Plan:
    """Nothing to do when somebody else set the variable since."""
    name, key, known = params.service, params.key, _known(facts, params.service)
    now = known.adjusted.variables.get(key)
    mine = now is not None and now.run == params.run
    adjusted = _with_variable(known, key, params.former) if mine else known.adjusted
    value = "as its compose files say" if params.former is None else f"= {params.former.shown}"
    return _plan(
        "set-back",
        stack,
        params,
        facts,
        adjusted,
        summary=f"{name} {key} {value}",
        what=f"Set {key} of {name} back: {value}",
        follow="anew",
        affects=(f"{name} is made anew and is down for some seconds.",),
        undo="",
    )


def _plan(
    operation: str,
    stack: Stack,
    params: Model,
    facts: Facts,
    adjusted: Adjusted,
    *,
    summary: str,
    what: str,
    follow: Follow,
    affects: tuple[str, ...],
    undo: str,
    notes: tuple[str, ...] = (),
) -> Plan:
    service = str(getattr(params, "service"))  # noqa: B009
    known, states = _known(facts, service), states_of(facts, [service])
    same = adjusted == known.adjusted
    running = states[service] == "running"
    waits = running and stack.service(service).health is not None
    step = _adjust_step(service, what, adjusted, known.adjusted, follow)
    stages = () if same else ((step,), *(((await_health(service),),) if waits else ()))
    if same:
        notes = (f"Nothing to do: that holds already for {service}.",)
    elif not running:
        notes = (f"{service} is {states[service]} and stays so.", *notes)
    return Plan(
        operation=operation,
        stack=stack.name,
        environment=stack.environment,
        summary=f"{operation.upper()} {stack.environment}/{stack.name} {summary}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=stages,
        resources=(
            Resource(kind="stack", name=stack.name),
            Resource(kind="service", name=f"{stack.name}/{service}", exclusive=True),
        ),
        affects=affects if running and not same else (),
        notes=notes,
        binding={"services": states, "composed": known.model_dump(mode="json")},
        shown=(Line(label="Kept in", value=known.kept_in),),
        undo_hint=f"/ops {undo}" if undo and stages else "",
    )


def _adjust_step(
    service: str, what: str, wanted: Adjusted, former: Adjusted, follow: Follow
) -> Step:
    return Step(
        key=f"adjust.{service}",
        name=what,
        action="compose.adjust",
        args=_call(service, wanted, follow),
        undo=ActionCall(action="compose.adjust", args=_call(service, former, follow)),
        idempotent=True,
    )


def _call(service: str, adjusted: Adjusted, follow: Follow) -> JsonObject:
    kept = adjusted.model_dump(mode="json", exclude_defaults=True)
    return {"service": service, "adjusted": kept, "follow": follow}


def _known(facts: Facts, service: str) -> ComposedFact:
    return ComposedFact.model_validate(facts.of(composed_query(service)))


def _with(known: ComposedFact, **changes: object) -> Adjusted:
    return Adjusted.model_validate({**known.adjusted.model_dump(), **changes})


def _with_variable(known: ComposedFact, key: str, setting: Setting | None) -> Adjusted:
    others = {name: each for name, each in known.adjusted.variables.items() if name != key}
    return _with(known, variables=others if setting is None else {**others, key: setting})


def _may_be_many(stack: Stack, name: str, known: ComposedFact) -> None:
    size = stack.service(name).size
    if size is not None and size.one_only:
        raise BadArgument(
            f"There can be only one {name} of {stack.name}: {size.one_only}.",
            "Take that out of the compose files first, then `one_only` out of the stack file.",
        )
    if known.container_name:
        raise BadArgument(
            f"There can be only one {name} of {stack.name}: container_name is "
            f"{known.container_name!r}, and two containers cannot have one name.",
            "Take container_name out of the compose file first.",
        )
    fixed = [port for port in known.published if "-" not in port]
    if fixed:
        raise BadArgument(
            f"There can be only one {name} of {stack.name}: it takes the port {fixed[0]} of the "
            "host, which one container can have.",
            "Publish a range of ports, or none behind a proxy, in the compose file first.",
        )


def _vanishing(known: ComposedFact, wanted: Adjusted) -> bool:
    """Whether a limit that holds now is to be none."""
    return any(
        getattr(known.adjusted, key) is not None
        and getattr(wanted, key) is None
        and key not in known.limits
        for key in ("cpus", "memory", "reserved_memory")
    )


def _about_limits(asked: JsonObject) -> tuple[str, ...]:
    notes = []
    if "memory" in asked:
        notes.append("A container that uses more memory than that is killed for it.")
    if "reserved_cpus" in asked:
        notes.append("Docker keeps no processors free outside Swarm; it is noted in the file.")
    return tuple(notes)


def _limits_undo(stack: Stack, name: str, former: Adjusted) -> str:
    kept = {key: getattr(former, key) for key in _LIMITS if getattr(former, key) is not None}
    words = [f"--{key.replace('reserved_', 'reserve-')} {value}" for key, value in kept.items()]
    return " ".join(["limits", stack.name, name, *words, *(() if len(kept) == 4 else ["--reset"])])


def _require_reference(params: SetParams) -> None:
    setting = params.setting
    if setting is None:
        return
    if holds_secret(params.key) and setting.variable is None:
        raise BadArgument(
            f"{params.key} looks like a secret, which is never typed.",
            f"Put it into an env file of the stack and write {params.key}=env:NAME.",
        )
    held = [word for word in _PLACEHOLDERS if word in setting.text]
    if held:
        raise BadArgument(f"A value cannot hold {held[0]}, which stands for something in plans.")


def _about_setting(known: ComposedFact, key: str) -> tuple[str, ...]:
    new = key not in known.variables and key not in known.adjusted.variables
    return (f"{key} is new: the compose files give it no value.",) if new else ()


def _again(key: str, former: Setting | None) -> str:
    """The former value as somebody types it."""
    return f"{key} --reset" if former is None else shlex.quote(f"{key}={former.shown}")


SCALE = Playbook(operation="scale", params=ScaleParams, needs=needs, plan=plan_scale)
LIMITS = Playbook(operation="limits", params=LimitsParams, needs=needs, plan=plan_limits)
SET = Playbook(operation="set", params=SetParams, needs=needs, plan=plan_set)
SET_BACK = Playbook(operation="set-back", params=SetBackParams, needs=needs, plan=plan_set_back)
