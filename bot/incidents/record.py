"""What happens is written into the timelines of the incidents that it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from bot.store import incidents as rows
from playbooks.model.base import JsonObject
from playbooks.respond.belonging import belongs_to
from playbooks.respond.incident import Incident
from playbooks.respond.timeline import Entry, Lane


@dataclass(frozen=True)
class Happened:
    """One thing that happened on a stack; the fields are those of an `Entry`.

    It goes to every open incident of the stack. With `detail["group"]` (the key of a group of
    alerts) it goes to the incidents that have this group, and to all of the stack only where none
    has. With `detail["incident"]` it goes to that one, whatever its state.
    """

    stack: str
    key: str
    at: datetime
    lane: Lane
    kind: str
    text: str
    by: str = ""
    link: str = ""
    detail: JsonObject = field(default_factory=dict)


def record(connection: sa.Connection, happened: Happened, now: datetime | None = None) -> None:
    """In the caller's transaction. The same key again changes nothing. `now` is when it is
    written down, where that is not when it happened."""
    record_all(connection, [happened], now)


def record_all(
    connection: sa.Connection, happened: Sequence[Happened], now: datetime | None = None
) -> None:
    """All of them, in their order."""
    if not happened:
        return
    live = rows.live(connection)
    named = {str(each.detail["incident"]) for each in happened if "incident" in each.detail}
    named -= {each.id for each in live}
    others = [found for id_ in sorted(named) if (found := rows.incident(connection, id_))]
    known = [*live, *others]
    if known:
        rows.add(connection, [entry for each in happened for entry in _entries(each, known, now)])


def _entries(happened: Happened, known: Sequence[Incident], now: datetime | None) -> list[Entry]:
    detail = happened.detail
    ids = belongs_to(
        known,
        happened.stack,
        group=str(detail.get("group", "")),
        incident=str(detail.get("incident", "")),
    )
    return [
        Entry(
            incident=id_,
            key=happened.key,
            at=happened.at,
            noted_at=max(now or happened.at, happened.at),
            lane=happened.lane,
            kind=happened.kind,
            text=happened.text,
            by=happened.by,
            link=happened.link,
            detail={**detail, **also(known, ids, id_)},
        )
        for id_ in ids
    ]


def also(known: Sequence[Incident], ids: Sequence[str], own: str) -> JsonObject:
    """Which other incidents have the entry; of private ones nothing is said."""
    private = {each.id for each in known if each.private}
    others = [each for each in ids if each != own and each not in private]
    return {"also": others} if others else {}
