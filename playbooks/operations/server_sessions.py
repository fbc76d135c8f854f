"""Cancel a query or terminate a session of a PostgreSQL server: the very one that was looked at."""

from collections.abc import Callable, Sequence
from datetime import datetime

from playbooks.datastores.postgres_stores import described_store, is_postgres
from playbooks.datastores.upkeep_model import SessionFact
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject, Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line, Plan, Resource, Risk, Step
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.spans import brief

_CLIENTS = frozenset({"client backend", "autovacuum worker", "parallel worker"})


class SessionParams(Model):
    """A process of the server."""

    datastore: str
    pid: int


def needs(stack: Stack, params: SessionParams) -> Sequence[FactQuery]:
    if not is_postgres(stack, params.datastore):
        described_store(stack, params.datastore)
    return (_query(params),)


def plan_cancel(stack: Stack, params: SessionParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for a process that runs no query."""
    fact = _fact(facts, params)
    args = {**_args(params, fact), "query_started": _iso(fact.query_started)}
    if fact.state != "active":
        return _plan(stack, params, fact, None)
    step = Step(
        key="cancel",
        name=f"Cancel the query of session {fact.pid}",
        action="upkeep.cancel",
        args=args,
        idempotent=True,
    )
    return _plan(stack, params, fact, step)


def plan_terminate(stack: Stack, params: SessionParams, facts: Facts) -> Plan:
    """Raises FactUnavailable, and BadArgument for a process of the server's own."""
    fact = _fact(facts, params)
    step = Step(
        key="terminate",
        name=f"Terminate session {fact.pid}",
        action="upkeep.terminate",
        args=_args(params, fact),
        idempotent=True,
    )
    return _plan(stack, params, fact, step)


def _plan(stack: Stack, params: SessionParams, fact: SessionFact, step: Step | None) -> Plan:
    """Bound to when the process began (and its query, to cancel that): another of the same number
    is another plan."""
    terminates = step is not None and step.key == "terminate"
    verb = "TERMINATE" if terminates else "CANCEL QUERY"
    ours = "It is a session of Interlock's own." if _is_ours(fact) else ""
    nothing = f"Nothing to do: session {fact.pid} runs no query, it is {fact.state or 'idle'}."
    return Plan(
        operation="terminate" if terminates else "cancel-query",
        stack=stack.name,
        environment=stack.environment,
        summary=f"{verb} {stack.environment}/{stack.name} {params.datastore} {fact.pid}, "
        f"{_who(fact)}",
        risk=Risk.CHANGE,
        params=params.model_dump(),
        stages=((step,),) if step else (),
        resources=(Resource(kind="stack", name=stack.name),),
        affects=(_effect(terminates=terminates),) if step else (),
        notes=tuple(filter(None, ("" if step else nothing, ours))),
        binding={
            "pid": fact.pid,
            "started": _iso(fact.started),
            **({} if terminates or step is None else {"query": _iso(fact.query_started)}),
        },
        shown=(
            Line(label="Who", value=_who(fact)),
            Line(label="Database", value=fact.database or "none"),
            Line(label="State", value=f"{fact.state or 'unknown'} for {brief(fact.seconds)}"),
            Line(label="Transaction", value=f"open for {brief(fact.transaction_seconds)}"),
            Line(label="Query", value=fact.query),
        ),
    )


def _effect(*, terminates: bool) -> str:
    if terminates:
        return "Its transaction is rolled back, and its application loses the connection."
    return "Its query ends with an error, and its transaction is rolled back."


def _fact(facts: Facts, params: SessionParams) -> SessionFact:
    fact = SessionFact.model_validate(facts.of(_query(params)))
    if fact.kind not in _CLIENTS:
        raise BadArgument(
            f"{fact.pid} is the server's own {fact.kind}, which is left alone.",
            "`/ops db` with `active` shows sessions of clients.",
        )
    return fact


def _args(params: SessionParams, fact: SessionFact) -> JsonObject:
    return {"datastore": params.datastore, "pid": fact.pid, "started": _iso(fact.started)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _who(fact: SessionFact) -> str:
    name = f"{fact.user} {fact.application}".strip() or fact.kind
    return f"{name} from {fact.client}"


def _is_ours(fact: SessionFact) -> bool:
    return fact.application.startswith("interlock-")


def _query(params: SessionParams) -> FactQuery:
    return FactQuery(fact="upkeep.session", args=params.model_dump())


def _playbook(
    operation: str, plan: Callable[[Stack, SessionParams, Facts], Plan]
) -> Playbook[SessionParams]:
    return Playbook(operation=operation, params=SessionParams, needs=needs, plan=plan)


CANCEL_QUERY = _playbook("cancel-query", plan_cancel)
TERMINATE = _playbook("terminate", plan_terminate)
