"""What a run meant to do and what came of it, one row a fact, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import journal
from playbooks.model.base import JsonObject, Model

Phase = Literal["do", "undo", "owed", "run"]
Kind = Literal["intent", "output", "failed", "stopped", "not_done", "uncertain", "settled"]


class Entry(Model):
    """One fact. `attempt` counts the tries of this step in this phase, from 1.

    An `intent` is noted before the effect. The others close it, except `uncertain`, which waits
    for `settled`.
    """

    phase: Phase
    step: str
    attempt: int
    kind: Kind
    at: datetime
    body: JsonObject = {}


def append(connection: sa.Connection, run: str, entry: Entry) -> None:
    """Notes the fact. Noting the same one again changes nothing."""
    connection.execute(
        upsert(connection, journal)
        .values(run=run, **entry.model_dump())
        .on_conflict_do_nothing(index_elements=["run", "phase", "step", "attempt", "kind"])
    )


def of_run(connection: sa.Connection, run: str) -> Sequence[Entry]:
    """Oldest first."""
    query = sa.select(journal).where(journal.c.run == run).order_by(journal.c.number)
    return [
        Entry(phase=r.phase, step=r.step, attempt=r.attempt, kind=r.kind, at=r.at, body=r.body)
        for r in connection.execute(query).all()
    ]
