"""Take in what somebody brings: a file or folder becomes a backup of the stack's own, verified as
any other, and nothing that runs is touched. Restoring it is a request of its own, made with all
that is known of a backup.
"""

from collections.abc import Sequence
from datetime import datetime

from playbooks.datastores.disks import repository_disk
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Guard, Line, Owed, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.repository.given_model import Given, kind_of
from playbooks.repository.standing import STANDING, how_to_open
from playbooks.sizes import in_bytes
from playbooks.spans import moment

_CLOCK = FactQuery(fact="clock.now")
# The plain copy and the stored one, on one disk.
_ROOM = 2.1


class TakeInParams(Model):
    """What is brought for which datastore. `path` is on the bot's host; `brought` says where it
    came from, for people, where that is not the path. `root` is the repository of another stack
    when it is a backup of that one."""

    datastore: str
    path: str
    brought: str = ""
    root: str = ""


def needs(stack: Stack, params: TakeInParams) -> Sequence[FactQuery]:
    return (_CLOCK, STANDING, _given(params), *repository_disk(stack))


def plan(stack: Stack, params: TakeInParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, UnknownName, BadArgument when the file is for another kind of
    datastore, RepositoryError."""
    given = Given.model_validate(facts.of(_given(params)))
    _require_fit(stack, params, given)
    what = f"{_what(given)} of {given.source}" if given.source else _what(given)
    return Plan(
        operation="import",
        stack=stack.name,
        environment=stack.environment,
        summary=f"IMPORT {stack.environment}/{stack.name} {params.datastore}: {what}",
        risk=Risk.READ,
        params=params.model_dump(mode="json"),
        stages=(
            (_begin(facts),),
            (_adopt(stack, params, given),),
            (_publish(params, given),),
            (_release(),),
        ),
        point_of_no_return=1,
        owed=(_cleared(),),
        resources=(
            Resource(kind="stack", name=stack.name),
            Resource(kind="datastore", name=f"{stack.name}/{params.datastore}", exclusive=True),
        ),
        guards=tuple(
            Guard(
                name="room for what is taken in",
                query=query,
                field="free_bytes",
                at_least=int(given.bytes * _ROOM),
            )
            for query in repository_disk(stack)
        ),
        notes=(
            "Nothing that runs is touched: it becomes a backup, which `latest` never means.",
            f"`/ops restore {stack.name} {params.datastore} {{run}}` restores it then.",
        ),
        binding={"given": given.identity, **({"source": given.source} if given.source else {})},
        shown=_lines(params, given, facts),
    )


def _require_fit(stack: Stack, params: TakeInParams, given: Given) -> None:
    name, kind = params.datastore, stack.datastore(params.datastore).kind
    if given.form == "backup":
        if name not in given.datastores:
            raise BadArgument(
                f"Backup {given.backup} does not hold {name}; it holds: "
                f"{', '.join(given.datastores)}.",
                "A datastore has to have the same name in both stack files.",
            )
    elif kind_of(given.form) != kind:
        raise BadArgument(
            f"{_what(given).capitalize()} is for a datastore of kind {kind_of(given.form)}; "
            f"{stack.name}/{name} is {kind}.",
            "Name another datastore, or bring a backup that Interlock made.",
        )


def _begin(facts: Facts) -> Step:
    return Step(
        key="begin",
        name="Open a backup",
        action="repository.begin",
        args=how_to_open(facts),
        undo=ActionCall(action="repository.discard"),
        idempotent=True,
    )


def _adopt(stack: Stack, params: TakeInParams, given: Given) -> Step:
    """Bare files are looked at by those who know their kind."""
    kind = stack.datastore(params.datastore).kind
    return Step(
        key="adopt",
        name=f"Read {_what(given)}, verify it, and store it",
        action="given.adopt" if given.form == "backup" else f"{kind}.adopt",
        args={
            "datastore": params.datastore,
            "path": given.path,
            "root": params.root,
            "identity": given.identity,
            "backup": "{started}-{run}",
        },
        undo=ActionCall(action="given.clear", args={"datastore": params.datastore}),
        idempotent=True,
    )


def _publish(params: TakeInParams, given: Given) -> Step:
    whose = f" of {given.source}" if given.source else ""
    made = f", made at {given.made_at:%Y-%m-%d %H:%M} UTC" if given.made_at else ""
    where = params.brought or given.path
    entries: JsonObject = {params.datastore: {"$from": "adopt"}}
    return Step(
        key="publish",
        name="Verify what was stored and publish the backup",
        action="repository.publish",
        args={
            "entries": entries,
            "origin": "given",
            "brought": f"{_what(given)}{whose}{made}, from {where}",
        },
        probe=ActionCall(action="repository.is_published"),
        idempotent=True,
    )


def _release() -> Step:
    return Step(
        key="release",
        name="Remove plain copies",
        action="repository.release",
        idempotent=True,
    )


def _cleared() -> Owed:
    return Owed(
        key="release",
        name="Remove plain copies",
        call=ActionCall(action="repository.release"),
        since=0,
        settled_by="release",
    )


def _lines(params: TakeInParams, given: Given, facts: Facts) -> tuple[Line, ...]:
    now = datetime.fromisoformat(facts.of(_CLOCK)["now"])
    lines = [Line(label="From", value=params.brought or given.path)]
    if given.source:
        lines.append(Line(label="Made of", value=given.source))
    if given.made_at is not None:
        lines.append(Line(label="Made at", value=moment(given.made_at, now)))
    return (*lines, Line(label="Size", value=in_bytes(given.bytes)))


def _what(given: Given) -> str:
    match given.form:
        case "backup":
            return f"backup {given.backup}"
        case "pg_dump":
            return "a dump of pg_dump"
        case "rdb":
            return "a snapshot of Redis"
        case "tar":
            return "an archive of files"


def _given(params: TakeInParams) -> FactQuery:
    return FactQuery(fact="given.file", args={"path": params.path, "root": params.root})


TAKE_IN = Playbook(operation="import", params=TakeInParams, needs=needs, plan=plan)
"""The playbook `import`."""
