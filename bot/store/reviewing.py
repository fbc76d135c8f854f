"""Phases of incidents, reviews and what follows from them, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import locked
from bot.store.dialect import next_value, upsert
from bot.store.tables import checklists, counters, followups, incidents, reviews
from playbooks.respond.phases import Checklist
from playbooks.respond.review import FollowUp, Review


@dataclass(frozen=True)
class Held:
    """A checklist, and when its checks looked last."""

    checklist: Checklist
    looked_at: datetime | None = None


def without_checklist(connection: sa.Connection) -> Sequence[str]:
    """Incidents that have a place and no phases yet, oldest first."""
    query = (
        sa.select(incidents.c.id)
        .outerjoin(checklists, checklists.c.incident == incidents.c.id)
        .where(
            checklists.c.incident.is_(None),
            incidents.c.channel != "",
            incidents.c.state.in_(["open", "mitigated"]),
        )
        .order_by(incidents.c.number)
    )
    return list(connection.execute(query).scalars())


def put_checklist(connection: sa.Connection, held: Held) -> None:
    """From now on the phases are like this."""
    row = {
        "incident": held.checklist.incident,
        "closed": held.checklist.closed,
        "looked_at": held.looked_at,
        "data": held.checklist.model_dump(mode="json"),
    }
    newest = upsert(connection, checklists).values(row)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[checklists.c.incident],
            set_={name: newest.excluded[name] for name in ("closed", "looked_at", "data")},
        )
    )


def hold_checklist(connection: sa.Connection, incident: str) -> Held | None:
    """The phases, which nobody else changes until this transaction ends."""
    query = sa.select(checklists).where(checklists.c.incident == incident)
    row = connection.execute(locked(query)).one_or_none()
    return None if row is None else Held(Checklist.model_validate(row.data), row.looked_at)


def checklist(connection: sa.Connection, incident: str) -> Checklist | None:
    query = sa.select(checklists.c.data).where(checklists.c.incident == incident)
    data = connection.execute(query).scalar_one_or_none()
    return None if data is None else Checklist.model_validate(data)


def open_checklists(connection: sa.Connection) -> Sequence[Held]:
    """Those that somebody goes through, and those of incidents that were opened again."""
    query = (
        sa.select(checklists)
        .join(incidents, incidents.c.id == checklists.c.incident)
        .where(checklists.c.closed.is_(False) | incidents.c.state.in_(["open", "mitigated"]))
        .order_by(incidents.c.number)
    )
    return [
        Held(Checklist.model_validate(row.data), row.looked_at) for row in connection.execute(query)
    ]


def review(connection: sa.Connection, incident: str) -> Review:
    """What was written so far; an empty one where nobody has begun."""
    query = sa.select(reviews.c.data).where(reviews.c.incident == incident)
    data = connection.execute(query).scalar_one_or_none()
    return Review(incident=incident) if data is None else Review.model_validate(data)


def put_review(connection: sa.Connection, written: Review) -> None:
    row = {
        "incident": written.incident,
        "asked_at": written.asked_at,
        "data": written.model_dump(mode="json"),
    }
    newest = upsert(connection, reviews).values(row)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[reviews.c.incident],
            set_={name: newest.excluded[name] for name in ("asked_at", "data")},
        )
    )


def to_review(connection: sa.Connection) -> Sequence[str]:
    """Incidents that are over, and whose review nobody was asked for."""
    query = (
        sa.select(incidents.c.id)
        .outerjoin(reviews, reviews.c.incident == incidents.c.id)
        .where(incidents.c.state.in_(["resolved", "closed"]), reviews.c.asked_at.is_(None))
        .order_by(incidents.c.number)
    )
    return list(connection.execute(query).scalars())


def next_followup(connection: sa.Connection, incident: str) -> str:
    """`inc-7-1` for the first one."""
    return f"{incident}-{next_value(connection, counters, f'followups of {incident}')}"


def put_followup(connection: sa.Connection, each: FollowUp, once: str | None = None) -> None:
    row = {
        "id": each.id,
        "incident": each.incident,
        "once": once,
        "due": each.due,
        "done_at": each.done_at,
        "data": each.model_dump(mode="json"),
    }
    newest = upsert(connection, followups).values(row)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[followups.c.id],
            set_={name: newest.excluded[name] for name in ("due", "done_at", "data")},
        )
    )


def followup_once(connection: sa.Connection, once: str) -> FollowUp | None:
    """The one that this delivery made."""
    return _one(connection, sa.select(followups.c.data).where(followups.c.once == once))


def followup(connection: sa.Connection, id_: str) -> FollowUp | None:
    return _one(connection, sa.select(followups.c.data).where(followups.c.id == id_))


def hold_followup(connection: sa.Connection, id_: str) -> FollowUp | None:
    """The one with this id, which nobody else changes until this transaction ends."""
    return _one(connection, locked(sa.select(followups.c.data).where(followups.c.id == id_)))


def followups_of(connection: sa.Connection, incident: str) -> Sequence[FollowUp]:
    """In the order in which they were made."""
    query = sa.select(followups.c.data).where(followups.c.incident == incident)
    found = [FollowUp.model_validate(each) for each in connection.execute(query).scalars()]
    return sorted(found, key=lambda each: (each.made_at, each.id))


def open_followups(connection: sa.Connection) -> Sequence[FollowUp]:
    """Those that are not done, the first due first."""
    query = sa.select(followups.c.data).where(followups.c.done_at.is_(None))
    query = query.order_by(followups.c.due, followups.c.id)
    return [FollowUp.model_validate(each) for each in connection.execute(query).scalars()]


def _one(connection: sa.Connection, query: sa.Select[tuple[object]]) -> FollowUp | None:
    data = connection.execute(query).scalar_one_or_none()
    return None if data is None else FollowUp.model_validate(data)
