"""Schedules `on: change`: looks at files now and then, and fires when they have changed."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from bot.ledger import Ledger
from bot.schedules.timetable import fire_id
from bot.store import requests, runs
from bot.store import schedules as rows
from bot.store.schedules import FireRow
from playbooks.model.facts import FactQuery
from playbooks.model.request import RequestState, RunState
from playbooks.model.schedule import Schedule
from playbooks.model.stack import Stack
from playbooks.ports import FactReader
from playbooks.rhythm import Fire, fires_between, next_fire

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 120.0
_UNDER_WAY = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.UNCERTAIN})


@dataclass(frozen=True)
class Changes:
    """Looks once in each interval, whatever was missed; what did not change leaves no trace.

    What cannot be looked at is asked for once a day, so that the plan says aloud what is wrong.
    """

    ledger: Ledger
    facts: FactReader

    def note_due(self, stack: Stack, name: str, schedule: Schedule) -> None:
        """Notes a fire when it is time to look and something has changed."""
        now = self.ledger.now()
        with self.ledger.database.read() as connection:
            seen = rows.peek(connection, stack.name, name)
            last = next(iter(rows.newest(connection, stack.name, name)), None)
            busy = last is not None and self._under_way(connection, last)
        if busy or (seen is not None and next_fire(schedule, seen.seen_until).at > now):
            return
        [due] = fires_between(schedule, now - 2 * schedule.looks_every, now, 1)
        fire = None if seen is not None and seen.paused_at else self._fire(stack, schedule, due)
        with self.ledger.database.write() as connection:
            rows.get(connection, stack.name, name, now)
            if fire is not None:
                rows.note(connection, _noted(stack, name, fire, now))
            rows.see(connection, stack.name, name, due.at)

    def _fire(self, stack: Stack, schedule: Schedule, due: Fire) -> Fire | None:
        queries = {
            name: FactQuery(fact="files.changed", args={"datastore": name})
            for name in stack.scheduled(schedule)
        }
        facts = self.facts.read(stack, tuple(queries.values()), within=_LOOK_SECONDS)
        found = [facts.get(query) for query in queries.values()]
        if any(each is not None and each["changed"] for each in found):
            return due
        unread = [name for name, query in queries.items() if facts.get(query) is None]
        if not unread:
            return None
        _log.warning("schedule.cannot-look", stack=stack.name, datastores=unread)
        return Fire(f"{due.at:%Y-%m-%d}", due.at)

    def _under_way(self, connection: sa.Connection, fire: FireRow) -> bool:
        """Whether what was asked for last is not over: it may be about this very change."""
        if fire.state == "begun":
            return True
        asked = requests.get(connection, fire.request) if fire.request else None
        if asked is None or asked.state is not RequestState.APPROVED:
            return asked is not None and asked.state is RequestState.PENDING
        run = runs.row(connection, asked.id)
        return run is not None and run["state"] in _UNDER_WAY


def _noted(stack: Stack, name: str, fire: Fire, now: datetime) -> FireRow:
    return FireRow(
        id=fire_id(stack.name, name, fire.key),
        stack=stack.name,
        name=name,
        key=fire.key,
        at=fire.at,
        begun_at=now,
        state="begun",
    )
