"""A second project beside the one that has the traffic: brought up, switched to, gone back from,
and retired."""

from collections.abc import Mapping, Sequence
from typing import Any

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.bluegreen import BlueGreen
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Afterwards, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.spans import span

STATE = FactQuery(fact="bluegreen.state")
UP, SWITCH, BACK, RETIRE = (
    "bluegreen-up",
    "bluegreen-switch",
    "bluegreen-back",
    "bluegreen-retire",
)


class UpParams(Model):
    """The version to bring up; with `switch` traffic is sent to it as soon as it is well."""

    version: str
    switch: bool = False


class SwitchParams(Model):
    """To the project that has no traffic."""


class RetireParams(Model):
    """The project that has no traffic; or `project`, as long as it still runs `version`."""

    project: str = ""
    version: str = ""


def rules_of(stack: Stack) -> BlueGreen:
    """Raises BadArgument where the stack file says nothing of it."""
    rules = stack.deploy.bluegreen if stack.deploy else None
    if rules is None:
        raise BadArgument(
            f"{stack.name} cannot be brought up twice: its stack file does not say how.",
            "Describe it as `deploy.bluegreen`.",
        )
    return rules


def needs(stack: Stack, _params: Model) -> Sequence[FactQuery]:
    rules_of(stack)
    return (STATE,)


def plan_up(stack: Stack, params: UpParams, facts: Facts) -> Plan:
    """Raises BadArgument with the reason where it cannot be beside the other one."""
    rules, state = rules_of(stack), facts.of(STATE)
    live, idle = _sides(rules, state)
    wrong = stack.deploy.wrong_with(params.version) if stack.deploy else ""
    if wrong:
        raise BadArgument(f"{params.version!r} {wrong}.")
    if state["fixed"]:
        raise BadArgument(
            f"{idle} cannot be beside {live}: {'; '.join(state['fixed'])}.",
            "Take that out of the files of `deploy.bluegreen`.",
        )
    there = state["projects"][idle]
    same = there["version"] == params.version and _well(there)
    stages = () if same else _up(idle, params.version)
    if params.switch:
        stages += _switch(state, live, idle)
    return Plan(
        operation=UP,
        stack=stack.name,
        environment=stack.environment,
        summary=f"BLUE-GREEN {stack.environment}/{stack.name} {params.version} in {idle}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=stages,
        resources=_resources(stack, rules),
        affects=_affected(rules, live, idle, params.switch),
        loses=_lost_way_back(state, idle, same),
        notes=_notes_of_up(stack, idle, params, same),
        binding=_binding(state),
        shown=_shown(rules, state),
        undo_hint=_hint(stack, stages, "back" if params.switch else "retire"),
        afterwards=_retire_later(rules, state, live) if params.switch else None,
    )


def plan_switch(stack: Stack, params: SwitchParams, facts: Facts) -> Plan:
    """Raises BadArgument where there is nothing to switch to."""
    rules, state = rules_of(stack), facts.of(STATE)
    live, idle = _sides(rules, state)
    _must_be_well(stack, state, idle)
    return _switched(stack, SWITCH, params, state, (live, idle))


def plan_back(stack: Stack, params: SwitchParams, facts: Facts) -> Plan:
    """Raises BadArgument where what was before is gone."""
    rules, state = rules_of(stack), facts.of(STATE)
    live, idle = _sides(rules, state)
    previous = state["previous"]
    if previous is None or previous["project"] != idle:
        raise BadArgument(
            f"Traffic of {stack.name} was not switched yet, so there is no way back.",
            f"`/ops bluegreen {stack.name} switch` sends it to {idle}.",
        )
    there = state["projects"][idle]
    if not _containers(there) or there["version"] != previous["version"]:
        raise BadArgument(
            f"There is no way back: what ran in {idle} is retired.",
            f"`/ops bluegreen {stack.name} VERSION` brings a version up again.",
        )
    _must_be_well(stack, state, idle)
    return _switched(stack, BACK, params, state, (live, idle))


