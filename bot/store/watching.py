"""How watched services stand, what is wrong with them, how fast they answer: as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import conditions, latencies, standings
from playbooks.model.base import Model
from playbooks.model.watching import Condition, Latency

What = tuple[str, str, str]
"""A stack, a service of it, and a kind of condition."""
_WHAT = ("stack", "service", "kind")


class StandingRow(Model):
    """The last standing that is certain."""

    stack: str
    service: str
    up: bool
    since: datetime
    detail: str


def all_standings(connection: sa.Connection) -> Sequence[StandingRow]:
    rows = connection.execute(sa.select(standings)).mappings()
    return [StandingRow.model_validate(dict(row)) for row in rows]


def remember(connection: sa.Connection, row: StandingRow) -> None:
    values = row.model_dump()
    insert = upsert(connection, standings).values(**values)
    keys = [standings.c.stack, standings.c.service]
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=values))


def open_condition(
    connection: sa.Connection, what: What, detail: str, at: datetime
) -> Condition | None:
    """None when it is open already."""
    if _open(connection, what) is not None:
        return None
    values = dict(zip(_WHAT, what, strict=True)) | {"detail": detail, "opened_at": at}
    made = connection.execute(sa.insert(conditions).values(**values).returning(*conditions.c))
    return Condition.model_validate(dict(made.mappings().one()))


def close_condition(connection: sa.Connection, what: What, at: datetime) -> Condition | None:
    """None when it is not open."""
    found = _open(connection, what)
    if found is None:
        return None
    connection.execute(
        sa.update(conditions).where(conditions.c.number == found.number).values(closed_at=at)
    )
    return found.model_copy(update={"closed_at": at})


def open_conditions(connection: sa.Connection, stack: str | None = None) -> Sequence[Condition]:
    """Oldest first; of all stacks unless one is named."""
    query = sa.select(conditions).where(conditions.c.closed_at.is_(None))
    if stack is not None:
        query = query.where(conditions.c.stack == stack)
    rows = connection.execute(query.order_by(conditions.c.number)).mappings()
    return [Condition.model_validate(dict(row)) for row in rows]


def add_latencies(
    connection: sa.Connection, rows: Iterable[tuple[str, str, Latency]], forget: datetime
) -> None:
    """Those of the same minutes are summed; older ones than `forget` go."""
    for stack, service, latency in rows:
        insert = upsert(connection, latencies).values(
            stack=stack, service=service, **latency.model_dump()
        )
        new, keys = insert.excluded, [latencies.c.stack, latencies.c.service, latencies.c.at]
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=keys,
                set_={
                    "answers": latencies.c.answers + new.answers,
                    "failures": latencies.c.failures + new.failures,
                    "total_ms": latencies.c.total_ms + new.total_ms,
                    "most_ms": sa.case(
                        (new.most_ms > latencies.c.most_ms, new.most_ms),
                        else_=latencies.c.most_ms,
                    ),
                },
            )
        )
    connection.execute(sa.delete(latencies).where(latencies.c.at < forget))


def forget_conditions(connection: sa.Connection, before: datetime) -> None:
    """Those that were over by then."""
    connection.execute(sa.delete(conditions).where(conditions.c.closed_at < before))


def latencies_of(
    connection: sa.Connection, stack: str, service: str, since: datetime
) -> Sequence[Latency]:
    """Oldest first."""
    query = sa.select(latencies).where(
        latencies.c.stack == stack, latencies.c.service == service, latencies.c.at >= since
    )
    rows = connection.execute(query.order_by(latencies.c.at)).mappings()
    return [Latency.model_validate({k: row[k] for k in Latency.model_fields}) for row in rows]


def _open(connection: sa.Connection, what: What) -> Condition | None:
    stack, service, kind = what
    query = sa.select(conditions).where(
        conditions.c.stack == stack,
        conditions.c.service == service,
        conditions.c.kind == kind,
        conditions.c.closed_at.is_(None),
    )
    row = connection.execute(query).mappings().first()
    return Condition.model_validate(dict(row)) if row else None
