"""Looks whether backups are young enough, and says once when they are not, and when they are."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot import audit
from bot.bell import Bell
from bot.ledger import Ledger
from bot.store import outbox
from bot.store import schedules as rows
from commands.protect.known import LIST
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import duration, escape
from playbooks.model.stack import Stack
from playbooks.ports import FactReader
from playbooks.protection import Standing, standings
from playbooks.repository.catalogue import Listing

_log = structlog.get_logger(__name__)
_SECONDS = 300.0
_WATCH = ":watch"


@dataclass(frozen=True)
class ObjectiveWatch:
    """Watches the objectives of stacks. What is open is remembered in the database."""

    ledger: Ledger
    facts: FactReader
    bell: Bell

    async def run(self) -> None:
        """Looks every five minutes, for ever."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception:  # noqa: BLE001 - the boundary of this task
                _log.exception("watch.failed")
            await asyncio.sleep(_SECONDS)

    def look(self) -> None:
        """A repository that cannot be read changes nothing: the daily proof says so."""
        for stack in self.ledger.stacks.values():
            if stack.backup is None or stack.objectives.rpo is None:
                continue
            fact = self.facts.read(stack, [LIST]).get(LIST)
            if fact is None:
                _log.warning("watch.unreadable", stack=stack.name)
                continue
            self._judge(stack, Listing.model_validate(fact))
        self.bell.ring()

    def _judge(self, stack: Stack, listing: Listing) -> None:
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            first = rows.get(connection, stack.name, _WATCH, now).seen_until
            for standing in standings(stack, listing.backups, {}, now):
                if standing.too_old or _never_made(standing, now - first):
                    self._opened(connection, stack, standing, now)
                elif standing.newest is not None:
                    self._over(connection, stack, standing, now)

    def _opened(
        self, connection: sa.Connection, stack: Stack, standing: Standing, now: datetime
    ) -> None:
        since = rows.open_breach(connection, stack.name, standing.datastore, now)
        if since is None:
            return
        where = f"{stack.environment}/{stack.name} {standing.datastore}"
        objective = duration(standing.age_objective or 0)
        newest = (
            f"the newest good backup is {duration(standing.age or 0)} old"
            if standing.newest
            else "there is no good backup"
        )
        text = f"RPO missed, {where}: {newest}, the objective is {objective}."
        text += f" `/ops rpo {stack.name}`"
        self._say(connection, stack, standing, what="breach", since=since, text=text)

    def _over(
        self, connection: sa.Connection, stack: Stack, standing: Standing, now: datetime
    ) -> None:
        since = rows.close_breach(connection, stack.name, standing.datastore)
        if since is None:
            return
        where = f"{stack.environment}/{stack.name} {standing.datastore}"
        took = duration((now - since).total_seconds())
        text = f"RPO met again, {where}: a new backup is there. It was missed for {took}."
        self._say(connection, stack, standing, what="met", since=since, text=text)

    def _say(
        self,
        connection: sa.Connection,
        stack: Stack,
        standing: Standing,
        *,
        what: str,
        since: datetime,
        text: str,
    ) -> None:
        now = self.ledger.now()
        audit.append(
            connection,
            at=now,
            kind=f"rpo.{what}",
            actor="watch",
            stack=stack.name,
            subject=standing.datastore,
            detail={"said": text},
        )
        desired = Desired(
            key=f"rpo:{stack.name}/{standing.datastore}:{since.isoformat()}:{what}",
            channel=self.ledger.channel_of(stack),
            lane=Lane.CRITICAL,
            version=1,
            body=Body(text=escape(text)),
        )
        outbox.want(connection, desired, now)


def _never_made(standing: Standing, known_for: timedelta) -> bool:
    """No backup at all, for longer than the objective allows since the stack is known."""
    objective = standing.age_objective
    return (
        standing.newest is None and objective is not None and known_for.total_seconds() > objective
    )
