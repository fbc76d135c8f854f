"""Go back to an earlier release: its images, its code, and where it is asked for its data."""

from collections.abc import Collection, Sequence
from pathlib import Path

from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Line, Plan, Risk, Step
from playbooks.model.stack import Stack
from playbooks.operations import recover
from playbooks.operations.deploy import (
    as_plan,
    directories,
    noting,
    releasing,
    rules_of,
    state_query,
    version_set,
)
from playbooks.operations.guards import together
from playbooks.operations.procedure import procedure, procedure_needs
from playbooks.operations.procedure_basis import (
    Procedure,
    Setting,
    rolled,
)
from playbooks.operations.recover import RecoverParams
from playbooks.operations.service_steps import (
    await_health,
    in_order,
    starting,
    stopping,
    takes_back,
)
from playbooks.playbook import Playbook

_MOST_NAMED = 5


class RollbackParams(Model):
    """Where to: the release `to`, or what ran before the release `before`. `title` is what people
    call it.

    `images` are its images by service, `version` what the version variable held, where `versioned`
    says that there was one, `code` its commits by folder. `across` are the migrations that were
    done since, and `unlisted` the releases since whose migrations nobody can list. `backups` are
    those that its data come from, by datastore; none: they stay. With `own` it is the stack's own
    way back, before which only the variable is set.
    """

    title: str
    to: str = ""
    before: str = ""
    images: dict[str, str] = {}
    versioned: bool = False
    version: str | None = None
    code: dict[str, str] = {}
    across: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    backups: dict[str, str] = {}
    own: bool = False


def needs(stack: Stack, params: RollbackParams) -> Sequence[FactQuery]:
    queries = [*_way_needs(stack, params)]
    if params.backups:
        queries += recover.needs(stack, _recovering(params))
    return tuple({query.key: query for query in queries}.values())


def plan(stack: Stack, params: RollbackParams, facts: Facts) -> Plan:
    """Raises BadArgument when an image is gone, FactUnavailable, and what a recovery raises."""
    whole = _own_way(stack, params, facts) if params.own else _to_release(stack, params, facts)
    made = as_plan("rollback", stack, whole)
    update: JsonObject = {
        "summary": _summary(stack, params),
        "params": params.model_dump(mode="json"),
        "risk": Risk.DESTROY,
        "notes": (*_on_migrations(stack, params), *made.notes),
        "loses": _losses(params),
    }
    made = made.model_copy(update=update)
    return _with_data(stack, made, params, facts) if params.backups else made


def _way_needs(stack: Stack, params: RollbackParams) -> Sequence[FactQuery]:
    if params.own:
        steps = rules_of(stack).rollback
        services = rolled(stack, steps)
        state = (state_query(services),) if services or params.versioned else ()
        return (*state, *procedure_needs(_setting(stack), steps))
    return (
        state_query(_services(stack, params)),
        _images_query(params),
        *(_code_query(folder) for folder in params.code),
    )


def _own_way(stack: Stack, params: RollbackParams, facts: Facts) -> Procedure:
    steps = rules_of(stack).rollback
    services = rolled(stack, steps)
    whole = noting(stack, services, facts)
    if params.versioned:
        whole = whole.then(version_set(stack, params.version, facts.of(state_query(services))))
    whole = whole.then(procedure(_setting(stack), steps, facts))
    return whole.then(releasing(services, directories(steps)))


def _to_release(stack: Stack, params: RollbackParams, facts: Facts) -> Procedure:
    services = _services(stack, params)
    whole = noting(stack, services, facts)
    if params.versioned:
        seen = facts.of(state_query(services))
        whole = whole.then(version_set(stack, params.version, seen))
    for folder, commit in params.code.items():
        whole = whole.then(_code_back(folder, commit, facts))
    whole = whole.then(_images_back(stack, params, facts))
    seen = facts.of(state_query(services))["services"]
    same = {name for name in services if seen[name]["image"] == params.images[name]}
    for name in services:
        if not params.code or name not in same:
            whole = whole.then(_rolled_back(name))
    if params.code and same:
        whole = whole.then(_restarted(stack, same))
    return whole.then(releasing(services, [Path(folder) for folder in params.code]))


def _images_back(stack: Stack, params: RollbackParams, facts: Facts) -> Procedure:
    gone = facts.of(_images_query(params))["gone"]
    if gone and not (params.versioned and params.version):
        raise BadArgument(
            f"The images that {', '.join(gone)} of {stack.name} had in {params.title} are not on "
            "the host any more.",
            f"`/ops deploy {stack.name} VERSION` brings a version anew.",
        )
    pulling = Step(
        key="pull",
        name=f"Pull {', '.join(gone)}, whose images are gone here",
        action="deploy.pull",
        args={"services": list(gone)},
        idempotent=True,
    )
    there = {name: image for name, image in params.images.items() if name not in gone}
    taking = Step(
        key="images",
        name="Take the images of then",
        action="deploy.take_images",
        args={"images": there},
        idempotent=True,
    )
    stages = (*(((pulling,),) if gone else ()), *(((taking,),) if there else ()))
    return Procedure(stages=stages, risk=Risk.CHANGE)


