"""Rounds of routines, as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.database import locked
from bot.store.dialect import upsert
from bot.store.tables import routine_rounds
from playbooks.respond.routine import Round, RoundState


def add(connection: sa.Connection, round_: Round) -> bool:
    """False when there is one of that id already, which stays as it is."""
    insert = upsert(connection, routine_rounds).values(**_row(round_)).on_conflict_do_nothing()
    return bool(connection.execute(insert).rowcount)


def put(connection: sa.Connection, round_: Round) -> None:
    """How it is from now on."""
    connection.execute(
        sa.update(routine_rounds).where(routine_rounds.c.id == round_.id).values(**_row(round_))
    )


def get(connection: sa.Connection, id_: str) -> Round | None:
    return _one(connection, sa.select(routine_rounds.c.data).where(routine_rounds.c.id == id_))


def hold(connection: sa.Connection, id_: str) -> Round | None:
    """As `get`; nobody else changes it until this transaction ends."""
    query = sa.select(routine_rounds.c.data).where(routine_rounds.c.id == id_)
    return _one(connection, locked(query))


def latest(connection: sa.Connection, stack: str, routine: str) -> Round | None:
    """The round that was begun last, those left out that were missed."""
    query = (
        sa.select(routine_rounds.c.data)
        .where(
            routine_rounds.c.stack == stack,
            routine_rounds.c.routine == routine,
            routine_rounds.c.state != RoundState.MISSED.value,
        )
        .order_by(routine_rounds.c.begun_at.desc(), routine_rounds.c.id.desc())
        .limit(1)
    )
    return _one(connection, query)


def begun(connection: sa.Connection) -> Sequence[Round]:
    """Those that are still to be looked at, oldest first."""
    query = sa.select(routine_rounds.c.data).where(routine_rounds.c.state == RoundState.BEGUN.value)
    return _all(connection, query.order_by(routine_rounds.c.begun_at))


def since(connection: sa.Connection, stack: str, moment: datetime) -> Sequence[Round]:
    """The stack's rounds that were due since then, oldest first."""
    query = sa.select(routine_rounds.c.data).where(
        routine_rounds.c.stack == stack, routine_rounds.c.due >= moment
    )
    return _all(connection, query.order_by(routine_rounds.c.due))


def _row(round_: Round) -> dict[str, Any]:
    return {
        "id": round_.id,
        "stack": round_.stack,
        "routine": round_.routine,
        "due": round_.due,
        "begun_at": round_.begun_at,
        "state": round_.state.value,
        "data": round_.model_dump(mode="json"),
    }


def _one(connection: sa.Connection, query: sa.Select[tuple[Any]]) -> Round | None:
    found = connection.execute(query).scalar_one_or_none()
    return Round.model_validate(found) if found is not None else None


def _all(connection: sa.Connection, query: sa.Select[tuple[Any]]) -> Sequence[Round]:
    return [Round.model_validate(each) for each in connection.execute(query).scalars()]
