"""Stop hard, and remove what runs a stack: `kill`, `down` and `clean`."""

from collections.abc import Sequence

from playbooks.datastores.protocol import BackupParams, Stages
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Plan, Resource, Risk, Step
from playbooks.model.project import Held, ProjectFact
from playbooks.model.stack import Stack
from playbooks.operations import backup
from playbooks.operations.service_steps import (
    in_order,
    layers_of,
    state_query,
    states_of,
    stopping,
    takes_back,
)
from playbooks.playbook import Playbook
from playbooks.sizes import in_bytes

OBJECTS = FactQuery(fact="project.objects")


class KillParams(Model):
    """One service, or all of the stack."""

    service: str | None = None


class DownParams(Model):
    """All of the stack."""


class CleanParams(Model):
    """`datastores` are backed up first; none only with the `reason` why not."""

    datastores: tuple[str, ...] = ()
    reason: str = ""


def kill_needs(stack: Stack, params: KillParams) -> Sequence[FactQuery]:
    return tuple(state_query(name) for name in _chosen(stack, params.service))


def plan_kill(stack: Stack, params: KillParams, facts: Facts) -> Plan:
    """Everything at once: whoever asks for it has no time for an order."""
    states = states_of(facts, _chosen(stack, params.service))
    running = {name for name, state in states.items() if state == "running"}
    steps = tuple(_kill_step(name) for layer in layers_of(stack, running) for name in layer)
    what = params.service or "all services"
    words = f"{stack.name} {params.service}" if params.service else stack.name
    return Plan(
        operation="kill",
        stack=stack.name,
        environment=stack.environment,
        summary=f"KILL {stack.environment}/{stack.name} {what}",
        risk=Risk.DESTROY,
        params=params.model_dump(),
        stages=(steps,) if steps else (),
        resources=_resources(stack, params.service),
        affects=tuple(
            f"{name} is down until it is started again." for name in running_in(stack, states)
        ),
        loses=tuple(_lost(stack, name) for name in running_in(stack, states)),
        notes=() if steps else (_nothing_runs(states),),
        binding={"services": states},
        undo_hint=f"/ops start {words}" if steps else "",
    )


def down_needs(stack: Stack, _params: DownParams) -> Sequence[FactQuery]:
    return (OBJECTS, *(state_query(name) for name in _contained(stack)))


def plan_down(stack: Stack, params: DownParams, facts: Facts) -> Plan:
    """Raises BadArgument for a stack without containers."""
    there, states = _there(stack, facts)
    stages = _going(stack, states, there, volumes=False)
    return Plan(
        operation="down",
        stack=stack.name,
        environment=stack.environment,
        summary=f"DOWN {stack.environment}/{stack.name}, volumes stay",
        risk=Risk.CHANGE,
        params=params.model_dump(),
        stages=stages,
        resources=_resources(stack, None),
        affects=tuple(
            f"{name} is down until it is started again." for name in running_in(stack, states)
        ),
        loses=_lost_with_containers(there) if stages else (),
        keeps=tuple(f"the volume {_sized(each)}" for each in there.volumes),
        notes=() if stages else ("Nothing to do: there is no container and no network of it.",),
        binding={"services": states, "objects": _ids(there, volumes=False)},
        shown=_shown(there, volumes=False),
        undo_hint=f"/ops start {stack.name}" if stages else "",
    )


def clean_needs(stack: Stack, params: CleanParams) -> Sequence[FactQuery]:
    queries = (*down_needs(stack, DownParams()), *_backup_needs(stack, params))
    return tuple({query.key: query for query in queries}.values())


def plan_clean(stack: Stack, params: CleanParams, facts: Facts) -> Plan:
    """Raises BadArgument for a stack without containers, and where neither a backup nor a reason
    is given; and what a backup raises."""
    there, states = _there(stack, facts)
    if there.volumes and not params.datastores and not params.reason:
        raise BadArgument(
            f"{stack.name} has data in volumes, and none of it would be backed up first.",
            'Say why with --without-backup "REASON", or give the stack a `backup`.',
        )
    saving = _saving(stack, params, facts)
    before = saving.stages if saving else ()
    going = _going(stack, states, there, volumes=True) if not there.nothing else ()
    stages = (*before, *going) if going else ()
    return Plan(
        operation="clean",
        stack=stack.name,
        environment=stack.environment,
        summary=f"CLEAN {stack.environment}/{stack.name}, all with its volumes",
        risk=Risk.DESTROY,
        params=params.model_dump(mode="json"),
        stages=stages,
        point_of_no_return=len(stages) - 1 if stages else None,
        owed=saving.owed if saving and stages else (),
        resources=_resources(stack, None),
        guards=saving.guards if saving and stages else (),
        affects=(f"All of {stack.name} is gone.",) if stages else (),
        loses=_lost_with_volumes(there) if stages else (),
        keeps=_kept(stack, params) if stages else (),
        notes=_about_backup(stack, params) if stages else ("Nothing to do: nothing is there.",),
        binding={
            **(saving.binding if saving else {}),
            "services": states,
            "objects": _ids(there, volumes=True),
        },
        shown=_shown(there, volumes=True),
    )


def stores_in_containers(stack: Stack) -> tuple[str, ...]:
    """The datastores whose data go with the volumes of the project."""
    return tuple(
        name
        for name, store in stack.datastores.items()
        if store.service and stack.container_of(store.service) is not None
    )