def plan_retire(stack: Stack, params: RetireParams, facts: Facts) -> Plan:
    """What has the traffic is never retired; what is another version by now is left alone."""
    rules, state = rules_of(stack), facts.of(STATE)
    live, idle = _sides(rules, state)
    project = params.project or idle
    there = state["projects"].get(project) or {"services": {}, "version": ""}
    why = ""
    if project == live:
        why = f"{project} has the traffic."
    elif not _containers(there):
        why = f"Nothing of {project} is there any more."
    elif params.project and there["version"] != params.version:
        why = f"{project} runs another version by now."
    step = Step(
        key="retire",
        name=f"Remove {project}",
        action="bluegreen.remove",
        args={"project": project},
        idempotent=True,
    )
    return Plan(
        operation=RETIRE,
        stack=stack.name,
        environment=stack.environment,
        summary=f"RETIRE {stack.environment}/{stack.name} {project}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=() if why else ((step,),),
        resources=_resources(stack, rules),
        affects=(f"{', '.join(rules.services)} of {project} are removed; they have no traffic.",),
        loses=() if why else (f"The way back to {_version(there)} in {project}.",),
        keeps=("What they store is in services that both projects share, and stays.",),
        notes=(why,) if why else (),
        binding=_binding(state),
        shown=_shown(rules, state),
    )


def _switched(
    stack: Stack, operation: str, params: Model, state: JsonObject, sides: tuple[str | None, str]
) -> Plan:
    rules, (live, idle) = rules_of(stack), sides
    there = state["projects"][idle]
    return Plan(
        operation=operation,
        stack=stack.name,
        environment=stack.environment,
        summary=f"{'SWITCH' if operation == SWITCH else 'SWITCH BACK'} "
        f"{stack.environment}/{stack.name} to {_version(there)} in {idle}",
        risk=Risk.CHANGE,
        params=params.model_dump(mode="json"),
        stages=_switch(state, live, idle),
        resources=_resources(stack, rules),
        affects=_affected(rules, live, idle, switch=True),
        binding=_binding(state),
        shown=_shown(rules, state),
        undo_hint=f"/ops bluegreen {stack.name} back",
        afterwards=_retire_later(rules, state, live),
    )


def _up(project: str, version: str) -> tuple[tuple[Step, ...], ...]:
    return (
        (
            Step(
                key="start",
                name=f"Bring up {version} in {project}",
                action="bluegreen.start",
                args={"project": project, "version": version},
                undo=ActionCall(action="bluegreen.remove", args={"project": project}),
                idempotent=True,
            ),
        ),
        (
            Step(
                key="health",
                name=f"Wait until {project} is healthy",
                action="bluegreen.await_health",
                args={"project": project},
                idempotent=True,
            ),
        ),
    )


def _switch(state: JsonObject, live: str | None, idle: str) -> tuple[tuple[Step, ...], ...]:
    args = {"project": idle, "before": live}
    switch = Step(
        key="switch",
        name=f"Send traffic to {idle}",
        action="bluegreen.switch",
        args=args,
        undo=ActionCall(action="bluegreen.put_back", args={"content": state["content"]}),
        probe=ActionCall(action="bluegreen.is_live", args=args),
        idempotent=True,
    )
    if live is None:
        return ((switch,),)
    drain = Step(
        key="drain",
        name=f"Let connections to {live} end",
        action="bluegreen.drain",
        args={"project": live},
        idempotent=True,
    )
    return ((switch,), (drain,))


def _retire_later(rules: BlueGreen, state: JsonObject, live: str | None) -> Afterwards | None:
    """What has no traffic any more goes once nobody can want it back."""
    if live is None:
        return None
    params = RetireParams(project=live, version=state["projects"][live]["version"])
    return Afterwards(
        operation=RETIRE, params=params.model_dump(), seconds=rules.keep.total_seconds()
    )


