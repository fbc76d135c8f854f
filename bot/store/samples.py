"""Samples of what services and hosts used, as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import samples
from playbooks.model.trend import Sample


def keep(connection: sa.Connection, taken: Iterable[tuple[str, Sample]]) -> None:
    """Notes the samples, each with the name of its stack."""
    for stack, sample in taken:
        values = {"stack": stack, "at": sample.at, "body": sample.model_dump(exclude={"at"})}
        connection.execute(upsert(connection, samples).values(**values).on_conflict_do_nothing())


def since(connection: sa.Connection, stack: str, moment: datetime) -> Sequence[Sample]:
    """Those of the stack later than that, oldest first."""
    query = (
        sa.select(samples.c.at, samples.c.body)
        .where(samples.c.stack == stack, samples.c.at > moment)
        .order_by(samples.c.at)
    )
    return [Sample(at=at, **body) for at, body in connection.execute(query)]


def forget(connection: sa.Connection, before: datetime) -> int:
    """Removes those that are older; how many there were."""
    return connection.execute(sa.delete(samples).where(samples.c.at < before)).rowcount
