"""Goes through the phases of incidents: begins them, looks at what can be looked at, asks for what
is overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.bell import Bell
from bot.incidents.phases import Phases, held
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.store import incidents
from bot.store import reviewing as rows
from bot.store.reviewing import Held
from playbooks.errors import InterlockError
from playbooks.model.checks import Check, IncidentCheck
from playbooks.ports import FactReader
from playbooks.respond import checks
from playbooks.respond import phases as course
from playbooks.respond.checking.finding import Finding
from playbooks.respond.incident import Incident
from playbooks.respond.phases import Checklist, Place
from playbooks.respond.review import Review

_log = structlog.get_logger(__name__)
_SECONDS = 10.0
_LOOKS_EVERY = timedelta(minutes=1)
_LOOK_SECONDS = 15.0


@dataclass(frozen=True)
class PhaseRounds:
    """`turn` is one round of it; what is asked for is asked once, however many lives it takes."""

    ledger: Ledger
    phases: Phases
    facts: FactReader
    bell: Bell

    async def run(self) -> None:
        """A round every few seconds, for ever."""
        await rounds("phases", _SECONDS, self.turn, self.bell.heard_here())

    def turn(self) -> None:
        """Begins the phases of new incidents, then looks at all that go on."""
        with self.ledger.database.read() as connection:
            fresh = rows.without_checklist(connection)
            known = rows.open_checklists(connection)
        for incident in fresh:
            self._begin(incident)
        for each in known:
            self._go_on(each)

    def _begin(self, incident: str) -> None:
        with self.ledger.database.write() as connection:
            kept = incidents.hold(connection, incident)
            if kept is None or rows.hold_checklist(connection, incident) is not None:
                return
            self.phases.begin(connection, kept)
        self.bell.ring()

    def _go_on(self, known: Held) -> None:
        now, name = self.ledger.now(), known.checklist.incident
        with self.ledger.database.read() as connection:
            seen, review = incidents.get(connection, name), rows.review(connection, name)
            if seen is None:
                return
            shown = self.phases.shown(connection, seen)
        wanted = self._wanted(known, seen.incident)
        found = self._look(known.checklist, wanted)
        step = _Step(seen.incident, review, found, now)
        if shown and not wanted and step.taken(known.checklist) == (known.checklist, ()):
            return
        with self.ledger.database.write() as connection:
            both = held(connection, name)
            if both is None:
                return
            kept, before = both
            if wanted:
                before = replace(before, looked_at=now)
                rows.put_checklist(connection, before)
            after, late = replace(step, incident=kept.incident).taken(before.checklist)
            if late:
                self.phases.ask(connection, kept, after, late)
            self.phases.turned(connection, kept, before, after, course.BOT)
            if not shown:
                self.phases.show(connection, kept, after)
        if after != before.checklist or not shown:
            self.bell.ring()

    def _wanted(self, known: Held, incident: Incident) -> Sequence[tuple[Place, Check]]:
        """What the stack's checks are to look at now; nothing in between."""
        now, checklist = self.ledger.now(), known.checklist
        early = known.looked_at is not None and now - known.looked_at < _LOOKS_EVERY
        if early or not course.worth_looking(checklist, incident, now):
            return ()
        return _stack_checks(checklist, course.to_look_at(checklist, now))

    def _look(
        self, checklist: Checklist, wanted: Sequence[tuple[Place, Check]]
    ) -> Mapping[Place, Finding]:
        """What the checks find; nothing where it cannot be read."""
        stack = self.ledger.stacks.get(checklist.stack)
        if stack is None or not wanted:
            return {}
        try:
            queries = checks.needs(stack, [what for _, what in wanted])
            facts = self.facts.read(stack, queries, within=_LOOK_SECONDS)
        except InterlockError as error:
            _log.warning("phases.unread", incident=checklist.incident, why=str(error))
            return {}
        now, redact = self.ledger.now(), self.ledger.redactor.redact
        judged = {place: checks.judge(stack, what, facts, now) for place, what in wanted}
        return {
            place: finding.model_copy(update={"said": redact(finding.said)})
            for place, finding in judged.items()
            if finding is not None
        }


@dataclass(frozen=True)
class _Step:
    """What is known at one moment; `found` is what the stack's checks saw."""

    incident: Incident
    review: Review
    found: Mapping[Place, Finding]
    now: datetime

    def taken(self, checklist: Checklist) -> tuple[Checklist, Sequence[int]]:
        """The phases as they are then, and those that somebody is to be asked about."""
        after = checklist
        for place in course.to_look_at(checklist, self.now):
            finding = self._finding(checklist, place)
            if finding is not None:
                after = course.looked_at(after, place, finding, self.now)
        if course.given_up(checklist, self.incident, self.now):
            return course.closed(after), ()
        after = course.moved(course.taken_up(after), self.now)
        late = course.overdue(after, self.incident, self.now)
        return (course.asked(after, late, self.now), late) if late else (after, ())

    def _finding(self, checklist: Checklist, place: Place) -> Finding | None:
        what = course.item_at(checklist, place).what
        if isinstance(what, IncidentCheck):
            return course.standing(what, self.incident, self.review)
        return self.found.get(place)


def _stack_checks(checklist: Checklist, places: Sequence[Place]) -> list[tuple[Place, Check]]:
    found = [(place, course.item_at(checklist, place).what) for place in places]
    return [(place, what) for place, what in found if isinstance(what, Check)]
