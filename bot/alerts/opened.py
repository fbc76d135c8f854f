"""Wires what takes alerts in."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.alerts.folding import Folding
from bot.alerts.intake import Intake
from bot.conditions.own_alerts import OwnAlerts
from bot.conditions.security import SecurityWatch
from bot.conditions.watched import Conditions
from bot.context import House
from bot.store.inbox import ALERTS, Inbox, Received
from bot.web.metrics import Metrics
from commands.ports import OwnCondition
from playbooks.model.stack import Stack


@dataclass(frozen=True)
class AlertsIn:
    """The intake, where it keeps what was not dealt with yet (to be started before it), and what
    this house finds wrong by itself. Made in the loop that all of it runs in."""

    inbox: Inbox
    intake: Intake
    conditions: Conditions
    security: SecurityWatch

    def of(self, stack: Stack) -> Sequence[OwnCondition]:
        """commands.ports.Conditions: thresholds, then what logs are looked through for."""
        return (*self.conditions.of(stack), *self.security.of(stack))


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
    hand = _handing(intake)
    own = {family: _own(house, family, owner, hand) for family in ("thresholds", "security")}
    every, facts = house.file.conditions, house.context.facts
    conditions = Conditions(house.ledger, facts, house.watch, own["thresholds"], every.every)
    security = SecurityWatch(house.ledger, facts, own["security"], every.logs_every)
    return AlertsIn(inbox, intake, conditions, security)


def _handing(intake: Intake) -> Callable[[Received], None]:
    """From any thread to the loop that all of it runs in."""
    loop = asyncio.get_running_loop()

    def hand(notice: Received) -> None:
        loop.call_soon_threadsafe(intake.hand, notice)

    return hand


def _own(house: House, family: str, owner: str, hand: Callable[[Received], None]) -> OwnAlerts:
    return OwnAlerts(
        family=family,
        database=house.database,
        redactor=house.redactor,
        owner=owner,
        now=house.context.now,
        hand=hand,
    )
