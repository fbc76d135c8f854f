"""What people changed of rotas, and the newest copies of calendars, as rows."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.store.dialect import upsert
from bot.store.tables import oncall_calendars, oncall_overrides
from playbooks.model.base import Model
from playbooks.respond.rota import Override


class CalendarCopy(Model):
    """An iCal file as it was when it could last be read; `problem` says why not since."""

    rota: str
    text: str
    read_at: datetime
    problem: str = ""


def overrides(connection: sa.Connection, rota: str, since: datetime) -> Sequence[Override]:
    """Those that end later than that."""
    query = sa.select(oncall_overrides).where(
        oncall_overrides.c.rota == rota, oncall_overrides.c.ends > since
    )
    found = connection.execute(query.order_by(oncall_overrides.c.at)).mappings()
    return [Override.model_validate(dict(row)) for row in found]


def add(connection: sa.Connection, changes: Sequence[Override]) -> None:
    rows = [each.model_dump() for each in changes]
    connection.execute(sa.insert(oncall_overrides), rows)


def end(connection: sa.Connection, pair: str, now: datetime) -> None:
    """From now on they count no more; what was is kept."""
    mine = oncall_overrides.c.pair == pair
    begun = sa.update(oncall_overrides).where(mine, oncall_overrides.c.begins <= now)
    connection.execute(begun.values(ends=now))
    rest = sa.update(oncall_overrides).where(mine, oncall_overrides.c.begins > now)
    connection.execute(rest.values(ends=oncall_overrides.c.begins))


def calendar(connection: sa.Connection, rota: str) -> CalendarCopy | None:
    query = sa.select(oncall_calendars).where(oncall_calendars.c.rota == rota)
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else CalendarCopy.model_validate(dict(found))


def put_calendar(connection: sa.Connection, copy: CalendarCopy) -> None:
    values = copy.model_dump()
    newest = upsert(connection, oncall_calendars).values(**values)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[oncall_calendars.c.rota],
            set_={name: newest.excluded[name] for name in values if name != "rota"},
        )
    )
