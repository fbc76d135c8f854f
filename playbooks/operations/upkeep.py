"""Upkeep of PostgreSQL datastores that keeps nobody waiting: vacuum, reindex, indexes."""

import hashlib
from collections.abc import Sequence
from typing import Any

from playbooks.datastores.postgres_stores import described_store, is_postgres, slug_of
from playbooks.datastores.upkeep_model import DatabasesFact, RelationFact
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import ActionCall, Guard, Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.sizes import counted, in_bytes

_LONGEST_NAME = 63
# A table or an index that is written anew is there twice for a while, with its log.
_TWICE = 1.3


class VacuumParams(Model):
    """A datastore, of a server perhaps one database, perhaps one table; `full` writes it anew."""

    datastore: str
    database: str = ""
    table: str = ""
    full: bool = False


class ReindexParams(Model):
    """An index, or a table with all its indexes."""

    datastore: str
    database: str = ""
    name: str


class IndexParams(Model):
    """An index called `name` to be made of these columns of a table; no name: a usual one."""

    datastore: str
    database: str = ""
    table: str
    columns: tuple[str, ...]
    name: str = ""


class DropIndexParams(ReindexParams):
    """An index that is not wanted any more."""


def vacuum_needs(stack: Stack, params: VacuumParams) -> Sequence[FactQuery]:
    _check(stack, params.datastore)
    if params.full and not params.table:
        raise BadArgument(
            "VACUUM FULL of everything would lock one table after the other.",
            f"Name the table: `/ops vacuum {stack.name} {params.datastore} TABLE --full`",
        )
    return (_relation(params, params.table) if params.table else _databases(params),)


