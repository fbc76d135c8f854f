"""Looks whether backups and drills are young enough, and drills passed; says once when they are
not, and when they are again, unless alerts of the stack's thresholds do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from bot import audit
from bot.bell import Bell
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.store import outbox
from bot.store import schedules as rows
from commands.protect.known import LIST
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import ago, duration, escape, joined, people
from playbooks.gate.access import may
from playbooks.model.stack import Stack
from playbooks.ports import FactReader
from playbooks.protection import Drilled, Standing, standings
from playbooks.repository.listing import Listing
from playbooks.respond.measuring import spoken_for

_log = structlog.get_logger(__name__)
_SECONDS = 300.0
_WATCH = ":watch"


@dataclass(frozen=True)
class Alarm:
    """One thing to watch. `wrong` is said when it begins, empty while all is well; `right`, what is
    said when it is over, empty while that is not known. `called` is the word for it meanwhile.
    `alerted`: a threshold of the stack makes an alert of it, which is all that people hear."""

    kind: str
    subject: str
    wrong: str
    right: str
    called: str
    alerted: bool = False


@dataclass(frozen=True)
class ObjectiveWatch:
    """Watches the objectives of stacks. What is open is remembered in the database."""

    ledger: Ledger
    facts: FactReader
    bell: Bell

    async def run(self) -> None:
        """Looks every five minutes, for ever."""
        await rounds("objectives", _SECONDS, self.look)

    def look(self) -> None:
        """A repository that cannot be read changes nothing: the daily proof says so."""
        for stack in self.ledger.stacks.values():
            if stack.backup is None or (
                stack.objectives.shortest_rpo is None and stack.drill is None
            ):
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
            known_for = now - rows.get(connection, stack.name, _WATCH, now).seen_until
            for standing in standings(stack, listing.backups, {}, now):
                for alarm in _alarms(stack, standing, known_for, now):
                    self._tell(connection, stack, alarm, now)

    def _tell(self, connection: sa.Connection, stack: Stack, alarm: Alarm, now: datetime) -> None:
        """Says it when it begins and when it is over, and nothing in between."""
        if alarm.wrong:
            since = rows.open_breach(connection, stack.name, alarm.subject, now)
            if since is not None:
                self._say(connection, stack, alarm, what="breach", since=since, text=alarm.wrong)
        elif alarm.right:
            since = rows.close_breach(connection, stack.name, alarm.subject)
            if since is not None:
                lasted = duration((now - since).total_seconds())
                text = f"{alarm.right} It was {alarm.called} for {lasted}."
                self._say(connection, stack, alarm, what="met", since=since, text=text)

    def _say(
        self,
        connection: sa.Connection,
        stack: Stack,
        alarm: Alarm,
        *,
        what: str,
        since: datetime,
        text: str,
    ) -> None:
        now = self.ledger.now()
        audit.append(
            connection,
            at=now,
            kind=f"{alarm.kind}.{what}",
            actor="watch",
            stack=stack.name,
            subject=alarm.subject,
            detail={"said": text},
        )
        if alarm.alerted:
            return
        told = people(self._can_act(stack)) if what == "breach" else ""
        desired = Desired(
            key=f"{alarm.kind}:{stack.name}/{alarm.subject}:{since.isoformat()}:{what}",
            channel=self.ledger.channel_of(stack),
            lane=Lane.CRITICAL,
            version=1,
            body=Body(text=joined([escape(text), told])),
        )
        outbox.want(connection, desired, now)

    def _can_act(self, stack: Stack) -> tuple[str, ...]:
        """Those who may ask for a backup or a drill of the stack."""
        policy = self.ledger.policy
        everybody = (policy.person(name) for name in policy.people)
        return tuple(
            person.slack
            for person in everybody
            if person and may(policy, person, "ask", stack.name, stack.environment)
        )


def _alarms(
    stack: Stack, standing: Standing, known_for: timedelta, now: datetime
) -> Iterator[Alarm]:
    where = f"{stack.environment}/{stack.name} {standing.datastore}"
    if stack.objectives.rpo_of(standing.datastore) is not None:
        yield _backup_alarm(stack, standing, where, known_for)
    if standing.drill is not None:
        yield _failed_alarm(stack, standing, standing.drill, where, now)
    if standing.drill_objective is not None:
        yield _overdue_alarm(stack, standing, standing.drill_objective, where, known_for)


def _backup_alarm(stack: Stack, standing: Standing, where: str, known_for: timedelta) -> Alarm:
    newest = (
        f"the newest good backup is {duration(standing.age or 0)} old"
        if standing.newest
        else "there is no good backup"
    )
    objective = duration(standing.age_objective or 0)
    wrong = f"RPO missed, {where}: {newest}, the objective is {objective}. `/ops rpo {stack.name}`"
    missed = standing.too_old or _never_made(standing, known_for)
    met = f"RPO met again, {where}: a new backup is there."
    return Alarm(
        kind="rpo",
        subject=standing.datastore,
        wrong=wrong if missed else "",
        right=met if standing.newest is not None else "",
        called="missed",
        alerted=spoken_for(stack, "backup_late", standing.datastore),
    )


def _failed_alarm(
    stack: Stack, standing: Standing, drill: Drilled, where: str, now: datetime
) -> Alarm:
    wrong = (
        f"Drill failed, {where}: the restore of {drill.backup}, rehearsed "
        f"{ago(drill.note.at, now)}, did not bring it back whole: {drill.note.why}. "
        f"`/ops backup {stack.name} {standing.datastore}` makes another, "
        f"`/ops drill {stack.name} {standing.datastore}` tries again."
    )
    return Alarm(
        kind="drill",
        subject=f"{standing.datastore}:failed",
        wrong=wrong if standing.drill_failed else "",
        right=f"Drill passed again, {where}: {drill.backup} was restored and checked.",
        called="failed",
        alerted=spoken_for(stack, "drill_failed", standing.datastore),
    )


def _overdue_alarm(
    stack: Stack, standing: Standing, objective: float, where: str, known_for: timedelta
) -> Alarm:
    never = standing.drill_age is None
    overdue = standing.drill_overdue or (never and known_for.total_seconds() > objective)
    last = (
        "no drill has passed yet"
        if never
        else (f"the last drill that passed was {duration(standing.drill_age or 0)} ago")
    )
    wrong = (
        f"Drill overdue, {where}: {last}; one is to pass every {duration(objective)}. "
        f"`/ops drill {stack.name} {standing.datastore}` runs one now."
    )
    return Alarm(
        kind="drill",
        subject=f"{standing.datastore}:overdue",
        wrong=wrong if overdue else "",
        right="" if never else f"Drilled again, {where}: a restore was rehearsed and all is well.",
        called="overdue",
        alerted=spoken_for(stack, "drill_overdue", standing.datastore),
    )


def _never_made(standing: Standing, known_for: timedelta) -> bool:
    """No backup at all, for longer than the objective allows since the stack is known."""
    objective = standing.age_objective
    return (
        standing.newest is None and objective is not None and known_for.total_seconds() > objective
    )
