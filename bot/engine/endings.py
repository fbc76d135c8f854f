"""How a run ends, and how it asks: the transactions that say so."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from bot.engine.carried import Carried
from bot.engine.saying import bring_into_threads
from bot.engine.story import Turn
from bot.oncall.news import News
from bot.store import locks, promises, requests, runs
from notifiers.ports import Lane
from notifiers.views.attention import uncertain
from playbooks.model.plan import Plan
from playbooks.model.request import RunState

_TAKEN_BACK = {
    "undone": RunState.UNDONE,
    "cancelled": RunState.CANCELLED,
    "aborted": RunState.UNDONE,
}


@dataclass(frozen=True)
class Ending:
    """How it ended, and one sentence for people."""

    state: RunState
    outcome: str

    def leaving(self, what: str) -> "Ending":
        """The same ending, but something is left that a person must put right."""
        outcome = f"{self.outcome} Left to do by hand: {what}".strip()
        return replace(self, state=RunState.FAILED, outcome=outcome)


def taken_back(turn: Turn, plan: Plan) -> Ending:
    """Where nothing had to be taken back, what failed has just failed."""
    if turn.ending == "undone" and not any(step.undo for step in plan.steps):
        return Ending(RunState.FAILED, turn.why)
    return Ending(_TAKEN_BACK[turn.ending], f"{turn.why} What was done is undone.")


def gave_up(turn: Turn) -> Ending:
    """Past the point of no return nothing is taken back."""
    why = f"{turn.why} It is past the point of no return, so nothing was taken back."
    return Ending(RunState.FAILED, why)


def stuck(turn: Turn, step: str, why: str) -> Ending:
    outcome = f"{turn.why} Undoing “{step}” failed as well: {why}"
    return Ending(RunState.FAILED, f"{outcome} What was done before that step is still there.")


def end(carried: Carried, ending: Ending) -> None:
    """The outcome, the audit, the card, the message to the requester, and the locks are free."""
    ledger, run = carried.house.ledger, carried.run
    outcome = ledger.redactor.redact(ending.outcome)
    bring_into_threads(ledger, run)
    custody = [each["custody"] for each in carried.story().outputs().values() if "custody" in each]
    with ledger.database.write() as connection:
        row = runs.row_locked(connection, run)
        if row is None or RunState(row["state"]).ended:
            return
        runs.change(
            connection,
            run,
            state=ending.state.value,
            ended_at=ledger.now(),
            outcome=outcome,
            waiting_for="",
            uncertain_step=None,
        )
        locks.release(connection, run)
        _promise(carried, connection, ending)
        kind = f"run.{ending.state.value}"
        ledger.audit(connection, kind, "engine", carried.request, outcome=outcome)
        for kept in custody:
            # Who gathered evidence, when, and what it was then: the beginning of its custody.
            gatherer = carried.request.requester
            ledger.audit(connection, "evidence.kept", gatherer, carried.request, custody=kept)
        ledger.board.clear(run)
        ledger.want_finished(connection, carried.request)
    carried.house.bell.ring()


def _promise(carried: Carried, connection: sa.Connection, ending: Ending) -> None:
    """What is to happen by itself afterwards is remembered with the success, or not at all."""
    later = promises.promised(carried.request, carried.house.ledger.now())
    if later is not None and ending.state is RunState.SUCCEEDED:
        promises.make(connection, later)


def ask(carried: Carried, key: str, name: str, why: str) -> None:
    """The run keeps its locks and waits for Retry, Accept or Abort."""
    ledger, run = carried.house.ledger, carried.run
    why = ledger.redactor.redact(why)
    with ledger.database.write() as connection:
        row = runs.row_locked(connection, run)
        if row is None or row["state"] != RunState.RUNNING.value:
            return
        runs.change(connection, run, state=RunState.UNCERTAIN.value, uncertain_step=key)
        count = runs.next_uncertainty(connection, run)
        ledger.audit(connection, "run.uncertain", "engine", carried.request, step=key, why=why)
        state = ledger.want_card(connection, run, Lane.CRITICAL)
        request = requests.get(connection, run) or carried.request
        notice = f"run:{run}:uncertain:{count}"
        body = uncertain(state, name, why)
        ledger.want_notice(connection, notice, request, body, Lane.CRITICAL)
        plan = request.plan
        ledger.notify(
            connection,
            News(
                event="run.uncertain",
                key=notice,
                stack=plan.stack,
                severity="critical",
                title=f"{plan.environment}/{plan.stack}: run {run} ({plan.operation}) is uncertain",
                text=f"Nobody knows how the step {name!r} went: {why}\nRetry, accept or abort it.",
                channel=request.channel,
            ),
        )
    carried.house.bell.ring()