def plan_vacuum(stack: Stack, params: VacuumParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, BadArgument."""
    if params.table:
        return _vacuum_table(stack, params, facts)
    fact = DatabasesFact.model_validate(facts.of(_databases(params)))
    steps = tuple(
        (
            Step(
                key=f"vacuum.{slug_of(name)}",
                name=f"Vacuum and analyze all of {name}",
                action="upkeep.vacuum_database",
                args={"datastore": params.datastore, "database": name},
                idempotent=True,
            ),
        )
        for name in fact.databases
    )
    return Plan(
        **_common(stack, params, "vacuum"),
        summary=f"VACUUM {_where(stack, params)} {', '.join(fact.databases)}",
        stages=steps,
        affects=("Reading and writing go on; the disk has more to do.",),
        binding={"databases": list(fact.databases)},
        shown=(Line(label="Size", value=in_bytes(fact.bytes)),),
    )


def _vacuum_table(stack: Stack, params: VacuumParams, facts: Facts) -> Plan:
    query = _relation(params, params.table)
    fact = _found(facts, query, "table")
    step = Step(
        key="vacuum",
        name=f"Vacuum and analyze {fact.full_name}" + (", written anew" if params.full else ""),
        action="upkeep.vacuum_table",
        args={
            **_at(params),
            "schema_name": fact.schema_name,
            "table": fact.name,
            "full": params.full,
        },
        idempotent=True,
    )
    waits = f"Nobody can read or write {fact.full_name} while it is written anew."
    return Plan(
        **_common(stack, params, "vacuum"),
        summary=f"VACUUM{' FULL' if params.full else ''} {_where(stack, params)} {fact.full_name}",
        stages=((step,),),
        guards=_room(query, fact, fact.bytes) if params.full else (),
        affects=(waits if params.full else "Reading and writing go on.",),
        binding={"oid": fact.oid},
        shown=_shown(fact),
    )


def reindex_needs(stack: Stack, params: ReindexParams) -> Sequence[FactQuery]:
    _check(stack, params.datastore)
    return (_relation(params, params.name),)


def plan_reindex(stack: Stack, params: ReindexParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for the server's own tables."""
    query = _relation(params, params.name)
    fact = RelationFact.model_validate(facts.of(query))
    if fact.catalog:
        raise BadArgument(f"{fact.full_name} is the server's own and cannot be rebuilt in use.")
    _no_hypertable(fact)
    args = {
        **_at(params),
        "schema_name": fact.schema_name,
        "name": fact.name,
        "table": fact.table,
        "kind": fact.kind,
    }
    step = Step(
        key="reindex",
        name=f"Make {fact.full_name} anew" + ("" if fact.kind == "index" else ", all its indexes"),
        action="upkeep.reindex",
        args=args,
        undo=ActionCall(action="upkeep.sweep", args=args),
        idempotent=True,
    )
    broken = ", ".join(fact.broken)
    return Plan(
        **_common(stack, params, "reindex"),
        summary=f"REINDEX {_where(stack, params)} {fact.full_name}",
        stages=((step,),),
        guards=_room(query, fact, fact.bytes),
        affects=("Reading and writing go on; the index of before counts until the new one does.",),
        notes=(f"Dropped as well, invalid since an earlier failure: {broken}.",) if broken else (),
        binding={"oid": fact.oid, "broken": list(fact.broken)},
        shown=_shown(fact),
    )


def index_needs(stack: Stack, params: IndexParams) -> Sequence[FactQuery]:
    _check(stack, params.datastore)
    return (_relation(params, params.table),)


def plan_index(stack: Stack, params: IndexParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for a column that is not there."""
    query = _relation(params, params.table)
    fact = _found(facts, query, "table")
    _no_hypertable(fact)
    for column in params.columns:
        if column not in fact.columns:
            raise BadArgument(
                f"{fact.full_name} has no column {column!r}.", f"It has: {', '.join(fact.columns)}."
            )
    name = params.name or usual_name(fact.name, params.columns)
    place = {**_at(params), "schema_name": fact.schema_name, "name": name}
    step = Step(
        key="index",
        name=f"Make the index {name} while everybody works on",
        action="upkeep.create_index",
        args={**place, "table": fact.name, "columns": list(params.columns)},
        undo=ActionCall(action="upkeep.drop_index", args=place),
        idempotent=True,
    )
    return Plan(
        **_common(stack, params, "index"),
        summary=f"INDEX {_where(stack, params)} {fact.full_name} ({', '.join(params.columns)})",
        stages=((step,),),
        guards=_room(query, fact, fact.bytes // 2),
        affects=("Reading and writing go on; writes to the table do a little more from now.",),
        binding={"oid": fact.oid, "name": name},
        shown=(Line(label="Index", value=name), *_shown(fact)),
        undo_hint=f"/ops drop-index {stack.name} {params.datastore} {fact.schema_name}.{name}"
        + (f" --database {params.database}" if params.database else ""),
    )


def plan_drop(stack: Stack, params: DropIndexParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for an index that a constraint rests on."""
    fact = _found(facts, _relation(params, params.name), "index")
    if fact.constraint or fact.catalog:
        raise BadArgument(
            f"{fact.full_name} belongs to a constraint and goes only with it."
            if fact.constraint
            else f"{fact.full_name} is the server's own."
        )
    place = {**_at(params), "schema_name": fact.schema_name, "name": fact.name}
    step = Step(
        key="drop",
        name=f"Drop the index {fact.full_name}",
        action="upkeep.drop_index",
        args=place,
        undo=ActionCall(
            action="upkeep.create_again", args={**place, "definition": fact.definition}
        ),
        idempotent=True,
    )
    return Plan(
        **_common(stack, params, "drop-index"),
        summary=f"DROP INDEX {_where(stack, params)} {fact.full_name}",
        stages=((step,),),
        affects=("Reading and writing go on; what used the index is slower from now.",),
        notes=(f"It was: {fact.definition}",),
        binding={"oid": fact.oid, "definition": fact.definition},
        shown=_shown(fact),
    )


def usual_name(table: str, columns: Sequence[str]) -> str:
    """`papers_title_year_idx`, cut with a digest where PostgreSQL would cut it by itself."""
    name = "_".join((table, *columns, "idx"))
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return name.encode()[: _LONGEST_NAME - 13].decode(errors="ignore") + f"_{digest}_idx"


def _check(stack: Stack, datastore: str) -> None:
    if not is_postgres(stack, datastore):
        described_store(stack, datastore)


def _no_hypertable(fact: RelationFact) -> None:
    """TimescaleDB refuses to build concurrently over all chunks of a table."""
    if fact.hypertable:
        raise BadArgument(
            f"{fact.table} is a hypertable of TimescaleDB, whose indexes cannot be made or made "
            "anew while it is written to.",
            "Take its chunks one by one: they are tables of their own (`show_chunks`).",
        )


def _found(facts: Facts, query: FactQuery, kind: str) -> RelationFact:
    fact = RelationFact.model_validate(facts.of(query))
    if fact.kind != kind:
        article = "an" if fact.kind == "index" else "a"
        raise BadArgument(f"{fact.full_name} is {article} {fact.kind}, no {kind}.")
    return fact


def _room(query: FactQuery, fact: RelationFact, size: int) -> tuple[Guard, ...]:
    if fact.free_bytes is None:
        return ()
    needed = int(size * _TWICE)
    return (Guard(name="Room on the disk", query=query, field="free_bytes", at_least=needed),)


def _shown(fact: RelationFact) -> tuple[Line, ...]:
    dead = f", {fact.dead:,} dead" if fact.dead else ""
    about = f"{in_bytes(fact.bytes)}, about {counted(fact.rows, 'row')}{dead}"
    valid = "" if fact.valid else "; invalid, nobody uses it"
    return (Line(label=fact.kind.capitalize(), value=f"{fact.full_name}: {about}{valid}"),)


def _relation(params: Any, name: str) -> FactQuery:
    return FactQuery(fact="upkeep.relation", args={**_at(params), "name": name})


def _databases(params: VacuumParams) -> FactQuery:
    return FactQuery(fact="upkeep.databases", args=_at(params))


def _at(params: Any) -> JsonObject:
    return {"datastore": params.datastore, "database": params.database}


def _where(stack: Stack, params: Any) -> str:
    return f"{stack.environment}/{stack.name} {params.datastore}"


def _common(stack: Stack, params: Any, operation: str) -> dict[str, Any]:
    return {
        "operation": operation,
        "stack": stack.name,
        "environment": stack.environment,
        "risk": Risk.CHANGE,
        "params": params.model_dump(mode="json"),
        "resources": (
            Resource(kind="stack", name=stack.name),
            Resource(kind="datastore", name=f"{stack.name}/{params.datastore}", exclusive=True),
        ),
    }


VACUUM = Playbook(operation="vacuum", params=VacuumParams, needs=vacuum_needs, plan=plan_vacuum)
REINDEX = Playbook(
    operation="reindex", params=ReindexParams, needs=reindex_needs, plan=plan_reindex
)
INDEX = Playbook(operation="index", params=IndexParams, needs=index_needs, plan=plan_index)
DROP_INDEX = Playbook(
    operation="drop-index", params=DropIndexParams, needs=reindex_needs, plan=plan_drop
)
