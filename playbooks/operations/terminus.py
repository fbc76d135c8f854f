"""Create and delete databases of a TerminusDB.

All databases lie in one storage, which is only copied while its server is down: so a delete, which
backs it up first, stops the server and who uses it for that long.
"""

import re
from collections.abc import Sequence

from playbooks.datastores.catalogue import planner_of
from playbooks.datastores.protocol import Stages
from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Guard, Line, Owed, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.model.volumes import TerminusStore
from playbooks.operations.backup import backup_stages, store_needs
from playbooks.operations.downtime import downtime, downtime_queries
from playbooks.operations.guards import together
from playbooks.playbook import Playbook
from playbooks.repository.standing import STANDING, how_to_open

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


class TerminusParams(Model):
    """A database of a datastore of kind terminusdb; whether a delete backs up before."""

    datastore: str
    database: str
    backup: bool = True


def checked_name(name: str) -> str:
    """Raises BadArgument when no database can be called so."""
    if not _NAME.fullmatch(name):
        raise BadArgument(
            f"{name!r} cannot be the name of a database.",
            "Use letters, digits, - and _, 63 at most, beginning with a letter or a digit.",
        )
    return name


def create_needs(stack: Stack, params: TerminusParams) -> Sequence[FactQuery]:
    _store(stack, params)
    return (_there(params),)


def delete_needs(stack: Stack, params: TerminusParams) -> Sequence[FactQuery]:
    _store(stack, params)
    backup = (
        (
            STANDING,
            *store_needs(stack, params.datastore),
            *downtime_queries(stack, params.datastore),
        )
        if params.backup
        else ()
    )
    queries = (_there(params), *backup)
    return tuple({query.key: query for query in queries}.values())


def plan_create(stack: Stack, params: TerminusParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, BadArgument."""
    there = facts.of(_there(params))
    step = Step(
        key="create",
        name=f"Create the database {params.database}",
        action="terminus.create",
        args=_about(params),
        undo=ActionCall(action="terminus.delete", args=_about(params)),
        idempotent=True,
    )
    return Plan(
        operation="terminus-create",
        stack=stack.name,
        environment=stack.environment,
        summary=f"CREATE {_title(stack, params)}",
        risk=Risk.CHANGE,
        params=params.model_dump(),
        stages=() if there["there"] else ((step,),),
        resources=_resources(stack, params, exclusive=False),
        notes=(f"Nothing to do: {params.database} is there.",) if there["there"] else (),
        binding=there,
        shown=(Line(label="Database", value=f"admin/{params.database}"),),
        undo_hint=f"/ops terminus delete {stack.name} {params.datastore} {params.database}",
    )


def plan_delete(stack: Stack, params: TerminusParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, BadArgument."""
    there = facts.of(_there(params))
    gone = f"the database admin/{params.database} with everything in it"
    common = {
        "operation": "terminus-delete",
        "stack": stack.name,
        "environment": stack.environment,
        "summary": f"DELETE {_title(stack, params)}"
        + ("" if params.backup else ", WITHOUT A BACKUP"),
        "risk": Risk.DESTROY,
        "params": params.model_dump(),
        "binding": there,
    }
    if not there["there"]:
        nothing = f"Nothing to do: there is no {params.database}."
        return Plan.model_validate({**common, "notes": (nothing,)})
    delete = _delete_step(params)
    if not params.backup:
        return Plan.model_validate(
            {
                **common,
                "stages": ((delete,),),
                "point_of_no_return": 0,
                "resources": _resources(stack, params, exclusive=True),
                "loses": (gone, "no backup is made before: what is deleted is gone for good"),
            }
        )
    stages, owed, guards, told = _backed_up(stack, params, facts)
    return Plan.model_validate(
        {
            **common,
            "stages": (*stages, (delete,)),
            "point_of_no_return": len(stages),
            "owed": owed,
            "guards": guards,
            "resources": _resources(stack, params, exclusive=True),
            "affects": told,
            "loses": (gone,),
            "keeps": ("a safety backup of the whole store, made just before",),
            "notes": (
                f"`/ops backups {stack.name}` names the safety backup; "
                f"`/ops restore {stack.name} {params.datastore}` brings all databases back to it.",
            ),
        }
    )


def _backed_up(
    stack: Stack, params: TerminusParams, facts: Facts
) -> tuple[Stages, tuple[Owed, ...], tuple[Guard, ...], tuple[str, ...]]:
    """Stages that back the store up and start again what stood still, and what goes with them."""
    name = params.datastore
    part = planner_of(stack, name).backup(stack, name, facts)
    down = downtime(
        stack,
        facts,
        must=part.stops,
        may=stack.users_of(name),
        meanwhile="while the safety backup is made",
        bears="the copying",
    )
    fit = {"stores": [name], "stopped": {each: {"$from": f"stop.{each}"} for each in down.stopped}}
    begin, dump, publish = backup_stages({name: part}, "safety", how_to_open(facts), fit)
    stages = (begin, *down.stops, dump, publish, *down.starts)
    return stages, down.owed_since(1), together(part.guards), (*part.affects, *down.affects)


def _delete_step(params: TerminusParams) -> Step:
    return Step(
        key="delete",
        name=f"Delete the database {params.database}",
        action="terminus.delete",
        args=_about(params),
        idempotent=True,
    )


def _there(params: TerminusParams) -> FactQuery:
    return FactQuery(fact="terminus.database", args=_about(params))


def _about(params: TerminusParams) -> dict[str, str]:
    return {"datastore": params.datastore, "database": params.database}


def _title(stack: Stack, params: TerminusParams) -> str:
    return f"{stack.environment}/{stack.name} {params.datastore} database {params.database}"


def _store(stack: Stack, params: TerminusParams) -> TerminusStore:
    store = stack.datastore(params.datastore)
    if not isinstance(store, TerminusStore):
        raise BadArgument(f"{stack.name}/{params.datastore} is {store.kind}, not terminusdb.")
    checked_name(params.database)
    return store


def _resources(stack: Stack, params: TerminusParams, *, exclusive: bool) -> tuple[Resource, ...]:
    return (
        Resource(kind="stack", name=stack.name, exclusive=exclusive),
        Resource(kind="datastore", name=f"{stack.name}/{params.datastore}", exclusive=True),
    )


TERMINUS_CREATE = Playbook(
    operation="terminus-create", params=TerminusParams, needs=create_needs, plan=plan_create
)
TERMINUS_DELETE = Playbook(
    operation="terminus-delete", params=TerminusParams, needs=delete_needs, plan=plan_delete
)
