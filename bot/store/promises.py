"""What is to happen by itself after a run, as rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import promises
from playbooks.model.base import JsonObject, Model
from playbooks.model.request import Request

PromiseState = Literal["open", "kept", "dropped"]


class Promise(Model):
    """`run` is the one that succeeded and that `person` asked for. An open one is to be kept, a
    kept one was asked for, a dropped one had nothing left to do; `why` explains."""

    run: str
    stack: str
    operation: str
    params: JsonObject
    person: str
    due_at: datetime
    state: PromiseState = "open"
    why: str = ""


def promised(request: Request, ended: datetime) -> Promise | None:
    """What a request whose run has succeeded leaves to be done later."""
    plan, run = request.plan, request.id
    later = plan.afterwards
    if later is None:
        return None
    params = {
        key: value.replace("{run}", run) if isinstance(value, str) else value
        for key, value in later.params.items()
    }
    return Promise(
        run=run,
        stack=plan.stack,
        operation=later.operation,
        params=params,
        person=request.requester,
        due_at=ended + timedelta(seconds=later.seconds),
    )


def make(connection: sa.Connection, promise: Promise) -> None:
    """One that is made already stays as it is."""
    insert = upsert(connection, promises).values(**promise.model_dump())
    connection.execute(insert.on_conflict_do_nothing())


def due(connection: sa.Connection, now: datetime) -> Sequence[Promise]:
    """Open ones whose time has come, oldest first."""
    return _rows(connection, _open().where(promises.c.due_at <= now))


def open_ones(connection: sa.Connection, stack: str) -> Sequence[Promise]:
    return _rows(connection, _open().where(promises.c.stack == stack))


def next_due(connection: sa.Connection) -> datetime | None:
    first = connection.execute(_open().limit(1)).mappings().first()
    return first["due_at"] if first else None


def settle(connection: sa.Connection, run: str, state: PromiseState, why: str = "") -> None:
    _change(connection, run, state=state, why=why)


def explain(connection: sa.Connection, run: str, why: str) -> bool:
    """Why it has to wait. False when that is known."""
    done = connection.execute(
        sa.update(promises)
        .where(promises.c.run == run, promises.c.state == "open", promises.c.why != why)
        .values(why=why)
    )
    return bool(done.rowcount)


def _open() -> sa.Select[tuple[object, ...]]:
    return sa.select(promises).where(promises.c.state == "open").order_by(promises.c.due_at)


def _change(connection: sa.Connection, run: str, **values: object) -> None:
    connection.execute(
        sa.update(promises)
        .where(promises.c.run == run, promises.c.state == "open")
        .values(**values)
    )


def _rows(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> Sequence[Promise]:
    return [Promise.model_validate(dict(row)) for row in connection.execute(query).mappings()]
