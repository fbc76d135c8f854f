"""Incidents and their timelines, as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.database import locked
from bot.store.dialect import next_value, upsert
from bot.store.tables import counters, incidents, timeline
from playbooks.model.base import Model
from playbooks.respond.incident import Incident, IncidentState
from playbooks.respond.timeline import Entry

LIVE = (IncidentState.OPEN, IncidentState.MITIGATED)
"""States in which what happens belongs to it."""
_AT_ONCE = 1_000
_ORDER = (timeline.c.at, timeline.c.number)


class Place(Model):
    """How far its place in Slack is. `own`: it is to have a channel of its own, called `name`.

    `topic` is the one that was set, `asked` who is to be in it, `invited` who is, `pinned` the
    message that was pinned. `moved` counts the places that were lost; `problem` says why it is not
    where it should. `update` is what those who wait for news were told last.
    """

    own: bool
    name: str = ""
    topic: str = ""
    asked: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()
    pinned: str = ""
    moved: int = 0
    problem: str = ""
    update: str = ""


class Kept(Model):
    """An incident, its place, and when whoever tells others is to be reminded."""

    incident: Incident
    place: Place
    remind_at: datetime | None = None


def next_number(connection: sa.Connection) -> int:
    """1 for the first one."""
    return next_value(connection, counters, "incident")


def insert(connection: sa.Connection, kept: Kept, number: int, once: str | None) -> None:
    connection.execute(sa.insert(incidents).values(number=number, once=once, **_row(kept)))


def put(connection: sa.Connection, kept: Kept) -> None:
    """From now on it is like this. It is held."""
    values = _row(kept)
    connection.execute(sa.update(incidents).where(incidents.c.id == values["id"]).values(**values))


def incident(connection: sa.Connection, id_: str) -> Incident | None:
    kept = _one(connection, sa.select(incidents).where(incidents.c.id == id_))
    return None if kept is None else kept.incident


def hold(connection: sa.Connection, id_: str) -> Kept | None:
    """The incident, which nobody else changes until this transaction ends."""
    return _one(connection, locked(sa.select(incidents).where(incidents.c.id == id_)))


def get(connection: sa.Connection, id_: str) -> Kept | None:
    return _one(connection, sa.select(incidents).where(incidents.c.id == id_))


def get_once(connection: sa.Connection, once: str) -> Incident | None:
    """The incident that this delivery opened."""
    kept = _one(connection, sa.select(incidents).where(incidents.c.once == once))
    return None if kept is None else kept.incident


def page(
    connection: sa.Connection,
    states: Sequence[IncidentState] = (),
    stack: str | None = None,
    *,
    limit: int = 500,
) -> Sequence[Incident]:
    """The newest first, in these states or in all."""
    query = sa.select(incidents).order_by(incidents.c.number.desc()).limit(limit)
    if states:
        query = query.where(incidents.c.state.in_(states))
    if stack is not None:
        query = query.where(incidents.c.stack == stack)
    return [_kept(row).incident for row in connection.execute(query)]


def live(connection: sa.Connection, stacks: Sequence[str] | None = None) -> Sequence[Incident]:
    """Those that go on, of these stacks or of all; the oldest first."""
    query = sa.select(incidents).where(incidents.c.state.in_(LIVE)).order_by(incidents.c.number)
    if stacks is not None:
        query = query.where(incidents.c.stack.in_(sorted(set(stacks))))
    return [_kept(row).incident for row in connection.execute(query)]


def unsettled(connection: sa.Connection) -> Sequence[Kept]:
    """All that are not closed, with their places."""
    query = sa.select(incidents).where(incidents.c.state != IncidentState.CLOSED)
    return [_kept(row) for row in connection.execute(query.order_by(incidents.c.number))]


def at_place(
    connection: sa.Connection, channel: str, thread: str | None = None
) -> Sequence[Incident]:
    """Those that live in the channel (in this thread of it), closed ones too; newest first."""
    query = sa.select(incidents).where(incidents.c.channel == channel)
    if thread is not None:
        query = query.where(incidents.c.thread == thread)
    query = query.order_by(incidents.c.number.desc())
    return [_kept(row).incident for row in connection.execute(query.limit(_AT_ONCE))]


def to_remind(connection: sa.Connection, now: datetime) -> Sequence[str]:
    query = sa.select(incidents.c.id).where(incidents.c.remind_at <= now)
    return list(connection.execute(query.order_by(incidents.c.number)).scalars())


def add(connection: sa.Connection, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Writes the entries that are not there yet; which ones those were."""
    added: list[Entry] = []
    for at in range(0, len(entries), _AT_ONCE):
        part = entries[at : at + _AT_ONCE]
        statement = (
            upsert(connection, timeline)
            .values([each.model_dump(mode="python") for each in part])
            .on_conflict_do_nothing(index_elements=["incident", "key"])
            .returning(timeline.c.incident, timeline.c.key)
        )
        new = {(row.incident, row.key) for row in connection.execute(statement)}
        added += [each for each in part if (each.incident, each.key) in new]
    return added


