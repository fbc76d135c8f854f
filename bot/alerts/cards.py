"""What messages should say of alerts, from the end of a transaction on."""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from bot.store import alerts as rows
from bot.store import outbox
from bot.store.alerts import Shown
from bot.store.ids import new_id
from notifiers.ports import Desired, Lane
from notifiers.views.alert import alert_card, alert_key
from notifiers.views.alert_digest import storm_digest, storm_key, storm_over
from playbooks.respond import sources
from playbooks.respond.storm import Flow, Storm, begins, gets_a_card, heaps


def placed(
    connection: sa.Connection, shown: Shown, rules: sources.Storm, now: datetime
) -> tuple[Shown, Storm | None]:
    """Where a group that has something new to say is shown: on a card of its own, in the digest of
    a storm, which may begin with it, or in what is said when quiet hours end."""
    if shown.held_until is not None:
        return replace(shown, carded_at=None, storm=None), None
    channel = shown.group.channel
    storm = rows.open_storm(connection, channel)
    flow = Flow(rows.cards_since(connection, channel, now - rules.within), storm)
    if begins(flow, rules):
        storm = Storm(id=new_id(), channel=channel, since=now, last_new_at=now)
    if storm is None:
        return replace(shown, carded_at=now, storm=None), None
    carded = gets_a_card(shown.group, storm)
    paged = (*storm.paged, shown.group.stack) if carded else storm.paged
    storm = storm.model_copy(update={"paged": paged, "last_new_at": now})
    rows.put_storm(connection, storm)
    return replace(shown, carded_at=now if carded else None, storm=storm.id), storm


def want_card(
    connection: sa.Connection, shown: Shown, now: datetime, thread_of: str | None = None
) -> None:
    """The card should show how the group is. What an operation explains is in less haste. Where it
    stands, in a channel or a thread, is settled when it is wanted for the first time."""
    group = shown.group
    critical = group.severity == "critical" and group.firing > 0 and not group.explained_by
    desired = Desired(
        key=alert_key(group),
        channel=group.channel,
        lane=Lane.CRITICAL if critical else Lane.UPDATE,
        version=group.version,
        body=alert_card(group, now),
        thread_of=thread_of,
    )
    outbox.want(connection, desired, now)


def want_digest(connection: sa.Connection, storm: Storm, now: datetime) -> Storm:
    """The digest should count all that is in the storm; the storm with its new version."""
    fresh = storm.model_copy(update={"version": storm.version + 1})
    rows.put_storm(connection, fresh)
    found = heaps([each.group for each in rows.in_storm(connection, storm.id)])
    desired = Desired(
        key=storm_key(storm),
        channel=storm.channel,
        lane=Lane.UPDATE,
        version=fresh.version,
        body=storm_digest(fresh, found, now),
    )
    outbox.want(connection, desired, now)
    return fresh


def end_storm(connection: sa.Connection, storm: Storm, now: datetime) -> None:
    """The digest says how it ended, and a message that it is quiet again."""
    ended = want_digest(connection, storm.model_copy(update={"ended_at": now}), now)
    found = heaps([each.group for each in rows.in_storm(connection, storm.id)])
    desired = Desired(
        key=f"{storm_key(storm)}:over",
        channel=storm.channel,
        lane=Lane.UPDATE,
        version=1,
        body=storm_over(ended, found),
    )
    outbox.want(connection, desired, now)
