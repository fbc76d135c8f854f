"""Gives queued runs their locks, first come first served, and says which runs should be at work."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.engine.carried import Equipment
from bot.engine.locks import Allotment, Ticket, allot, displaced, wanted
from bot.ledger import Ledger
from bot.steering import end_queued
from bot.store import locks, requests, runs
from notifiers.ports import Lane
from playbooks.model.request import RunState

_GO_FIRST = frozenset({"restore", "recover"})


@dataclass(frozen=True)
class Attempt:
    """An attempt of a run that should be at work."""

    run: str
    number: int

    @property
    def workflow(self) -> str:
        return f"{self.run}.{self.number}"


def dispatch(house: Equipment) -> Sequence[Attempt]:
    """Grants what can be granted; answers every run that holds its locks and has not ended."""
    ledger = house.ledger
    with ledger.database.read() as connection:
        queued = runs.in_state(connection, RunState.QUEUED)
    if queued:
        with ledger.database.write() as connection:
            granted = _grant(ledger, connection)
        for _ in granted:
            house.failpoints.passing("run:locked")
        house.bell.ring()
    with ledger.database.read() as connection:
        return [Attempt(run, n) for run, n in runs.in_state(connection, RunState.RUNNING)]


def _grant(ledger: Ledger, connection: sa.Connection) -> Sequence[str]:
    queued = [run for run, _ in runs.in_state(connection, RunState.QUEUED)]
    without = _queue_up(connection, queued)
    _give_way(ledger, connection)
    tickets = locks.tickets(connection)
    allotment = allot(tickets)
    granted = [*without, *(run for run in allotment.granted if run in queued)]
    for run in granted:
        _begin(ledger, connection, run)
    _say_who_waits(ledger, connection, tickets, allotment)
    return granted


def _queue_up(connection: sa.Connection, queued: Sequence[str]) -> Sequence[str]:
    """Tickets for those who have none; answers those who need no locks at all."""
    have = {ticket.run for ticket in locks.tickets(connection)}
    without = []
    for run in queued:
        request = requests.get(connection, run)
        holds = wanted(request.plan.resources) if request else {}
        if not holds:
            without.append(run)
        elif run not in have:
            locks.queue(connection, run, holds)
    return without


def _give_way(ledger: Ledger, connection: sa.Connection) -> None:
    """A restore is not kept waiting by a scheduled backup that has not begun either."""
    tickets = locks.tickets(connection)
    found = {
        t.run: request
        for t in tickets
        if not t.granted and (request := requests.get(connection, t.run))
    }
    restores = {run for run, request in found.items() if request.plan.operation in _GO_FIRST}
    yielding = {
        run
        for run, request in found.items()
        if request.plan.operation == "backup" and request.origin == "schedule"
    }
    for run, restore in displaced(tickets, restores, yielding).items():
        row = runs.row_locked(connection, run)
        if row is not None and row["state"] == RunState.QUEUED.value:
            first = found[restore].plan.operation.capitalize()
            why = f"{first} {restore} goes first; the schedule's next backup comes as planned."
            end_queued(ledger, connection, found[run], "engine", why)


def _begin(ledger: Ledger, connection: sa.Connection, run: str) -> None:
    row = runs.row_locked(connection, run)
    if row is None or row["state"] != RunState.QUEUED.value:
        return
    now = ledger.now()
    locks.grant(connection, run, now)
    runs.change(connection, run, state=RunState.RUNNING.value, started_at=now, waiting_for="")
    request = requests.get(connection, run)
    if request is not None:
        ledger.audit(connection, "run.started", "engine", request)
    ledger.want_card(connection, run)


def _say_who_waits(
    ledger: Ledger, connection: sa.Connection, tickets: Sequence[Ticket], allotment: Allotment
) -> None:
    by_run = {ticket.run: ticket for ticket in tickets}
    for run, blocker in allotment.waiting.items():
        row = runs.row(connection, run)
        sentence = _sentence(connection, by_run[blocker])
        if row is not None and row["waiting_for"] != sentence:
            runs.change(connection, run, waiting_for=sentence)
            ledger.want_card(connection, run, Lane.PROGRESS)


def _sentence(connection: sa.Connection, blocker: Ticket) -> str:
    request = requests.get(connection, blocker.run)
    what = f"{request.plan.operation} {blocker.run}" if request else blocker.run
    if blocker.uncertain:
        return f"{what}, which is uncertain and waits for an answer"
    return f"{what}, which {'is running' if blocker.granted else 'came earlier'}"
