"""Incidents over the database: commands.ports.Incidents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.incidents import earlier
from bot.incidents.messages import Messages
from bot.incidents.record import Happened, record, record_all
from bot.ledger import Ledger
from bot.oncall.of_incidents import news_of
from bot.store import alerts
from bot.store import incidents as rows
from bot.store.incidents import Kept, Place
from commands.ports import Opening, Typed
from playbooks.errors import BadArgument, UnknownName
from playbooks.model.people import Actor
from playbooks.respond import course
from playbooks.respond.alert import Group
from playbooks.respond.course import Turn
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.timeline import Entry, Lane

_MOST_TEXT = 3_000
_LONGEST_TITLE = 150
_SAID = {
    "mitigate": "mitigated",
    "resolve": "resolved",
    "reopen": "reopened",
    "close": "closed",
}


@dataclass(frozen=True)
class _Change:
    """What somebody changed: the fields are the timeline's; without a `key` it is the version that
    came of it. `quiet` changes are not said in the channel, because something else says them."""

    kind: str
    text: str
    lane: Lane = Lane.PEOPLE
    link: str = ""
    key: str = ""
    quiet: bool = False


@dataclass(frozen=True)
class StoredIncidents:
    """Each change is one transaction: the incident, its timeline, the audit, what is said."""

    ledger: Ledger
    messages: Messages
    bell: Bell

    def open(self, opening: Opening, actor: Actor) -> Incident:
        try:
            with self.ledger.database.write() as connection:
                incident = self._opened(connection, opening, actor)
        except sa.exc.IntegrityError:
            # Two processes were told the same thing at once; the other one was first.
            if opening.once is None:
                raise
            with self.ledger.database.read() as connection:
                known = rows.get_once(connection, opening.once)
            if known is None:
                raise
            return known
        self.bell.ring()
        return incident

    def open_from_alert(self, key: str, actor: Actor, once: str | None = None) -> Incident:
        with self.ledger.database.write() as connection:
            shown = alerts.get(connection, key)
            if shown is None:
                raise UnknownName(f"There are no alerts {key!r}.", "`/ops alerts` lists them.")
            known = [each for each in rows.live(connection) if key in each.alerts]
            seen = [each for each in known if self._sees(connection, each, actor)]
            if seen:
                return seen[0]
            group = shown.group
            opening = Opening(
                title=_title_of(group),
                priority=course.priority_of(group.severity),
                stack=group.stack,
                alerts=(key,),
                once=once,
            )
            incident = self._opened(connection, opening, actor)
        self.bell.ring()
        return incident

    def get(self, id_: str) -> Incident:
        with self.ledger.database.read() as connection:
            found = rows.incident(connection, id_.lower())
        if found is None:
            raise _unknown(id_)
        return found

    def list(
        self, states: Sequence[IncidentState] = (), stack: str | None = None
    ) -> Sequence[Incident]:
        with self.ledger.database.read() as connection:
            return rows.page(connection, states, stack)

    def here(self, channel: str, thread: str | None) -> Sequence[Incident]:
        with self.ledger.database.read() as connection:
            found = rows.at_place(connection, channel)
        in_thread = [each for each in found if thread and each.thread == thread]
        return in_thread or [each for each in found if not (thread and each.thread)]

    def stack_at(self, channel: str) -> str:
        stacks = self.ledger.stacks.values()
        here = [each.name for each in stacks if self.ledger.channel_of(each) == channel]
        return here[0] if len(here) == 1 else ""

    def user_called(self, name: str) -> str:
        known = self.ledger.policy.person(name)
        return "" if known is None else known.slack

    def may_see(self, incident: Incident, actor: Actor, channel: str) -> bool:
        if channel and channel == incident.channel:
            return True
        with self.ledger.database.read() as connection:
            return self._sees(connection, incident, actor)

    def _sees(self, connection: sa.Connection, incident: Incident, actor: Actor) -> bool:
        if not incident.private:
            return True
        kept = rows.get(connection, incident.id)
        invited = kept.place.invited if kept else ()
        return actor.name == incident.opened_by or actor.slack in {
            *incident.roles.values(),
            *invited,
        }

    def entries(self, id_: str, *, offset: int = 0, limit: int | None = None) -> Sequence[Entry]:
        with self.ledger.database.read() as connection:
            return rows.entries(connection, id_, offset=offset, limit=limit)

    def newest(self, id_: str, *, skip: int, limit: int) -> Sequence[Entry]:
        with self.ledger.database.read() as connection:
            return rows.newest(connection, id_, skip=skip, limit=limit)

    def count(self, id_: str) -> int:
        with self.ledger.database.read() as connection:
            return rows.count(connection, id_)

    def note(
        self, id_: str, actor: Actor, text: str, at: datetime | None = None, once: str | None = None
    ) -> Entry:
        now, said = self.ledger.now(), self._clean(text)
        if at is not None and at > now:
            raise BadArgument("A note is of what has happened; its time is still to come.")
        with self.ledger.database.write() as connection:
            incident = _held(connection, id_).incident
            key = f"note:{once}" if once else f"note:{actor.name}:{now.isoformat()}"
            happened = Happened(
                stack=incident.stack,
                key=key,
                at=at or now,
                lane=Lane.PEOPLE,
                kind="note",
                text=said,
                by=actor.name,
                detail={"incident": incident.id},
            )
            record(connection, happened, now)
            self._audit(connection, incident, "note", actor.name, said)
            return rows.entry(connection, incident.id, key)

    def tell(self, id_: str, actor: Actor, text: str, once: str | None = None) -> Incident:
        now, said = self.ledger.now(), self._clean(text)
        with self.ledger.database.write() as connection:
            kept = _held(connection, id_)
            if once and rows.has(connection, kept.incident.id, f"update:{once}"):
                return kept.incident
            place = kept.place.model_copy(update={"update": said})
            kept = kept.model_copy(
                update={"incident": course.told(kept.incident, now), "place": place}
            )
            key = f"update:{once}" if once else ""
            change = _Change("update", said, key=key, quiet=True)
            kept = self._keep(connection, kept, actor.name, change)
            self.messages.post_update(connection, kept, actor.name, said)
        self.bell.ring()
        return kept.incident

    def typed(self, call: Typed) -> None:
        with self.ledger.database.read() as connection:
            found = rows.at_place(connection, call.channel)
        here = [each for each in found if not each.thread or each.thread == call.thread]
        here = [each for each in here if each.state is not IncidentState.CLOSED]
        if not here:
            return
        happened = [
            Happened(
                stack=each.stack,
                key=f"command:{call.once}",
                at=call.at,
                lane=Lane.COMMAND,
                kind="command",
                text=f"/ops {self._clean(call.text)}",
                by=call.actor.name,
                detail={"incident": each.id},
            )
            for each in here
        ]
        with self.ledger.database.write() as connection:
            record_all(connection, happened)

    def set_priority(self, id_: str, actor: Actor, priority: Priority) -> Incident:
        return self._change(
            id_,
            actor,
            lambda incident: course.prioritised(incident, priority),
            lambda before: _Change(
                "severity", f"Severity {priority.value}, it was {before.priority.value}"
            ),
        )

    def set_role(self, id_: str, actor: Actor, role: Role, slack: str) -> Incident:
        name = self._name_of(slack)
        who = f"{role.value.capitalize()} is {name or 'nobody'}"
        return self._change(
            id_,
            actor,
            lambda incident: course.assigned(incident, role, slack, self.ledger.now()),
            lambda _: _Change("role", who),
        )

    def turn(self, id_: str, actor: Actor, turn: Turn) -> Incident:
        said = _SAID[turn]
        return self._change(
            id_,
            actor,
            lambda incident: course.turned(incident, turn, self.ledger.now()),
            lambda _: _Change(said, said.capitalize()),
        )

    def tie(self, id_: str, actor: Actor, alert: str) -> Incident:
        with self.ledger.database.read() as connection:
            shown = alerts.peek(connection, alert)
        if shown is None:
            raise UnknownName(f"There are no alerts {alert!r}.", "`/ops alerts` lists them.")
        group = shown.group
        return self._change(
            id_,
            actor,
            lambda incident: course.tied(incident, alert, group.since),
            lambda _: _Change("tied", f"{group.rule} belongs to it", Lane.ALERT),
        )

    def _opened(self, connection: sa.Connection, opening: Opening, actor: Actor) -> Incident:
        if opening.once and (known := rows.get_once(connection, opening.once)):
            return known
        now, number = self.ledger.now(), rows.next_number(connection)
        title = " ".join(self._clean(opening.title).split())[:_LONGEST_TITLE]
        groups = [shown.group for key in opening.alerts if (shown := alerts.get(connection, key))]
        taken_on = [each.acknowledged_at for each in groups if each.acknowledged_at]
        incident = Incident(
            id=f"inc-{number}",
            title=title,
            priority=opening.priority,
            stack=opening.stack,
            kind=opening.kind,
            private=opening.private,
            opened_by=actor.name,
            opened_at=now,
            detected_at=min([now, *(each.since for each in groups)]),
            acknowledged_at=min(taken_on) if taken_on else None,
            alerts=opening.alerts,
        )
        own = opening.private or opening.priority in self.messages.rules.own_channel
        if not own:
            incident = course.placed(incident, self.messages.home_channel(incident), "")
        kept = Kept(
            incident=incident,
            place=Place(own=own, asked=(actor.slack,)),
            remind_at=self.messages.due(incident),
        )
        rows.insert(connection, kept, number, opening.once)
        earlier.backfill(connection, incident, self.messages.rules.look_back, now)
        text = f"Opened as {incident.priority.value}: {title}"
        change = _Change("opened", text, link=opening.source)
        self._record(connection, incident, change, actor.name)
        self._audit(connection, incident, "opened", actor.name, title)
        self.messages.want_card(connection, kept)
        return incident

    def _change(
        self,
        id_: str,
        actor: Actor,
        turn: Callable[[Incident], Incident],
        change: Callable[[Incident], _Change],
    ) -> Incident:
        """What is so already changes nothing, and is said nowhere."""
        with self.ledger.database.write() as connection:
            kept = _held(connection, id_)
            before, after = kept.incident, turn(kept.incident)
            if after is not before:
                kept = self._asked_in(kept.model_copy(update={"incident": after}))
                kept = self._keep(connection, kept, actor.name, change(before))
        self.bell.ring()
        return kept.incident

    def _keep(self, connection: sa.Connection, kept: Kept, by: str, change: _Change) -> Kept:
        """The new state with all that follows from it, in the transaction."""
        incident = kept.incident
        kept = kept.model_copy(update={"remind_at": self.messages.due(incident)})
        rows.put(connection, kept)
        self._record(connection, incident, change, by)
        self._audit(connection, incident, change.kind, by, change.text)
        self.messages.want_card(connection, kept)
        self.messages.announce(connection, kept)
        if not change.quiet:
            self.messages.say_change(connection, kept, by, change.text)
        return kept

    def _record(
        self, connection: sa.Connection, incident: Incident, change: _Change, by: str
    ) -> None:
        happened = Happened(
            stack=incident.stack,
            key=change.key or f"incident:{incident.id}:{incident.version}",
            at=self.ledger.now(),
            lane=change.lane,
            kind=change.kind,
            text=change.text,
            by=by,
            link=change.link,
            detail={"incident": incident.id},
        )
        record(connection, happened)
        home = self.messages.home_channel(incident)
        news = news_of(incident, change.kind, change.text, home)
        if news is not None:
            self.ledger.notify(connection, news)

    def _audit(
        self, connection: sa.Connection, incident: Incident, kind: str, by: str, said: str
    ) -> None:
        severity = {"severity": incident.priority.value}
        audit.append(
            connection,
            at=self.ledger.now(),
            kind=f"incident.{kind}",
            actor=by,
            stack=incident.stack,
            subject=incident.id,
            detail=severity if incident.private else {"said": said, **severity},
        )

    def _asked_in(self, kept: Kept) -> Kept:
        """Whoever has a role is asked into the channel."""
        asked = dict.fromkeys([*kept.place.asked, *kept.incident.roles.values()])
        place = kept.place.model_copy(update={"asked": tuple(asked)})
        return kept.model_copy(update={"place": place})

    def _name_of(self, slack: str) -> str:
        known = self.ledger.policy.person_with(slack)
        return known.name if known else slack

    def _clean(self, text: str) -> str:
        return self.ledger.redactor.redact(text.strip())[:_MOST_TEXT]


def _held(connection: sa.Connection, id_: str) -> Kept:
    kept = rows.hold(connection, id_.lower())
    if kept is None:
        raise _unknown(id_)
    return kept


def _title_of(group: Group) -> str:
    """What an alert says before it goes into details: `api is down`."""
    point = group.summary.split(": ", 1)[0].splitlines()
    return (point[0].rstrip(".") if point else group.rule)[:_LONGEST_TITLE]


def _unknown(id_: str) -> UnknownName:
    return UnknownName(f"There is no incident {id_!r}.", "`/ops incident list` lists them.")
