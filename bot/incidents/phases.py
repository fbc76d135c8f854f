"""Phases of incidents over the database: begun, ticked, looked at, asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from bot import audit
from bot.incidents.record import Happened, record_all
from bot.ledger import Ledger
from bot.store import incidents, outbox
from bot.store import reviewing as rows
from bot.store.incidents import Kept
from bot.store.reviewing import Held
from notifiers.ports import Body, Desired, Lane
from notifiers.views.incident import incident_key
from notifiers.views.phases import commander_of, overdue_message, phases_message
from playbooks.model.people import Actor
from playbooks.model.routines import Phase
from playbooks.respond import phases as course
from playbooks.respond import timeline
from playbooks.respond.incident import Incident
from playbooks.respond.phases import Checklist, Place


@dataclass(frozen=True)
class Phases:
    """Methods with a connection act in its transaction: the phases, what is said of them, the
    timeline and the audit."""

    ledger: Ledger

    def begin(self, connection: sa.Connection, kept: Kept) -> None:
        """The phases that the stack has for this kind of incident."""
        begun = course.begun(kept.incident, self._phases(kept.incident))
        rows.put_checklist(connection, Held(begun))
        self._want(connection, kept, begun)

    def turned(
        self, connection: sa.Connection, kept: Kept, held: Held, after: Checklist, by: str
    ) -> None:
        """It was like `held` and is like `after` from now on."""
        before, now = held.checklist, self.ledger.now()
        if after == before:
            return
        rows.put_checklist(connection, replace(held, checklist=after))
        record_all(connection, list(_happened(kept.incident, before, after, by, now)), now)
        self._want(connection, kept, after)

    def ask(
        self, connection: sa.Connection, kept: Kept, checklist: Checklist, stages: Sequence[int]
    ) -> None:
        """Whoever commands is told what is left, in a message of its own."""
        body = overdue_message(checklist, kept.incident, stages, commander_of(kept.incident))
        what = f"phases:overdue:{checklist.version}"
        self._say(connection, kept, what, body, lane=Lane.CRITICAL)

    def shown(self, connection: sa.Connection, kept: Kept) -> bool:
        """Whether the phases are, or will be, where the incident lives by now."""
        key = f"{incident_key(kept.incident.id, kept.place.moved)}:phases"
        return not kept.incident.channel or outbox.is_wanted(connection, key)

    def show(self, connection: sa.Connection, kept: Kept, checklist: Checklist) -> None:
        """They are said where it lives."""
        self._want(connection, kept, checklist)

    def note(
        self, connection: sa.Connection, incident: Incident, actor: Actor, kind: str, text: str
    ) -> None:
        """Somebody did something to the phases."""
        audit.append(
            connection,
            at=self.ledger.now(),
            kind=f"incident.{kind}",
            actor=actor.name,
            stack=incident.stack,
            subject=incident.id,
            detail={"item": self.ledger.redactor.redact(text)},
        )

    def _phases(self, incident: Incident) -> Sequence[Phase]:
        stack = self.ledger.stacks.get(incident.stack)
        return course.phases_for(incident.kind, {} if stack is None else stack.incidents)

    def _want(self, connection: sa.Connection, kept: Kept, checklist: Checklist) -> None:
        body = phases_message(checklist, self.ledger.now())
        self._say(connection, kept, "phases", body, version=checklist.version)

    def _say(
        self,
        connection: sa.Connection,
        kept: Kept,
        what: str,
        body: Body,
        *,
        version: int = 1,
        lane: Lane = Lane.UPDATE,
    ) -> None:
        """Where the incident lives by now."""
        key = incident_key(kept.incident.id, kept.place.moved)
        if not kept.incident.channel:
            return
        desired = Desired(
            key=f"{key}:{what}",
            channel=kept.incident.channel,
            lane=lane,
            version=version,
            body=body,
            thread_of=None if kept.place.own else key,
        )
        outbox.want(connection, desired, self.ledger.now())


def held(connection: sa.Connection, incident: str) -> tuple[Kept, Held] | None:
    """The incident and its phases, which nobody else changes until this transaction ends."""
    kept, found = incidents.hold(connection, incident), rows.hold_checklist(connection, incident)
    return None if kept is None or found is None else (kept, found)


def _happened(
    incident: Incident, before: Checklist, after: Checklist, by: str, now: datetime
) -> Sequence[Happened]:
    """What the timeline says of the difference."""
    found: list[Happened] = []

    def say(key: str, kind: str, text: str, who: str) -> None:
        detail = {"incident": incident.id}
        found.append(
            Happened(
                stack=incident.stack,
                key=f"phase:{after.version}:{key}",
                at=now,
                lane=timeline.Lane.PHASE,
                kind=kind,
                text=text,
                by=who,
                detail=detail,
            )
        )

    if after.at_stage > before.at_stage:
        say("stage", "phase", f"Phase begins: {after.stages[after.at_stage].name}", "")
    for number, (old, new) in enumerate(zip(before.stages, after.stages, strict=True)):
        if new.asked_at != old.asked_at:
            say(f"{number}:overdue", "overdue", f"Phase overdue: {new.name}", "")
        for at, (was, is_) in enumerate(zip(old.items, new.items, strict=True)):
            place = Place(number, at).shown
            if is_.tick is not None and was.tick is None:
                note = f": {is_.tick.note}" if is_.tick.note else ""
                say(place, "ticked", f"Done: {is_.text}{note}", is_.tick.by)
            elif is_.tick is None and was.tick is not None:
                say(place, "unticked", f"Not done after all: {is_.text}", by)
    return found
