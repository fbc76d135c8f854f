"""Store, gate, history and engine, put together without Slack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.access import PolicyAccess
from bot.audit import AnchorFile
from bot.bell import Bell
from bot.engine.board import Board
from bot.engine.carried import Equipment
from bot.engine.engine import Engine
from bot.engine.failpoints import Failpoints
from bot.gate import PolicyGate
from bot.history import StoredHistory
from bot.ledger import Ledger
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.outbox import StoredOutbox
from commands.ports import Clock
from notifiers.redactor import Redactor
from playbooks.gate.policy import Policy
from playbooks.model.stack import Stack
from playbooks.playbook import Playbook
from playbooks.ports import FactReader, Secrets
from playbooks.registry import Action


@dataclass(frozen=True)
class Materials:
    """What the house is built from. `anchor` is the file that notes the audit's head outside the
    database; None beside PostgreSQL where no folder is given."""

    database_url: str
    policy: Policy
    stacks: Mapping[str, Stack]
    playbooks: Mapping[str, Playbook[Any]]
    actions: Mapping[str, Action[Any]]
    facts: FactReader
    secrets: Secrets
    now: Clock
    failpoints: Failpoints
    channel_of: Callable[[Stack], str]
    anchor: Path | None = None
    tick: float = 3.0
    pauses: tuple[float, ...] = (0.5, 2.0, 5.0)
    redactor: Redactor = field(default_factory=Redactor)


@dataclass(frozen=True)
class House:
    """The parts, wired. `inbox` and `engine` are not started yet."""

    database: Database
    inbox: Inbox
    outbox: StoredOutbox
    access: PolicyAccess
    gate: PolicyGate
    history: StoredHistory
    engine: Engine
    bell: Bell
    ledger: Ledger


def build(materials: Materials) -> House:
    """Opens and migrates the database, and wires everything to it."""
    database = Database(materials.database_url)
    migrate(database)
    bell = Bell()
    access = PolicyAccess(materials.policy, database, materials.now)
    ledger = Ledger(
        database=database,
        policy=materials.policy,
        stacks=materials.stacks,
        board=Board(),
        now=materials.now,
        channel_of=materials.channel_of,
        redactor=materials.redactor,
    )
    return House(
        database=database,
        inbox=Inbox(database, materials.now, owner=uuid4().hex),
        outbox=StoredOutbox(database, materials.now),
        access=access,
        gate=_gate(materials, ledger, access, bell),
        history=StoredHistory(ledger),
        engine=_engine(materials, ledger, bell),
        bell=bell,
        ledger=ledger,
    )


def anchor_beside(database: Database) -> Path | None:
    """Where the audit's head is noted by default: beside the SQLite file."""
    path = database.path
    return path.with_name(f"{path.stem}-audit-head.json") if path else None


def _gate(materials: Materials, ledger: Ledger, access: PolicyAccess, bell: Bell) -> PolicyGate:
    return PolicyGate(
        ledger,
        access=access,
        facts=materials.facts,
        playbooks=materials.playbooks,
        bell=bell,
        failpoints=materials.failpoints,
    )


def _engine(materials: Materials, ledger: Ledger, bell: Bell) -> Engine:
    equipment = Equipment(
        ledger=ledger,
        facts=materials.facts,
        playbooks=materials.playbooks,
        actions=materials.actions,
        secrets=materials.secrets,
        bell=bell,
        failpoints=materials.failpoints,
        pauses=materials.pauses,
    )
    path = materials.anchor or anchor_beside(ledger.database)
    return Engine(equipment, AnchorFile(path) if path else None, materials.tick)
