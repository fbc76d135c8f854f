"""Alerts, their groups and storms of them, as rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.store.database import locked
from bot.store.dialect import upsert
from bot.store.tables import alert_changes, alert_groups, alert_storms, alerts, refused_notices
from playbooks.model.base import JsonObject, Model
from playbooks.respond.alert import Alert, Group
from playbooks.respond.storm import Storm

# SQLite takes some 32,000 parameters in a statement.
_AT_ONCE = 5_000


class Change(Model):
    """Something that happened to a group: `kind` is fired, resolved, acknowledged, silenced or
    unsilenced; `by` whom, where it was a person."""

    group: str
    stack: str
    at: datetime
    kind: str
    by: str = ""
    detail: JsonObject = {}


class RefusedNotice(Model):
    """A payload that could not be read."""

    source: str
    at: datetime
    field: str
    what: str


@dataclass(frozen=True)
class Shown:
    """A group and how it is shown: with a card since `carded_at`, in the digest of a storm, or in
    what is said at `held_until`, when quiet hours end."""

    group: Group
    carded_at: datetime | None = None
    storm: str | None = None
    held_until: datetime | None = None

    @property
    def rests(self) -> bool:
        """Whether nobody is to be called for it now: quiet hours hold it back, or maintenance
        explains it."""
        planned = any(key.startswith("maintenance:") for key in self.group.explained_by)
        return self.held_until is not None or planned


@dataclass(frozen=True)
class Known:
    """Whether an alert fired when it was last heard of, and when it ended."""

    firing: bool
    ended: datetime | None


def hold(connection: sa.Connection, fresh: Mapping[str, Group]) -> dict[str, Shown | None]:
    """The groups with these keys, which nobody else changes until this transaction ends. None
    where there was none yet; a row is there for it now."""
    known: dict[str, Shown | None] = dict.fromkeys(fresh)
    known.update(_held(connection, fresh))
    missing = [_row(Shown(group)) for key, group in fresh.items() if known[key] is None]
    if missing:
        insert = upsert(connection, alert_groups).on_conflict_do_nothing()
        answer = connection.execute(insert.returning(alert_groups.c.key), missing)
        # What is not among them was made by another one in between.
        others = {str(row["key"]) for row in missing} - set(answer.scalars())
        known.update(_held(connection, others))
    return known


def _held(connection: sa.Connection, keys: Iterable[str]) -> dict[str, Shown]:
    found: dict[str, Shown] = {}
    for part in _parts(sorted(keys), 1):
        query = sa.select(alert_groups).where(alert_groups.c.key.in_(part))
        for row in connection.execute(locked(query.order_by(alert_groups.c.key))):
            found[row.key] = _shown(row)
    return found


def put(connection: sa.Connection, shown: Iterable[Shown]) -> None:
    """From now on the groups are like this. They are held."""
    rows = [_row(each) for each in shown]
    if not rows:
        return
    newest = upsert(connection, alert_groups)
    names = [column.name for column in alert_groups.c if column.name != "key"]
    # Row by row: a statement of many rows is built anew each time, which takes longer than it runs.
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[alert_groups.c.key],
            set_={name: newest.excluded[name] for name in names},
        ),
        rows,
    )


def get(connection: sa.Connection, key: str) -> Shown | None:
    """The group, held by this transaction if it writes."""
    query = sa.select(alert_groups).where(alert_groups.c.key == key)
    row = connection.execute(locked(query)).one_or_none()
    return None if row is None else _shown(row)


def peek(connection: sa.Connection, key: str) -> Shown | None:
    """The group as it is."""
    row = connection.execute(sa.select(alert_groups).where(alert_groups.c.key == key)).one_or_none()
    return None if row is None else _shown(row)


def groups(
    connection: sa.Connection, stack: str | None = None, *, firing: bool = False, limit: int = 500
) -> Sequence[Shown]:
    """The groups of a stack or of all, the newest first."""
    query = sa.select(alert_groups).order_by(alert_groups.c.last_at.desc()).limit(limit)
    if stack is not None:
        query = query.where(alert_groups.c.stack == stack)
    if firing:
        query = query.where(alert_groups.c.firing > 0)
    return [_shown(row) for row in connection.execute(query)]


def with_silences(connection: sa.Connection) -> Sequence[Shown]:
    """Groups that are silenced, or of which the source has a silence of ours."""
    query = sa.select(alert_groups).where(
        alert_groups.c.silenced_until.is_not(None) | (alert_groups.c.silence != "")
    )
    return [_shown(row) for row in connection.execute(query.order_by(alert_groups.c.key))]


def end_all(connection: sa.Connection, group: str, now: datetime) -> None:
    """None of the group's alerts fires any more."""
    firing = (alerts.c.group == group) & alerts.c.firing
    connection.execute(sa.update(alerts).where(firing).values(firing=False, ended=now))


