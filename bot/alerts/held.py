"""Says what was collected in quiet hours, once they are over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from bot.alerts.cards import want_card
from bot.store import alerts as rows
from bot.store import outbox
from bot.store.alerts import Shown
from notifiers.ports import Desired, Lane
from notifiers.views.alert_digest import quiet_digest


def say_held(connection: sa.Connection, now: datetime) -> None:
    """One message a channel; what still fires has its card in the thread of it."""
    found = sorted(rows.held_until(connection, now), key=_end)
    for (channel, ended), shown in groupby(found, key=_end):
        _say(connection, list(shown), f"quiet:{channel}:{ended}", now)


def _end(shown: Shown) -> tuple[str, str]:
    return shown.group.channel, shown.held_until.isoformat() if shown.held_until else ""


def _say(connection: sa.Connection, held: Sequence[Shown], key: str, now: datetime) -> None:
    groups = [shown.group for shown in held]
    desired = Desired(
        key=key,
        channel=groups[0].channel,
        lane=Lane.UPDATE,
        version=1,
        body=quiet_digest(groups, now),
    )
    outbox.want(connection, desired, now)
    for shown in held:
        firing = shown.group.firing > 0
        # It counts as of when it began: what is told now is no storm.
        told = replace(shown, held_until=None, carded_at=shown.group.since if firing else None)
        rows.put(connection, [told])
        if firing:
            want_card(connection, told, now, thread_of=key)
