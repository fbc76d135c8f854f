"""What a run meant to do and what came of it, one row a fact, never changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import journal, requests
from playbooks.model.base import JsonObject, Model

Phase = Literal["do", "undo", "owed", "run"]
Kind = Literal["intent", "output", "failed", "stopped", "not_done", "uncertain", "settled"]
_PAGE = 50


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


def published(connection: sa.Connection, stack: str) -> Iterator[tuple[str, JsonObject]]:
    """Ids of the backups that runs of the stack published, newest first, each with what its run
    meant to do when it opened the backup."""
    begun = journal.alias("begun")
    query = (
        sa.select(journal.c.body["id"].as_string().label("backup"), begun.c.body)
        .join(requests, requests.c.id == journal.c.run)
        .join(begun, begun.c.run == journal.c.run)
        .where(
            requests.c.stack == stack,
            *_is(journal, "publish", "output"),
            *_is(begun, "begin", "intent"),
        )
        .order_by(journal.c.number.desc())
    )
    for row in connection.execute(query, execution_options={"yield_per": _PAGE}):
        yield str(row.backup), row.body


def _is(table: sa.FromClause, step: str, kind: Kind) -> tuple[sa.ColumnElement[bool], ...]:
    columns = table.c
    return columns.phase == "do", columns.step == step, columns.kind == kind
