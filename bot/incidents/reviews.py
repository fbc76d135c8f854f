"""What people find out about incidents: commands.ports.Reviews over the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.incidents.messages import Messages
from bot.incidents.phases import Phases, held
from bot.incidents.record import Happened, record
from bot.ledger import Ledger
from bot.store import figures as counts
from bot.store import incidents
from bot.store import reviewing as rows
from bot.store.incidents import Kept
from commands.ports import Wanted, Written
from playbooks.errors import UnknownName
from playbooks.model.base import JsonObject
from playbooks.model.checks import IncidentCheck
from playbooks.model.contacts import OfficeHours
from playbooks.model.people import Actor
from playbooks.respond import phases as course
from playbooks.respond.course import taken_on
from playbooks.respond.figures import Figures, counted
from playbooks.respond.incident import Incident
from playbooks.respond.measures import measured
from playbooks.respond.phases import Checklist, Place, Tick
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.review import FollowUp, Review
from playbooks.respond.timeline import Lane


@dataclass(frozen=True)
class StoredReviews:
    """Each change is one transaction: what was written, the timeline, the audit."""

    ledger: Ledger
    messages: Messages
    bell: Bell

    def phases(self, incident: Incident) -> Checklist:
        with self.ledger.database.read() as connection:
            found = rows.checklist(connection, incident.id)
        if found is None:
            raise _no_phases(incident)
        return found

    def tick(self, incident: Incident, place: str, actor: Actor, *, done: bool) -> Checklist:
        phases, now = Phases(self.ledger), self.ledger.now()
        with self.ledger.database.write() as connection:
            both = held(connection, incident.id)
            if both is None:
                raise _no_phases(incident)
            kept, before = both
            where = course.place_of(before.checklist, place)
            if done:
                tick = Tick(by=actor.name, at=now)
                after = course.ticked(before.checklist, where, tick)
            else:
                after = course.unticked(before.checklist, where)
            if after != before.checklist:
                text = course.item_at(after, where).text
                phases.note(connection, incident, actor, "ticked" if done else "unticked", text)
                after = course.moved(after, now)
                kept = self._taken_on(connection, kept, after, where)
            phases.turned(connection, kept, before, after, actor.name)
        self.bell.ring()
        return after

    def _taken_on(
        self, connection: sa.Connection, kept: Kept, checklist: Checklist, where: Place
    ) -> Kept:
        """Whoever ticks that the incident is taken on has taken it on."""
        task = course.item_at(checklist, where)
        meant = isinstance(task.what, IncidentCheck) and task.what.holds == "acknowledged"
        if not meant or task.tick is None or kept.incident.acknowledged_at is not None:
            return kept
        fresh = kept.model_copy(update={"incident": taken_on(kept.incident, task.tick.at)})
        incidents.put(connection, fresh)
        self.messages.want_card(connection, fresh)
        return fresh

    def postmortem(self, incident: Incident) -> Postmortem:
        stack = self.ledger.stacks.get(incident.stack)
        with self.ledger.database.read() as connection:
            entries = incidents.entries(connection, incident.id)
            review = rows.review(connection, incident.id)
            followups = rows.followups_of(connection, incident.id)
            checklist = rows.checklist(connection, incident.id)
        return Postmortem(
            incident=incident,
            measures=measured(incident, entries, review.began_at),
            entries=tuple(entries),
            review=review,
            followups=tuple(followups),
            checklist=checklist,
            environment=stack.environment if stack else "",
            zone=self.zone(incident),
            people={each.slack: name for name, each in self.ledger.policy.people.items()},
            written_at=self.ledger.now(),
        )

    def write(self, incident: Incident, actor: Actor, written: Written) -> Review:
        now = self.ledger.now()
        fresh = written.model_dump(exclude_none=True)
        fresh |= {
            name: self.ledger.redactor.redact(text)
            for name, text in fresh.items()
            if isinstance(text, str)
        }
        with self.ledger.database.write() as connection:
            before = rows.review(connection, incident.id)
            edited: dict[str, object] = {"edited_by": actor.name, "edited_at": now}
            after = before.model_copy(update=fresh | edited)
            rows.put_review(connection, after)
            what = ", ".join(sorted(fresh)).replace("began_at", "began")
            self._note(
                connection, incident, actor, "reviewed", f"Wrote into the post-mortem: {what}"
            )
        return after

    def add(self, incident: Incident, actor: Actor, wanted: Wanted) -> FollowUp:
        owner = self.ledger.policy.person_with(wanted.owner)
        with self.ledger.database.write() as connection:
            if wanted.once and (known := rows.followup_once(connection, wanted.once)):
                return known
            made = FollowUp(
                id=rows.next_followup(connection, incident.id),
                incident=incident.id,
                stack=incident.stack,
                text=self.ledger.redactor.redact(wanted.text),
                owner=owner.name if owner else wanted.owner,
                owner_slack=wanted.owner,
                due=wanted.due,
                made_by=actor.name,
                made_at=self.ledger.now(),
            )
            rows.put_followup(connection, made, wanted.once)
            said = f"Action {made.id} for {made.owner}, due {made.due}: {made.text}"
            self._note(connection, incident, actor, "action", said)
        return made

    def done(self, id_: str, actor: Actor) -> FollowUp:
        with self.ledger.database.write() as connection:
            found = rows.hold_followup(connection, id_.lower())
            if found is None:
                raise _no_followup(id_)
            if found.done_at is not None:
                return found
            update = {"done_by": actor.name, "done_at": self.ledger.now()}
            after = found.model_copy(update=update)
            rows.put_followup(connection, after)
            incident = incidents.incident(connection, found.incident)
            if incident is not None:
                said = f"Done: {after.id}: {after.text}"
                self._note(connection, incident, actor, "action-done", said)
        return after

    def followup(self, id_: str) -> FollowUp:
        with self.ledger.database.read() as connection:
            found = rows.followup(connection, id_.lower())
        if found is None:
            raise _no_followup(id_)
        return found

    def followups(self, incident: str | None = None) -> Sequence[FollowUp]:
        with self.ledger.database.read() as connection:
            if incident is None:
                return rows.open_followups(connection)
            return rows.followups_of(connection, incident)

    def zone(self, incident: Incident) -> str:
        return hours_of(self.ledger, incident.stack).zone

    def figures(self, stacks: Sequence[str], since: datetime) -> Figures:
        with self.ledger.database.read() as connection:
            return counted(
                counts.changes(connection, stacks, since),
                counts.opened(connection, stacks, since),
                counts.approvals(connection, stacks, since),
                since,
                self.ledger.now(),
            )

    def _note(
        self, connection: sa.Connection, incident: Incident, actor: Actor, kind: str, said: str
    ) -> None:
        now = self.ledger.now()
        detail: JsonObject = {"incident": incident.id}
        happened = Happened(
            stack=incident.stack,
            key=f"{kind}:{actor.name}:{now.isoformat()}",
            at=now,
            lane=Lane.PEOPLE,
            kind=kind,
            text=said,
            by=actor.name,
            detail=detail,
        )
        record(connection, happened, now)
        audit.append(
            connection,
            at=now,
            kind=f"incident.{kind}",
            actor=actor.name,
            stack=incident.stack,
            subject=incident.id,
            detail={"said": said},
        )


def hours_of(ledger: Ledger, stack: str) -> OfficeHours:
    """When people of the stack work; the usual hours for what belongs to none."""
    known = ledger.stacks.get(stack)
    return known.office_hours if known else OfficeHours()


def _no_phases(incident: Incident) -> UnknownName:
    return UnknownName(
        f"The phases of {incident.id} have not begun.", "They do once it has its place in Slack."
    )


def _no_followup(id_: str) -> UnknownName:
    return UnknownName(
        f"There is no action {id_!r}.", "`/ops action list` has those that are open."
    )
