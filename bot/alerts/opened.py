"""Wires what takes alerts in."""

import asyncio
from dataclasses import dataclass

from bot.alerts.folding import Folding
from bot.alerts.intake import Intake
from bot.conditions.own_alerts import OwnAlerts
from bot.conditions.watched import Conditions
from bot.context import House
from bot.store.inbox import ALERTS, Inbox, Received
from bot.web.metrics import Metrics


@dataclass(frozen=True)
class AlertsIn:
    """The intake, where it keeps what was not dealt with yet (to be started before it), and what
    this house finds wrong by itself. Made in the loop that all of it runs in."""

    inbox: Inbox
    intake: Intake
    conditions: Conditions


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
    intake = Intake(house, folding, inbox, metrics)
    return AlertsIn(inbox, intake, _conditions(house, intake, owner))


def _conditions(house: House, intake: Intake, owner: str) -> Conditions:
    loop = asyncio.get_running_loop()

    def hand(notice: Received) -> None:
        loop.call_soon_threadsafe(intake.hand, notice)

    own = OwnAlerts(
        family="thresholds",
        database=house.database,
        redactor=house.redactor,
        owner=owner,
        now=house.context.now,
        hand=hand,
    )
    return Conditions(
        ledger=house.ledger,
        facts=house.context.facts,
        watch=house.watch,
        own=own,
        every=house.file.conditions.every,
    )
