"""Makes the plan again under the locks; what is no longer true voids the run before any effect."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from bot.deploy_locks import locked_against
from bot.engine.carried import Carried, Equipment
from bot.requesting import Wish, open_request
from bot.store import locks, requests, runs
from notifiers.ports import Lane
from notifiers.views.attention import asked_anew
from playbooks.errors import FactUnavailable, InterlockError
from playbooks.gate.changes import differences, policy_changed
from playbooks.gate.verdict import may_still_run
from playbooks.model.plan import Guard, Plan
from playbooks.model.request import Request, RequestState, RunState


@dataclass(frozen=True)
class Objection:
    """Why the run must not begin, in sentences, and the plan of now, where one could be made."""

    reasons: tuple[str, ...]
    plan: Plan | None


def recheck(carried: Carried) -> Objection | None:
    """Reads the facts again. None: the plan that was approved is still the plan."""
    ledger, request = carried.house.ledger, carried.request
    try:
        plan = _plan_again(carried)
    except InterlockError as error:
        return Objection((f"The plan cannot be made any more: {error}",), None)
    with ledger.database.read() as connection:
        lock = locked_against(connection, plan, request.requester)
    if lock is not None:
        return Objection(
            (f"{lock.person} has locked deploys of {plan.stack}: {lock.reason}.",), None
        )
    freeze = ledger.policy.freeze_on(plan, ledger.now())
    if freeze is not None:
        return Objection((f"{plan.stack} is frozen: {freeze.reason}.",), None)
    reasons = (
        *_stale(carried),
        *policy_changed(request.policy_version, ledger.policy.version),
        *differences(request.plan, plan),
        *_unmet(carried, plan),
    )
    same = plan.digest(ledger.policy.version) == request.digest
    if not reasons and not same:
        reasons = ("The plan of now differs from the one that was approved.",)
    return Objection(reasons, plan) if reasons else None


def make_void(carried: Carried, objection: Objection) -> None:
    """Ends the run before its first effect and, where that makes sense, asks anew."""
    house, ledger = carried.house, carried.house.ledger
    reasons = tuple(ledger.redactor.redact(reason) for reason in objection.reasons)
    objection = replace(objection, reasons=reasons)
    with ledger.database.write() as connection:
        request = requests.get_locked(connection, carried.run)
        row = runs.row_locked(connection, carried.run)
        if request is None or row is None or RunState(row["state"]).ended:
            return
        _end(carried, connection, request, " ".join(objection.reasons))
        anew = _ask_anew(house, connection, request, objection)
        if anew is not None:
            requests.supersede(connection, request.id, anew.id)
            _tell_anew(house, connection, request, anew, objection)
        ledger.want_card(connection, request.id)
        if anew is None:
            ledger.want_finished(connection, request)
    ledger.board.clear(carried.run)
    house.bell.ring()


def _plan_again(carried: Carried) -> Plan:
    old = carried.request.plan
    playbook = carried.house.playbooks.get(old.operation)
    if playbook is None:
        raise InterlockError(f"There is no operation {old.operation!r} any more.")
    params = playbook.params.model_validate(old.params)
    facts = carried.house.facts.read(carried.stack, playbook.needs(carried.stack, params))
    return playbook.plan(carried.stack, params, facts)


def _stale(carried: Carried) -> tuple[str, ...]:
    with carried.house.ledger.database.read() as connection:
        row = runs.row(connection, carried.run)
    now = carried.house.ledger.now()
    if row is None or may_still_run(carried.request, row["queued_at"], now):
        return ()
    minutes = carried.request.run_within_seconds // 60
    return (f"It was approved more than {minutes} min before it could begin.",)


def _unmet(carried: Carried, plan: Plan) -> tuple[str, ...]:
    facts = carried.house.facts.read(carried.stack, [guard.query for guard in plan.guards])
    reasons = []
    for guard in plan.guards:
        try:
            found = facts.of(guard.query).get(guard.field)
        except FactUnavailable as error:
            reasons.append(f"{guard.name}: {error}")
            continue
        if not isinstance(found, (int, float)) or found < guard.at_least:
            reasons.append(_unmet_guard(guard, found))
    return tuple(reasons)


def _unmet_guard(guard: Guard, found: object) -> str:
    return f"{guard.name}: {guard.field} is {found}, it takes at least {guard.at_least}."


def _end(carried: Carried, connection: sa.Connection, request: Request, why: str) -> None:
    ledger, now = carried.house.ledger, carried.house.ledger.now()
    runs.change(
        connection,
        request.id,
        state=RunState.VOID.value,
        ended_at=now,
        waiting_for="",
        outcome=why,
    )
    requests.close(connection, request.id, RequestState.VOID, now, by="", reason="")
    locks.release(connection, request.id)
    ledger.audit(connection, "run.void", "engine", request, why=why)


def _ask_anew(
    house: Equipment, connection: sa.Connection, request: Request, objection: Objection
) -> Request | None:
    """A new request for the plan of now. What needs no approval would begin by itself and could
    go round in circles, so that is asked once more only, and only for a plan that differs."""
    plan = objection.plan
    rule = house.ledger.policy.rule_for(plan) if plan else None
    if plan is None or rule is None or plan.nothing_to_do:
        return None
    if rule.undrilled_approvals is None and rule.undrilled(plan, house.ledger.now()):
        return None
    same = plan.digest(house.ledger.policy.version) == request.digest
    if rule.approvals == 0 and (same or request.supersedes is not None):
        return None
    wish = Wish(
        requester=request.requester,
        slack=request.requester_slack,
        typed=request.typed,
        origin=request.origin,
        supersedes=request.id,
        card=request.channel,
        incident=request.for_incident,
    )
    plan = plan.model_copy(update={"resort": request.plan.resort})
    return open_request(house.ledger, connection, plan, rule, wish)


def _tell_anew(
    house: Equipment,
    connection: sa.Connection,
    request: Request,
    anew: Request,
    objection: Objection,
) -> None:
    ledger = house.ledger
    state = ledger.card_state(ledger.dossier(connection, anew))
    body = asked_anew(state, request.id, objection.reasons)
    ledger.want_notice(connection, f"request:{anew.id}:asked-anew", anew, body, Lane.APPROVAL)
