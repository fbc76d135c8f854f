"""Ties alerts to what was being done to their stack, and speaks up again when that is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.alerts.cards import want_card
from bot.alerts.meanwhile import Doing, going_on
from bot.store import alerts as rows
from bot.store import outbox, requests
from bot.store.alerts import Shown
from notifiers.ports import Desired, Lane
from notifiers.views.alert import alert_key
from notifiers.views.alert_digest import began_during, still_firing
from notifiers.views.card import card_key
from playbooks.respond.alert import Group, GroupState

_OVER = "It is over, and this still fires."


def want_ties(
    connection: sa.Connection, group: Group, doings: Sequence[Doing], now: datetime
) -> None:
    """The thread of each run that goes on says that this began."""
    for doing in doings:
        request = requests.get(connection, doing.run)
        if request is not None:
            desired = Desired(
                key=f"{alert_key(group)}:during:{doing.run}",
                channel=request.channel,
                lane=Lane.UPDATE,
                version=1,
                body=began_during(group),
                thread_of=card_key(doing.run),
            )
            outbox.want(connection, desired, now)


@dataclass
class Over:
    """Not safe for threads. Remembers since when what explains a group is over: what an operation
    has caused ends a little later than the operation."""

    _since: dict[str, datetime] = field(default_factory=dict)

    def say(self, connection: sa.Connection, now: datetime, settle: timedelta) -> None:
        """Groups that still fire `settle` after what explained them: their cards say so, and one
        message a stack names those that nobody takes care of."""
        found = rows.explained(connection)
        running = {
            stack: {doing.key for doing in going_on(connection, stack)}
            for stack in {shown.group.stack for shown in found}
        }
        over = {
            shown.group.key: shown
            for shown in found
            if not running[shown.group.stack].intersection(shown.group.explained_by)
        }
        self._since = {key: self._since.get(key, now) for key in over}
        loud = [_loud(over[key]) for key, at in self._since.items() if now - at >= settle]
        rows.put(connection, loud)
        for shown in loud:
            if shown.carded_at is not None:
                want_card(connection, shown, now)
        for stack in sorted({shown.group.stack for shown in loud}):
            _say(connection, [s.group for s in loud if s.group.stack == stack], now)


def _loud(shown: Shown) -> Shown:
    group = shown.group
    update = {
        "explained_by": (),
        "meanwhile": (*group.meanwhile, _OVER),
        "version": group.version + 1,
    }
    return replace(shown, group=group.model_copy(update=update))


def _say(connection: sa.Connection, groups: Sequence[Group], now: datetime) -> None:
    open_ones = [group for group in groups if group.state(now) is GroupState.FIRING]
    for channel in sorted({group.channel for group in open_ones}):
        here = [group for group in open_ones if group.channel == channel]
        critical = any(group.severity == "critical" for group in here)
        desired = Desired(
            key=f"alert:over:{here[0].stack}:{channel}:{now.isoformat()}",
            channel=channel,
            lane=Lane.CRITICAL if critical else Lane.UPDATE,
            version=1,
            body=still_firing(here, now),
        )
        outbox.want(connection, desired, now)
