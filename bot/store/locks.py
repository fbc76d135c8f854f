"""Locks on resources, as rows: queued with a ticket, granted with an epoch, kept by a heartbeat."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.engine.locks import Ticket
from bot.store.dialect import next_value
from bot.store.tables import counters, locks, runs
from playbooks.model.request import RunState


def queue(connection: sa.Connection, run: str, holds: Mapping[str, bool]) -> None:
    """Gives the run its place behind all that came before."""
    if not holds:
        return
    ticket = next_value(connection, counters, "lock-ticket")
    connection.execute(
        sa.insert(locks),
        [
            {"resource": resource, "run": run, "exclusive": exclusive, "ticket": ticket}
            for resource, exclusive in sorted(holds.items())
        ],
    )


def tickets(connection: sa.Connection) -> Sequence[Ticket]:
    """Everybody who holds or waits."""
    query = sa.select(locks, runs.c.state).join(runs, runs.c.id == locks.c.run)
    holds: dict[str, dict[str, bool]] = {}
    rows = connection.execute(query).all()
    for row in rows:
        holds.setdefault(row.run, {})[row.resource] = row.exclusive
    by_run = {row.run: row for row in rows}
    return [
        Ticket(
            run=run,
            number=row.ticket,
            holds=holds[run],
            granted=row.granted_at is not None,
            uncertain=row.state == RunState.UNCERTAIN.value,
        )
        for run, row in by_run.items()
    ]


def grant(connection: sa.Connection, run: str, now: datetime) -> None:
    """All of the run's locks are its own from now on, under a new epoch."""
    epoch = next_value(connection, counters, "lock-epoch")
    connection.execute(
        sa.update(locks)
        .where(locks.c.run == run)
        .values(granted_at=now, heartbeat=now, epoch=epoch)
    )


def beat(connection: sa.Connection, held_by: Sequence[str], now: datetime) -> None:
    """The runs are alive."""
    connection.execute(
        sa.update(locks)
        .where(locks.c.run.in_(held_by), locks.c.granted_at.is_not(None))
        .values(heartbeat=now)
    )


def release(connection: sa.Connection, run: str) -> None:
    """Gives up what the run holds and its place in the queue."""
    connection.execute(sa.delete(locks).where(locks.c.run == run))
