"""A harbor with a nightly backup, a clock that tests turn, and schedulers over one database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.engine.carried import Equipment
from bot.engine.failpoints import VARIABLE, Failpoints
from bot.facts import ThreadedFacts
from bot.maintenance.upkeep import Upkeep
from bot.objectives import ObjectiveWatch
from bot.past import JournaledPast
from bot.schedules.changes import Changes
from bot.schedules.proof import Proof
from bot.schedules.scheduler import Scheduler
from bot.schedules.timetable import StoredTimetable
from bot.store.database import Database
from bot.store.tables import fires, outbox, requests
from playbooks.catalogue import ACTIONS, PLAYBOOKS, READERS
from playbooks.gate.policy import Policy
from playbooks.model.stack import Stack
from tests.support import yard
from tests.support.forks import FORKS
from tests.support.house import House, Materials, build
from tests.support.story import until

EVENING = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
"""02:00 in Paris."""


@dataclass
class Clock:
    """Stands still until it is turned."""

    moment: datetime = EVENING

    def __call__(self) -> datetime:
        return self.moment

    def turn_to(self, moment: datetime) -> None:
        self.moment = moment


@dataclass(frozen=True)
class Night:
    """One bot's parts over the database of the night."""

    setting: "Setting"
    house: House
    stack: Stack
    clock: Clock
    scheduler: Scheduler
    timetable: StoredTimetable
    upkeep: Upkeep
    watch: ObjectiveWatch
    equipment: Equipment

    def at(self, moment: datetime) -> None:
        """It is `moment`, and the scheduler looks what is due."""
        self.clock.turn_to(moment)
        self.scheduler.turn()

    def requests(self) -> list[str]:
        """What was asked for under an id of its own, oldest first."""
        query = sa.select(requests.c.once).order_by(requests.c.asked_at, requests.c.once)
        with self.house.database.read() as connection:
            return [once for once in connection.execute(query).scalars() if once]

    def fires(self) -> dict[str, tuple[str, str]]:
        """Every fire by its key: its state, and why."""
        query = sa.select(fires).order_by(fires.c.at)
        with self.house.database.read() as connection:
            return {row.key: (row.state, row.why) for row in connection.execute(query)}

    def said(self, opening: str) -> list[str]:
        """The texts of messages whose key opens so."""
        query = sa.select(outbox.c.body).where(outbox.c.key.startswith(opening))
        with self.house.database.read() as connection:
            return [body["text"] for body in connection.execute(query).scalars()]


@dataclass(frozen=True)
class Setting:
    """What a night begins with: `more` are keys of the schedule, `rules` of the stack's backups."""

    folder: Path
    url: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    stack: dict[str, Any] = field(default_factory=dict)
    policy: Policy | None = None


def stack_of(setting: Setting) -> Stack:
    uploads = setting.folder / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    (uploads / "one.txt").write_text("one")
    schedule = {"at": "02:00", "zone": "Europe/Paris", **setting.more}
    described = {
        "name": "harbor",
        "environment": "prod",
        "channel": "ops-harbor",
        "datastores": {"uploads": {"kind": "files", "path": str(uploads)}},
        "backup": {
            "repository": f"file://{setting.folder / 'backups'}",
            "schedules": {"nightly": schedule},
            **setting.rules,
        },
        **setting.stack,
    }
    return Stack.model_validate(described)


@contextmanager
def night(setting: Setting, clock: Clock | None = None, failpoint: str = "") -> Iterator[Night]:
    """A bot without Slack, its engine not started."""
    stack, now = stack_of(setting), clock or Clock()
    failpoints = Failpoints({VARIABLE: failpoint} if failpoint else {})
    url = setting.url or f"sqlite:///{setting.folder / 'interlock.db'}"
    past = Database(url)
    facts = ThreadedFacts(READERS, yard.NoSecrets(), now, past=JournaledPast(past))
    house = build(
        Materials(
            database_url=url,
            policy=setting.policy or yard.policy(),
            stacks={"harbor": stack},
            playbooks=PLAYBOOKS,
            actions=ACTIONS,
            facts=facts,
            secrets=yard.NoSecrets(),
            now=now,
            failpoints=failpoints,
            channel_of=lambda each: f"C-{each.channel}",
            anchor=setting.folder / "audit-head.json",
            tick=0.2,
        )
    )
    try:
        yield Night(
            setting=setting,
            house=house,
            stack=stack,
            clock=now,
            scheduler=Scheduler(
                ledger=house.ledger,
                gate=house.gate,
                bell=house.bell,
                failpoints=failpoints,
                proof=Proof(house.ledger, facts, house.bell),
                changes=Changes(house.ledger, facts),
            ),
            upkeep=Upkeep(house.ledger, house.gate, facts, house.bell),
            timetable=StoredTimetable(house.ledger, house.bell),
            watch=ObjectiveWatch(house.ledger, facts, house.bell),
            equipment=Equipment(
                ledger=house.ledger,
                facts=facts,
                playbooks=PLAYBOOKS,
                actions=ACTIONS,
                secrets=yard.NoSecrets(),
                bell=house.bell,
                failpoints=failpoints,
            ),
        )
    finally:
        past.close()
        house.database.close()


async def carry_out(one: Night) -> None:
    """Whatever is asked for by now runs to its end, by an engine over the same database."""
    with night(one.setting, one.clock) as other:
        ids = [dossier.request.id for dossier in other.house.history.dossiers()]
        await other.house.engine.start()
        try:
            for request in ids:
                await until(other.house, request)
        finally:
            await other.house.engine.stop()


def nights(count: int, hour: timedelta = timedelta(hours=1)) -> datetime:
    """An hour after the fire of the `count`-th night, the first one counted 0."""
    return NIGHT + timedelta(days=count) + hour


def life(setting: Setting, moments: list[datetime], failpoint: str = "") -> int:
    """A process that lives through these moments, killed at the failpoint; its exit code."""
    process = FORKS.Process(target=_live, args=(setting, moments, failpoint))
    process.start()
    process.join(60)
    assert process.exitcode is not None, "a life did not end"
    return process.exitcode


def _live(setting: Setting, moments: list[datetime], failpoint: str) -> None:
    with night(setting, failpoint=failpoint) as one:
        for moment in moments:
            one.at(moment)
        words = json.dumps({"requests": one.requests(), "fires": one.fires()})
        (setting.folder / "last-words.json").write_text(words)