def _sides(rules: BlueGreen, state: JsonObject) -> tuple[str | None, str]:
    """The project that has the traffic, if any, and the other one."""
    live = state["live"]
    return (live, rules.other(live)) if live else (None, rules.projects[0])


def _must_be_well(stack: Stack, state: JsonObject, project: str) -> None:
    there = state["projects"][project]
    if not _containers(there):
        raise BadArgument(
            f"Nothing runs in {project}.",
            f"`/ops bluegreen {stack.name} VERSION` brings a version up there.",
        )
    if not _well(there):
        unwell = [each["name"] for each in _containers(there) if not _is_well(each)]
        raise BadArgument(
            f"{project} is not well: {', '.join(unwell) or 'a service has no container'}.",
            "Traffic is only sent to what is healthy; look at its log.",
        )


def _containers(project: Mapping[str, Any]) -> list[JsonObject]:
    return [each for containers in project["services"].values() for each in containers]


def _well(project: Mapping[str, Any]) -> bool:
    """Every service has a container, and all are healthy."""
    services = project["services"].values()
    return all(services) and all(_is_well(each) for each in _containers(project))


def _is_well(container: Mapping[str, Any]) -> bool:
    return container["status"] == "running" and container["health"] in {"", "healthy"}


def _version(project: Mapping[str, Any]) -> str:
    return str(project["version"] or "the version that was there first")


def _binding(state: JsonObject) -> JsonObject:
    """Who has the traffic, and which containers there are."""
    projects = {
        name: {
            "version": project["version"],
            "containers": sorted(each["id"] for each in _containers(project)),
        }
        for name, project in state["projects"].items()
    }
    return {"live": state["live"], "route": state["content"], "projects": projects}


def _shown(rules: BlueGreen, state: JsonObject) -> tuple[Line, ...]:
    lines = []
    for name in rules.projects:
        project = state["projects"][name]
        found = _containers(project)
        what = f"{_version(project)}, {len(found)} containers" if found else "nothing runs"
        well = "" if not found else (", healthy" if _well(project) else ", not healthy")
        traffic = ", has the traffic" if state["live"] == name else ""
        lines.append(Line(label=name, value=f"{what}{well}{traffic}"))
    return tuple(lines)


def _affected(rules: BlueGreen, live: str | None, idle: str, switch: bool) -> tuple[str, ...]:
    lines = [f"{', '.join(rules.services)} run in {idle}, beside {live or 'nothing'}."]
    if switch:
        lines.append(f"New requests go to {idle}; those under way in {live} end there.")
        if live:
            lines.append(f"{live} stays for {span(rules.keep)} more, then it is removed.")
    return tuple(lines)


def _lost_way_back(state: JsonObject, idle: str, same: bool) -> tuple[str, ...]:
    there = state["projects"][idle]
    if same or not _containers(there):
        return ()
    return (f"The way back to {_version(there)} in {idle}.",)


def _notes_of_up(stack: Stack, idle: str, params: UpParams, same: bool) -> tuple[str, ...]:
    if same and not params.switch:
        return (f"{params.version} runs in {idle} and is healthy already.",)
    if params.switch:
        return ()
    return (f"Users see nothing of it until `/ops bluegreen {stack.name} switch`.",)


def _hint(stack: Stack, stages: Sequence[object], verb: str) -> str:
    return f"/ops bluegreen {stack.name} {verb}" if stages else ""


def _resources(stack: Stack, rules: BlueGreen) -> tuple[Resource, ...]:
    services = (
        Resource(kind="service", name=f"{stack.name}/{name}", exclusive=True)
        for name in sorted(rules.services)
    )
    return (Resource(kind="stack", name=stack.name), *services)


BLUEGREEN_UP = Playbook(UP, UpParams, needs, plan_up)
BLUEGREEN_SWITCH = Playbook(SWITCH, SwitchParams, needs, plan_switch)
BLUEGREEN_BACK = Playbook(BACK, SwitchParams, needs, plan_back)
BLUEGREEN_RETIRE = Playbook(RETIRE, RetireParams, needs, plan_retire)