def silences_ended(connection: sa.Connection, now: datetime) -> Sequence[Shown]:
    """Groups whose silence is over."""
    query = sa.select(alert_groups).where(alert_groups.c.silenced_until <= now)
    return [_shown(row) for row in connection.execute(locked(query))]


def anything_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a silence or quiet hours are over, a storm goes on, or something done to a stack
    explains what fires."""
    columns = alert_groups.c
    queries = (
        sa.select(columns.key).where(columns.silenced_until <= now),
        sa.select(columns.key).where(columns.held_until <= now),
        sa.select(columns.key).where(columns.explained),
        sa.select(alert_storms.c.id).where(alert_storms.c.ended_at.is_(None)),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in queries)


def held_until(connection: sa.Connection, now: datetime) -> Sequence[Shown]:
    """Groups whose quiet hours are over."""
    query = sa.select(alert_groups).where(alert_groups.c.held_until <= now)
    return [_shown(row) for row in connection.execute(locked(query))]


def explained(connection: sa.Connection) -> Sequence[Shown]:
    """Groups that fire and that something done to their stack explains."""
    query = sa.select(alert_groups).where(alert_groups.c.explained)
    return [_shown(row) for row in connection.execute(locked(query))]


def in_storm(connection: sa.Connection, storm: str) -> Sequence[Shown]:
    """The groups that the digest of a storm speaks for."""
    query = sa.select(alert_groups).where(alert_groups.c.storm == storm)
    return [_shown(row) for row in connection.execute(query.order_by(alert_groups.c.key))]


def cards_since(connection: sa.Connection, channel: str, since: datetime) -> int:
    """How many groups got a card of their own in the channel since then."""
    query = sa.select(sa.func.count()).where(
        alert_groups.c.channel == channel, alert_groups.c.carded_at > since
    )
    return int(connection.execute(query).scalar_one())


def known(connection: sa.Connection, keys: set[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """What is known of alerts, by group and fingerprint; those never seen are left out."""
    found: dict[tuple[str, str], Known] = {}
    names = {key for key, _ in keys}
    columns = alerts.c.group, alerts.c.fingerprint, alerts.c.firing, alerts.c.ended
    for fingerprints in _parts(sorted({fingerprint for _, fingerprint in keys})):
        query = sa.select(*columns).where(
            alerts.c.group.in_(names), alerts.c.fingerprint.in_(fingerprints)
        )
        for row in connection.execute(query):
            found[row.group, row.fingerprint] = Known(row.firing, row.ended)
    return found


def note(connection: sa.Connection, seen: Mapping[tuple[str, str], Alert], now: datetime) -> None:
    """What is known of each alert, by group and fingerprint."""
    rows = [
        {
            "group": group,
            "fingerprint": fingerprint,
            "firing": alert.firing,
            "since": alert.since,
            "ended": alert.ended,
            "seen_at": now,
            "labels": alert.labels,
            "value": alert.value,
        }
        for (group, fingerprint), alert in seen.items()
    ]
    if not rows:
        return
    newest = upsert(connection, alerts)
    changed = ("firing", "since", "ended", "seen_at", "labels", "value")
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[alerts.c.group, alerts.c.fingerprint],
            set_={name: newest.excluded[name] for name in changed},
        ),
        rows,
    )


def remember(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Appends to what happened."""
    if changes:
        rows = [change.model_dump(mode="python") for change in changes]
        connection.execute(sa.insert(alert_changes), rows)