def change(connection: sa.Connection, entry: Entry) -> None:
    """The entry with its key is like this from now on."""
    values = entry.model_dump(mode="python", exclude={"incident", "key"})
    connection.execute(
        sa.update(timeline)
        .where(timeline.c.incident == entry.incident, timeline.c.key == entry.key)
        .values(**values)
    )


def with_key(connection: sa.Connection, key: str) -> Sequence[Entry]:
    """The entries that came from there, in whichever incidents."""
    query = sa.select(timeline).where(timeline.c.key == key).order_by(timeline.c.number)
    return [_entry(row) for row in connection.execute(query).mappings()]


def messages(connection: sa.Connection, incident_id: str) -> Sequence[Entry]:
    """The newest of those that are followed, whose keys are `message:CHANNEL:TS`."""
    query = sa.select(timeline).where(
        timeline.c.incident == incident_id, timeline.c.key.like("message:%")
    )
    found = connection.execute(query.order_by(timeline.c.at.desc()).limit(_AT_ONCE)).mappings()
    return [_entry(row) for row in found]


def has(connection: sa.Connection, incident_id: str, key: str) -> bool:
    """Whether its timeline has this already."""
    query = sa.select(timeline.c.number).where(
        timeline.c.incident == incident_id, timeline.c.key == key
    )
    return connection.execute(query).first() is not None


def entry(connection: sa.Connection, incident_id: str, key: str) -> Entry:
    """The entry with this key, which is there."""
    query = sa.select(timeline).where(timeline.c.incident == incident_id, timeline.c.key == key)
    return _entry(connection.execute(query).mappings().one())


def count(connection: sa.Connection, incident_id: str) -> int:
    query = sa.select(sa.func.count()).where(timeline.c.incident == incident_id)
    return int(connection.execute(query).scalar_one())


def entries(
    connection: sa.Connection, incident_id: str, *, offset: int = 0, limit: int | None = None
) -> Sequence[Entry]:
    """In the order in which it happened, from the `offset`-th on, `limit` of them or all."""
    if limit is None and not offset:
        query = sa.select(timeline).where(timeline.c.incident == incident_id)
        rows = connection.execute(query.order_by(*_ORDER)).mappings()
        return [_entry(row) for row in rows]
    # SQLite knows no offset without a limit.
    return _chosen(connection, incident_id, _ORDER, offset, 2**31 if limit is None else limit)


def newest(
    connection: sa.Connection, incident_id: str, *, skip: int = 0, limit: int
) -> Sequence[Entry]:
    """The last `limit` entries before the `skip` newest ones, in the order in which it happened."""
    order = tuple(column.desc() for column in _ORDER)
    return _chosen(connection, incident_id, order, skip, limit)


def _chosen(
    connection: sa.Connection, incident_id: str, order: Sequence[Any], offset: int, limit: int
) -> Sequence[Entry]:
    """Which ones they are is found in the index alone, however many come before."""
    chosen = (
        sa.select(timeline.c.number)
        .where(timeline.c.incident == incident_id)
        .order_by(*order)
        .limit(limit)
        .offset(offset)
    )
    numbers = list(connection.execute(chosen).scalars())
    query = sa.select(timeline).where(timeline.c.number.in_(numbers))
    return [_entry(row) for row in connection.execute(query.order_by(*_ORDER)).mappings()]


def _row(kept: Kept) -> dict[str, Any]:
    each = kept.incident
    return {
        "id": each.id,
        "stack": each.stack,
        "state": each.state.value,
        "opened_at": each.opened_at,
        "channel": each.channel,
        "thread": each.thread,
        "data": each.model_dump(mode="json"),
        "place": kept.place.model_dump(mode="json"),
        "remind_at": kept.remind_at,
    }


def _one(connection: sa.Connection, query: sa.Select[Any]) -> Kept | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row)


def _kept(row: Any) -> Kept:
    return Kept(
        incident=Incident.model_validate(row.data),
        place=Place.model_validate(row.place),
        remind_at=row.remind_at,
    )


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry.model_validate({name: row[name] for name in Entry.model_fields})