def _rolled_back(name: str) -> Procedure:
    steps = [
        Step(
            key=f"{key}.{name}",
            name=words.format(name),
            action=f"deploy.{action}",
            args={"service": name},
            idempotent=True,
        )
        for key, words, action in (
            ("roll", "Roll {} back", "roll"),
            ("gate", "Wait until {} is healthy", "gate"),
        )
    ]
    lost = f"{name} is made anew, and away for some seconds."
    return Procedure(stages=tuple((step,) for step in steps), affects=(lost,), risk=Risk.CHANGE)


def _restarted(stack: Stack, names: Collection[str]) -> Procedure:
    """What runs from the same image takes the code of then only when it is started anew."""
    stages = takes_back(stopping(stack, names) + starting(stack, names, await_health))
    lost = tuple(f"{name} is down for some seconds." for name in in_order(stack, names))
    return Procedure(stages=stages, affects=lost, risk=Risk.CHANGE)


def _code_back(folder: str, commit: str, facts: Facts) -> Procedure:
    seen = facts.of(_code_query(folder))
    step = Step(
        key=f"code.{Path(folder).name}",
        name=f"Check out {commit[:10]}",
        action="deploy.checkout",
        args={"directory": folder, "commit": commit},
        undo=ActionCall(
            action="deploy.checkout",
            args={"directory": folder, "commit": seen["commit"], "branch": seen["branch"]},
        ),
        idempotent=True,
    )
    return Procedure(
        stages=((step,),),
        shown=(Line(label="Code", value=f"{seen['commit'][:10]} → {commit[:10]}"),),
        binding={f"code in {Path(folder).name}": seen["commit"]},
        risk=Risk.CHANGE,
    )


def _with_data(stack: Stack, made: Plan, params: RollbackParams, facts: Facts) -> Plan:
    """The code first, then the data, as a recovery brings them."""
    data = recover.plan(stack, _recovering(params), facts)
    begins = len(made.stages)
    point = data.point_of_no_return
    return made.model_copy(
        update={
            "stages": (*made.stages, *data.stages),
            "point_of_no_return": None if point is None else point + begins,
            "owed": (
                *made.owed,
                *(o.model_copy(update={"since": o.since + begins}) for o in data.owed),
            ),
            "guards": together(made.guards, data.guards),
            "affects": tuple(dict.fromkeys((*made.affects, *data.affects))),
            "loses": data.loses,
            "keeps": data.keeps,
            "notes": (*made.notes, *data.notes),
            "binding": {**made.binding, "data": data.binding},
            "shown": (*made.shown, *data.shown),
            "sources": data.sources,
        }
    )


def _on_migrations(stack: Stack, params: RollbackParams) -> tuple[str, ...]:
    """Never across a migration without saying so."""
    said = []
    if params.across:
        named = "; ".join(params.across[:_MOST_NAMED])
        more = len(params.across) - _MOST_NAMED
        rest = f" and {more} more" if more > 0 else ""
        said.append(f"It goes back across {len(params.across)} migrations: {named}{rest}.")
    if params.unlisted:
        runs = ", ".join(params.unlisted)
        said.append(f"Migrations ran in {runs}; nothing lists what they did.")
    if said and not params.backups:
        said.append(
            "The database stays as it is migrated, and the earlier version must bear that; "
            f"`/ops rollback {stack.name} --with-database` brings back the backup of then."
        )
    return (" ".join(said),) if said else ("No migration ran since, as far as releases tell.",)


def _losses(params: RollbackParams) -> tuple[str, ...]:
    return () if params.backups else ("What the newer version brought is no longer served.",)


def _summary(stack: Stack, params: RollbackParams) -> str:
    count = len(params.across) + len(params.unlisted)
    across = f", across {count} migration{'s' if count > 1 else ''}" if count else ""
    data = " with its data" if params.backups else ""
    return f"ROLL BACK {stack.environment}/{stack.name} to {params.title}{data}{across}"


def _recovering(params: RollbackParams) -> RecoverParams:
    return RecoverParams(what="data", backups=params.backups)


def _services(stack: Stack, params: RollbackParams) -> tuple[str, ...]:
    return in_order(stack, (name for name in params.images if name in stack.services))


def _images_query(params: RollbackParams) -> FactQuery:
    return FactQuery(fact="deploy.images", args={"images": params.images})


def _code_query(folder: str) -> FactQuery:
    return FactQuery(fact="deploy.code", args={"directory": folder})


def _setting(stack: Stack) -> Setting:
    return Setting(stack, None, f"{stack.name} is being rolled back.")


ROLLBACK = Playbook(operation="rollback", params=RollbackParams, needs=needs, plan=plan)
"""The playbook `rollback`."""
