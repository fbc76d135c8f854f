"""The services around the pure decisions, assembled from `interlock.yaml` and the database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from bot.access import PolicyAccess
from bot.alerts.foreign import ForeignSilences
from bot.alerts.stored import StoredAlerts
from bot.bell import Bell
from bot.deploy_locks import StoredDeployLocks
from bot.engine.board import Board
from bot.engine.failpoints import Failpoints
from bot.facts import ThreadedFacts
from bot.gate import PolicyGate
from bot.history import StoredHistory
from bot.incidents.messages import Messages
from bot.incidents.reviews import StoredReviews
from bot.incidents.stored import StoredIncidents
from bot.ledger import Ledger
from bot.live import LiveMessages
from bot.maintenance.remembered import StoredMaintenances
from bot.oncall.opened import stored_oncall
from bot.oncall.telling import Teller
from bot.past import JournaledPast
from bot.routines.kept import StoredRoutines
from bot.schedules.timetable import StoredTimetable
from bot.secrets import References
from bot.settings import InterlockFile
from bot.store.database import Database
from bot.trends import StoredTrends
from bot.turns import FactsAside, Turns
from bot.watching.watch import ServiceWatch
from commands.ports import Clock, Context
from notifiers.redactor import Redactor
from playbooks.catalogue import PLAYBOOKS, READERS, by_hand
from playbooks.errors import StackFileError
from playbooks.hosts.keyring import keyring
from playbooks.model.stack import Stack
from playbooks.model.stack_file import load_model, load_stack


@dataclass(frozen=True)
class House:
    """What one bot process shares between its parts."""

    file: InterlockFile
    database: Database
    secrets: References
    redactor: Redactor
    failpoints: Failpoints
    board: Board
    bell: Bell
    turns: Turns
    ledger: Ledger
    watch: ServiceWatch
    live: LiveMessages
    context: Context


@dataclass(frozen=True)
class Configured:
    """The files a bot starts from, read and checked."""

    file: InterlockFile
    stacks: Mapping[str, Stack]
    folder: Path


def read_configuration(config: Path) -> Configured:
    """Reads `interlock.yaml` and the stack files it names.

    Raises StackFileError with `file:line:` and what to write instead.
    """
    file = load_model(config, InterlockFile)
    stacks: dict[str, Stack] = {}
    for path in file.stacks:
        stack = load_stack(path)
        if stack.name in stacks:
            raise StackFileError(f"{path}:1: a second stack is called {stack.name!r}; rename one")
        stacks[stack.name] = stack
    return Configured(file, MappingProxyType(stacks), config.resolve().parent)


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_house(
    configured: Configured,
    database: Database,
    environment: Mapping[str, str],
    now: Clock = utc_now,
) -> House:
    """Wires everything that decides and remembers; `database` has its tables already. `now` is the
    clock that requests, schedules and the audit go by."""
    redactor = Redactor()
    secrets = References(redactor.learn, environment)
    keyring().hand(secrets)
    failpoints, bell, turns = Failpoints(environment), Bell(), Turns()
    ledger = _ledger(configured, database, redactor, now)
    reading = ThreadedFacts(
        READERS, secrets, now, redact=redactor.redact, past=JournaledPast(database)
    )
    watch, live = ServiceWatch(ledger, secrets, bell.ring), LiveMessages(ledger, bell)
    context = _context(configured, ledger, FactsAside(reading, turns), bell, failpoints)
    return House(
        file=configured.file,
        database=database,
        secrets=secrets,
        redactor=redactor,
        failpoints=failpoints,
        board=ledger.board,
        bell=bell,
        turns=turns,
        ledger=ledger,
        watch=watch,
        live=live,
        context=replace(context, watch=watch, live=live),
    )


def _ledger(configured: Configured, database: Database, redactor: Redactor, now: Clock) -> Ledger:
    return Ledger(
        database=database,
        policy=configured.file,
        stacks=configured.stacks,
        board=Board(),
        now=now,
        channel_of=lambda stack: configured.file.channel(stack.channel),
        redactor=redactor,
        notify=Teller(configured.file.paging, now, redactor.redact).notify,
    )


def _context(
    configured: Configured,
    ledger: Ledger,
    facts: FactsAside,
    bell: Bell,
    failpoints: Failpoints,
) -> Context:
    access = PolicyAccess(configured.file, ledger.database, ledger.now)
    messages = Messages(ledger, configured.file.incidents, configured.file.channel)
    return Context(
        stacks=configured.stacks,
        access=access,
        gate=PolicyGate(
            ledger,
            access=access,
            facts=facts,
            playbooks=PLAYBOOKS,
            bell=bell,
            failpoints=failpoints,
        ),
        history=StoredHistory(ledger),
        facts=facts,
        now=ledger.now,
        by_hand=by_hand,
        timetable=StoredTimetable(ledger, bell),
        deploy_locks=StoredDeployLocks(ledger, bell),
        oncall=stored_oncall(configured.file, ledger, bell),
        alerts=StoredAlerts(
            ledger, bell, ForeignSilences(configured.file.alerts, configured.stacks)
        ),
        routines=StoredRoutines(ledger, facts, bell),
        incidents=StoredIncidents(ledger, messages, bell),
        reviews=StoredReviews(ledger, messages, bell),
        maintenances=StoredMaintenances(ledger.database, ledger.now),
        trends=StoredTrends(ledger.database),
    )
