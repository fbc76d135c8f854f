"""Stopping a run, and answering what it asks, inside the caller's transaction."""

from typing import Literal

import sqlalchemy as sa

from bot.engine.story import Story
from bot.ledger import Ledger
from bot.store import journal, locks, runs
from bot.store.journal import Entry
from notifiers.ports import Lane
from notifiers.views.values import spoken
from playbooks.errors import Refused
from playbooks.model.request import Request, RunState

Decision = Literal["retry", "accept", "abort"]


def cancel_run(
    ledger: Ledger, connection: sa.Connection, request: Request, by: str
) -> Refused | None:
    """A queued run ends at once; a running one stops at the next safe place."""
    row = runs.row_locked(connection, request.id)
    state = RunState(row["state"]) if row else None
    if row is None or state is None or state.ended:
        return Refused(f"It is over: {state.value if state else request.state.value}.")
    if state is RunState.UNCERTAIN:
        return settle_run(ledger, connection, request, by, "abort")
    if state is RunState.QUEUED:
        end_queued(ledger, connection, request, by, "It had not begun; nothing was done.")
        return None
    return _stop_running(ledger, connection, request, by)


def settle_run(
    ledger: Ledger, connection: sa.Connection, request: Request, by: str, decision: Decision
) -> Refused | None:
    """Answers the open question; the run goes on as a new attempt."""
    row = runs.row_locked(connection, request.id)
    if row is None or row["state"] != RunState.UNCERTAIN.value:
        return Refused("Nothing is uncertain here; somebody may have answered already.")
    story = Story.of(journal.of_run(connection, request.id))
    question = story.open_question()
    if question is None:
        return Refused("Nothing is uncertain here; somebody may have answered already.")
    phase, step = question
    entry = Entry(
        phase=phase,
        step=step,
        attempt=story.attempt(phase, step),
        kind="settled",
        at=ledger.now(),
        body={"decision": decision, "by": by},
    )
    journal.append(connection, request.id, entry)
    runs.change(
        connection,
        request.id,
        state=RunState.RUNNING.value,
        attempt=row["attempt"] + 1,
        uncertain_step=None,
    )
    ledger.audit(connection, f"run.{decision}", by, request, step=step)
    ledger.want_card(connection, request.id, Lane.CRITICAL)
    return None


def end_queued(
    ledger: Ledger, connection: sa.Connection, request: Request, by: str, outcome: str
) -> None:
    """A run that waits for its turn will not have one; `outcome` says why."""
    runs.change(
        connection,
        request.id,
        state=RunState.CANCELLED.value,
        ended_at=ledger.now(),
        cancel_requested_by=by,
        waiting_for="",
        outcome=outcome,
    )
    locks.release(connection, request.id)
    ledger.audit(connection, "run.cancelled", by, request)
    ledger.want_finished(connection, request)


def _stop_running(
    ledger: Ledger, connection: sa.Connection, request: Request, by: str
) -> Refused | None:
    story = Story.of(journal.of_run(connection, request.id))
    if story.past_return(request.plan):
        undo = spoken(request.plan, request.id).undo_hint
        hint = f"To take it back afterwards: `{undo}`." if undo else ""
        return Refused("Too late: it is past the point of no return and finishes by itself.", hint)
    runs.change(connection, request.id, cancel_requested_by=by)
    ledger.audit(connection, "run.cancel-requested", by, request)
    ledger.board.stop(request.id)
    ledger.want_card(connection, request.id, Lane.CRITICAL)
    return None
