"""What the engine works with, and the run it carries out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.bell import Bell
from bot.engine.board import Board
from bot.engine.failpoints import Failpoints
from bot.engine.story import Story
from bot.incidents.of_requests import of_step
from bot.incidents.record import record
from bot.ledger import Ledger
from bot.maintenance.remembered import StoredMaintenances
from bot.store import journal
from bot.store.journal import Entry, Kind, Phase
from playbooks.model.base import JsonObject
from playbooks.model.request import Request
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.ports import FactReader, Maintenances, Secrets
from playbooks.registry import Action


@dataclass(frozen=True)
class Equipment:
    """Everything that carrying out a run takes. `pauses` are the seconds before the retries of an
    idempotent step."""

    ledger: Ledger
    facts: FactReader
    playbooks: Mapping[str, Playbook[Any]]
    actions: Mapping[str, Action[Any]]
    secrets: Secrets
    bell: Bell
    failpoints: Failpoints
    pauses: tuple[float, ...] = (0.5, 2.0, 5.0)

    @property
    def board(self) -> Board:
        return self.ledger.board

    @property
    def maintenances(self) -> Maintenances:
        return StoredMaintenances(self.ledger.database, self.ledger.now)

    @property
    def most_failures(self) -> int:
        """How often something idempotent may fail before a person is asked."""
        return len(self.pauses) + 1

    def backoff(self, retry: int) -> float:
        """Seconds before the retry, counted from 0."""
        return self.pauses[min(retry, len(self.pauses) - 1)] if self.pauses else 0.0


@dataclass(frozen=True)
class Carried:
    """One run while it is carried out. `started` is the same for all its attempts."""

    house: Equipment
    request: Request
    started: datetime

    @property
    def run(self) -> str:
        return self.request.id

    @property
    def stack(self) -> Stack:
        return self.house.ledger.stack(self.request.plan.stack)

    def story(self) -> Story:
        with self.house.ledger.database.read() as connection:
            return Story.of(journal.of_run(connection, self.run))

    def note(self, phase: Phase, step: str, attempt: int, kind: Kind, body: JsonObject) -> None:
        """Journals the fact in a transaction of its own; the card follows.

        Reasons are redacted. Arguments and outputs are what later steps work with: they hold
        references to secrets, never secrets, and stay as they are.
        """
        if "why" in body:
            body = {**body, "why": self.house.ledger.redactor.redact(str(body["why"]))}
        at = self.house.ledger.now()
        entry = Entry(phase=phase, step=step, attempt=attempt, kind=kind, at=at, body=body)
        with self.house.ledger.database.write() as connection:
            journal.append(connection, self.run, entry)
            happened = of_step(self.request, entry)
            if happened is not None:
                record(connection, happened)
        self.house.board.touch(self.run)