def running_in(stack: Stack, states: dict[str, str]) -> tuple[str, ...]:
    return in_order(stack, {name for name, state in states.items() if state == "running"})


def _saving(stack: Stack, params: CleanParams, facts: Facts) -> Plan | None:
    if not params.datastores:
        return None
    return backup.plan(stack, BackupParams(datastores=params.datastores), facts)


def _backup_needs(stack: Stack, params: CleanParams) -> Sequence[FactQuery]:
    if not params.datastores:
        return ()
    return backup.needs(stack, BackupParams(datastores=params.datastores))


def _there(stack: Stack, facts: Facts) -> tuple[ProjectFact, dict[str, str]]:
    if stack.compose is None:
        raise BadArgument(
            f"{stack.name} has no containers to remove.", f"/ops stop {stack.name} stops it."
        )
    return ProjectFact.model_validate(facts.of(OBJECTS)), states_of(facts, _contained(stack))


def _going(stack: Stack, states: dict[str, str], there: ProjectFact, *, volumes: bool) -> Stages:
    """In the reverse of the start-up order, so that stores end last and in peace."""
    if not there.containers and not there.networks and not (volumes and there.volumes):
        return ()
    stops = takes_back(stopping(stack, running_in(stack, states)))
    ends = tuple(
        tuple(step.model_copy(update={"key": f"end.{step.key}"}) for step in stage)
        for stage in stops
    )
    named = [each.model_dump(mode="json", include={"id", "name"}) for each in there.volumes]
    last = Step(
        key="remove",
        name=f"Remove containers{', networks and volumes' if volumes else ' and networks'}",
        action="project.clean" if volumes else "project.down",
        args={"volumes": named} if volumes else {},
        probe=ActionCall(action="project.is_gone", args={"volumes": named if volumes else []}),
        idempotent=True,
    )
    return (*ends, (last,))


def _kill_step(service: str) -> Step:
    return Step(
        key=f"kill.{service}",
        name=f"Kill {service}",
        action="service.kill",
        args={"service": service},
        probe=ActionCall(action="service.is_down", args={"service": service}),
        idempotent=True,
    )


def _chosen(stack: Stack, service: str | None) -> tuple[str, ...]:
    if service is None:
        return tuple(stack.services)
    stack.service(service)
    return (service,)


def _contained(stack: Stack) -> tuple[str, ...]:
    return tuple(name for name in stack.services if stack.container_of(name) is not None)


def _resources(stack: Stack, service: str | None) -> tuple[Resource, ...]:
    whole = Resource(kind="stack", name=stack.name, exclusive=service is None)
    if service is None:
        return (whole,)
    return (whole, Resource(kind="service", name=f"{stack.name}/{service}", exclusive=True))


def _lost(stack: Stack, service: str) -> str:
    stores = [name for name, store in stack.datastores.items() if store.service == service]
    if stores:
        return (
            f"{service} cannot save what it holds in memory: {', '.join(stores)} comes back as of "
            "its last write to disk, and recovers at its next start."
        )
    return f"{service} loses what it is doing just now, and tidies nothing up."


def _nothing_runs(states: dict[str, str]) -> str:
    seen = ", ".join(f"{name} is {state}" for name, state in states.items())
    return f"Nothing to do: {seen or 'the stack has no services'}."


def _lost_with_containers(there: ProjectFact) -> tuple[str, ...]:
    if not there.containers:
        return ()
    return ("What containers keep outside their volumes, and their logs.",)


def _lost_with_volumes(there: ProjectFact) -> tuple[str, ...]:
    return (
        *_lost_with_containers(there),
        *(f"The volume {_sized(each)} with all in it." for each in there.volumes),
    )


def _kept(stack: Stack, params: CleanParams) -> tuple[str, ...]:
    if not params.datastores:
        return ()
    stores = ", ".join(params.datastores)
    return (f"a backup of {stores}, made first; `/ops recover {stack.name}` brings it back",)


def _about_backup(stack: Stack, params: CleanParams) -> tuple[str, ...]:
    if params.reason:
        return (f"No backup is made first: {params.reason}",)
    left = [name for name in stack.datastores if name not in params.datastores]
    return (f"{', '.join(left)} is no volume and stays.",) if left else ()


def _ids(there: ProjectFact, *, volumes: bool) -> dict[str, list[str]]:
    ids = {
        "containers": [each.id for each in there.containers],
        "networks": [each.id for each in there.networks],
    }
    return ids | ({"volumes": [each.id for each in there.volumes]} if volumes else {})


def _shown(there: ProjectFact, *, volumes: bool) -> tuple[Line, ...]:
    held = {"Containers": there.containers, "Networks": there.networks}
    if volumes:
        held["Volumes"] = there.volumes
    return tuple(
        Line(label=label, value=", ".join(map(_sized, each)) or "none")
        for label, each in held.items()
    )


def _sized(held: Held) -> str:
    return held.name if held.bytes is None else f"{held.name} ({in_bytes(held.bytes)})"


KILL = Playbook(operation="kill", params=KillParams, needs=kill_needs, plan=plan_kill)
DOWN = Playbook(operation="down", params=DownParams, needs=down_needs, plan=plan_down)
CLEAN = Playbook(operation="clean", params=CleanParams, needs=clean_needs, plan=plan_clean)