def changes_since(
    connection: sa.Connection, stack: str, groups: Sequence[str], since: datetime
) -> Sequence[Change]:
    """What happened to the groups of a stack, and to these groups, in its order."""
    which: sa.ColumnElement[bool] = alert_changes.c.group.in_(groups)
    if stack:
        which |= alert_changes.c.stack == stack
    columns = [alert_changes.c[name] for name in Change.model_fields]
    query = sa.select(*columns).where(which, alert_changes.c.at >= since)
    query = query.order_by(alert_changes.c.at, alert_changes.c.id).limit(_AT_ONCE)
    return [Change.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def open_storm(connection: sa.Connection, channel: str) -> Storm | None:
    query = sa.select(alert_storms.c.data).where(
        alert_storms.c.channel == channel, alert_storms.c.ended_at.is_(None)
    )
    found = connection.execute(locked(query)).scalars().first()
    return None if found is None else Storm.model_validate(found)


def open_storms(connection: sa.Connection) -> Sequence[Storm]:
    query = sa.select(alert_storms.c.data).where(alert_storms.c.ended_at.is_(None))
    return [Storm.model_validate(each) for each in connection.execute(locked(query)).scalars()]


def storms_since(connection: sa.Connection, moment: datetime) -> Sequence[Storm]:
    """Those that are going on, and those that ended later than that."""
    ended = alert_storms.c.ended_at
    query = sa.select(alert_storms.c.data).where(sa.or_(ended.is_(None), ended > moment))
    return [Storm.model_validate(each) for each in connection.execute(query).scalars()]


def put_storm(connection: sa.Connection, storm: Storm) -> None:
    values = {"channel": storm.channel, "ended_at": storm.ended_at}
    row = {"id": storm.id, **values, "data": storm.model_dump(mode="json")}
    newest = upsert(connection, alert_storms).values(row)
    connection.execute(
        newest.on_conflict_do_update(
            index_elements=[alert_storms.c.id],
            set_={name: newest.excluded[name] for name in ("channel", "ended_at", "data")},
        )
    )


def refuse(connection: sa.Connection, refused: RefusedNotice) -> None:
    connection.execute(sa.insert(refused_notices).values(**refused.model_dump()))


def refused_since(connection: sa.Connection, since: datetime) -> Sequence[RefusedNotice]:
    """The newest first."""
    columns = [refused_notices.c[name] for name in RefusedNotice.model_fields]
    query = sa.select(*columns).where(refused_notices.c.at > since)
    found = connection.execute(query.order_by(refused_notices.c.id.desc()).limit(100))
    return [RefusedNotice.model_validate(dict(row)) for row in found.mappings()]


def _row(shown: Shown) -> dict[str, Any]:
    group = shown.group
    return {
        "key": group.key,
        "stack": group.stack,
        "channel": group.channel,
        "firing": group.firing,
        "last_at": group.last_at,
        "silenced_until": group.silenced_until,
        "silence": group.silence,
        "carded_at": shown.carded_at,
        "storm": shown.storm,
        "held_until": shown.held_until,
        "explained": bool(group.explained_by) and group.firing > 0,
        "data": group.model_dump(mode="json"),
    }


def _shown(row: Any) -> Shown:
    return Shown(Group.model_validate(row.data), row.carded_at, row.storm, row.held_until)


def _parts(rows: Sequence[Any], columns: int = 10) -> Iterable[Sequence[Any]]:
    size = max(1, _AT_ONCE // columns)
    return (rows[at : at + size] for at in range(0, len(rows), size))
