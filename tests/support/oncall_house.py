"""A house in one process, whose clock tests move: alerts come in, escalations and pages go out."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from bot.alerts.folding import Folding
from bot.context import Configured, House, open_house
from bot.oncall.calling import Caller
from bot.oncall.duty import Duties
from bot.oncall.escalating import Escalating
from bot.oncall.pager import Pager
from bot.settings import InterlockFile
from bot.store.database import Database
from bot.store.inbox import ALERTS, Received
from bot.store.migrate import migrate
from bot.store.tables import audit, outbox, pages
from playbooks.model.people import Actor, Person
from playbooks.model.stack import Stack

BEGIN = datetime(2026, 11, 25, 10, tzinfo=UTC)  # a Wednesday
_PEOPLE: dict[str, Any] = {
    "ana": {"slack": "U0ANA", "roles": ["operator"], "zone": "Asia/Tokyo"},
    "ben": {"slack": "U0BEN", "roles": ["operator"], "email": "ben@harbor.example"},
    "cleo": {"slack": "U0CLEO", "roles": ["operator"], "email": "cleo@harbor.example"},
}
_ROTA = {
    "rotation": "daily",
    "starts": "2026-11-25",
    "primary": ["ana", "ben", "cleo"],
    "secondary": ["ben", "cleo", "ana"],
}
_STACK: dict[str, Any] = {
    "name": "harbor",
    "environment": "prod",
    "channel": "C0OPSHARBOR",
    "contacts": {
        "ops": {"role": "Ops", "email": "ops@example.com", "hours": "always"},
        "dba": {"role": "DBA", "email": "dba@example.com", "hours": "office"},
        "lead": {"role": "Lead"},
    },
}


@dataclass
class Moved:
    """A clock that stands still unless it is moved."""

    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class OncallHouse:
    """The parts that escalate. `restarted` are the same ones in another life."""

    url: str
    described: Mapping[str, Any]
    environment: Mapping[str, str]
    clock: Moved = field(default_factory=Moved)
    stack: Stack = field(default_factory=lambda: Stack.model_validate(_STACK))
    numbers: Any = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """A life of the bot."""
        file = InterlockFile.model_validate(
            {
                "stacks": ["harbor.yaml"],
                "people": _PEOPLE,
                "roles": {"operator": {"may": ["read", "ask"]}},
                "policy": [{"risk": "READ", "approvals": 0}],
                "oncall": {"harbor": _ROTA},
                **self.described,
            }
        )
        database = Database(self.url)
        migrate(database)
        stacks = MappingProxyType({self.stack.name: self.stack})
        configured = Configured(file, stacks, Path.cwd())
        self.house: House = open_house(configured, database, self.environment, self.clock)
        house = self.house
        duties = Duties(file.oncall, file.people)
        caller = Caller(house.ledger, file.paging, duties)
        self.escalating = Escalating(
            house.ledger, file.alerts, file.paging, caller, house.bell, house.failpoints
        )
        self.pager = Pager(
            house.ledger, file.paging, duties, house.secrets, house.bell, house.failpoints
        )
        people = {name: entry.slack for name, entry in file.people.items()}
        self.folding = Folding(
            database=database,
            rules=file.alerts,
            stacks=house.context.stacks,
            channels={},
            people=people,
            now=self.clock,
        )

    def alert(
        self, rule: str = "ApiDown", *, firing: bool = True, severity: str = "critical"
    ) -> None:
        """One alert of the stack comes in."""
        alert = {
            "fingerprint": f"f-{rule}",
            "rule": rule,
            "severity": severity,
            "firing": firing,
            "since": self.clock().isoformat(),
            "ended": None if firing else self.clock().isoformat(),
            "labels": {"stack": self.stack.name},
            "summary": f"{rule} is not well",
        }
        notice = Received(
            id=f"n{next(self.numbers)}",
            kind=ALERTS,
            payload={"source": "alertmanager", "alerts": [alert]},
            received_at=self.clock(),
            tries=1,
        )
        self.folding.fold([notice])

    def key(self, rule: str = "ApiDown") -> str:
        return next(g.key for g in self.house.context.alerts.groups() if g.rule == rule)

    def look(self, **span: float) -> None:
        """Time passes, then everybody looks."""
        self.clock.move(**span)
        self.escalating.look()
        self.pager.look()

    def said(self, opening: str = "page:") -> list[str]:
        """What messages of that kind say, in the order in which they were wanted."""
        query = sa.select(outbox.c.body).where(outbox.c.key.startswith(opening, autoescape=True))
        with self.house.database.read() as connection:
            found = connection.execute(query.order_by(outbox.c.wanted_at, outbox.c.key)).scalars()
            return ["\n".join(_texts(body)) for body in found]

    def told(self, opening: str = "page:") -> list[str]:
        query = sa.select(outbox.c.key).where(outbox.c.key.startswith(opening, autoescape=True))
        with self.house.database.read() as connection:
            return list(
                connection.execute(query.order_by(outbox.c.wanted_at, outbox.c.key)).scalars()
            )

    def threads(self) -> dict[str, str]:
        """Of each message of an escalation, the one it hangs on."""
        query = sa.select(outbox.c.key, outbox.c.thread_of).where(outbox.c.thread_of.is_not(None))
        with self.house.database.read() as connection:
            return {row.key: row.thread_of for row in connection.execute(query)}

    def pages(self) -> dict[str, str]:
        """The states of pages, by whom they are for."""
        query = sa.select(pages.c.data).order_by(pages.c.noted_at, pages.c.key)
        with self.house.database.read() as connection:
            found = connection.execute(query).scalars().all()
            return {
                f"{each['shown']}{' over' if each['over'] else ''}": each["state"] for each in found
            }

    def audited(self, opening: str) -> list[str]:
        query = sa.select(audit.c.kind).where(audit.c.kind.startswith(opening, autoescape=True))
        with self.house.database.read() as connection:
            return list(connection.execute(query.order_by(audit.c.number)).scalars())


def actor(name: str) -> Actor:
    slack = _PEOPLE[name]["slack"]
    return Actor(slack=slack, person=Person(name=name, slack=slack, roles=frozenset({"operator"})))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return []
