"""Wires what takes alerts in."""

from dataclasses import dataclass

from bot.alerts.folding import Folding
from bot.alerts.intake import Intake
from bot.context import House
from bot.store.inbox import ALERTS, Inbox
from bot.web.metrics import Metrics


@dataclass(frozen=True)
class AlertsIn:
    """The intake, and where it keeps what was not dealt with yet: to be started before it."""

    inbox: Inbox
    intake: Intake


def alerts_in(house: House, metrics: Metrics, owner: str) -> AlertsIn:
    """`owner` names this process's life, as for other deliveries."""
    now = house.context.now
    inbox = Inbox(house.database, now, owner, kinds=(ALERTS,))
    folding = Folding(
        database=house.database,
        rules=house.file.alerts,
        stacks=house.context.stacks,
        channels=house.file.channels,
        people={name: entry.slack for name, entry in house.file.people.items()},
        now=now,
    )
    return AlertsIn(inbox, Intake(house, folding, inbox, metrics))
