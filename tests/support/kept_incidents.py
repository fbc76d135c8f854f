"""Incidents over a database, without Slack, by a clock that tests move."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.bell import Bell
from bot.engine.board import Board
from bot.incidents.messages import Messages
from bot.incidents.reminders import Reminders
from bot.incidents.stored import StoredIncidents
from bot.ledger import Ledger
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import outbox
from commands.ports import Opening
from playbooks.gate.policy import Policy
from playbooks.model.people import Actor, Person
from playbooks.model.stack import Stack
from playbooks.respond.incident import Incident, Priority
from playbooks.respond.incident_rules import IncidentRules

ANA = Actor(slack="U0ANA", person=Person(name="ana", slack="U0ANA"))
BEN = Actor(slack="U0BEN", person=Person(name="ben", slack="U0BEN"))


@dataclass
class Clock:
    """A time that stands still until it is moved."""

    time: datetime = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


@dataclass(frozen=True)
class Kept:
    """The parts, wired."""

    clock: Clock
    ledger: Ledger
    messages: Messages
    incidents: StoredIncidents
    reminders: Reminders

    def open(self, title: str = "Payments fail", **known: Any) -> Incident:
        """Opened by ana; P1 on harbor where nothing else is said."""
        given = {"priority": Priority.P1, "stack": "harbor", **known}
        return self.incidents.open(Opening(title=title, **given), ANA)

    def said(self, part: str) -> list[Any]:
        """The messages that should be there, by a part of their keys."""
        query = sa.select(outbox).where(outbox.c.key.contains(part)).order_by(outbox.c.wanted_at)
        with self.ledger.database.read() as connection:
            return list(connection.execute(query))


def kept_incidents(url: str, **rules: Any) -> Kept:
    """A house of one stack, harbor, whose channel is `ops-harbor`."""
    database, clock, bell = Database(url), Clock(), Bell()
    migrate(database)
    people = {"ana": {"slack": "U0ANA"}, "ben": {"slack": "U0BEN"}}
    ledger = Ledger(
        database=database,
        policy=Policy.model_validate({"people": people}),
        stacks={"harbor": Stack(name="harbor", environment="prod", channel="ops-harbor")},
        board=Board(),
        now=clock,
        channel_of=lambda stack: stack.channel,
    )
    named: Callable[[str], str] = str
    messages = Messages(ledger, IncidentRules.model_validate(rules), named)
    return Kept(
        clock=clock,
        ledger=ledger,
        messages=messages,
        incidents=StoredIncidents(ledger, messages, bell),
        reminders=Reminders(ledger, messages, bell),
    )


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'incidents.db'}"
