"""The phases of incidents, and what people find out afterwards; implemented in bot/."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from playbooks.errors import Refused, UnknownName
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.respond.figures import Figures
from playbooks.respond.incident import Incident
from playbooks.respond.phases import Checklist
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.review import FollowUp, Review


class Written(Model):
    """What somebody writes into a post-mortem; None leaves it as it is."""

    began_at: datetime | None = None
    impact: str | None = None
    cause: str | None = None
    lessons: str | None = None


class Wanted(Model):
    """Something to be done because of an incident. `owner` is Slack's id; `once` is what was
    delivered, by Slack's own id."""

    incident: str
    text: str
    owner: str
    due: date
    once: str | None = None


class Reviews(Protocol):
    """Whether somebody may is asked of `Access` before. Changes are audited."""

    def phases(self, incident: Incident) -> Checklist:
        """Raises UnknownName where none have begun."""
        ...

    def tick(self, incident: Incident, place: str, actor: Actor, *, done: bool) -> Checklist:
        """`place` like `1.2`; with `done` False it is to be done after all. Raises BadArgument."""
        ...

    def postmortem(self, incident: Incident) -> Postmortem:
        """All that is known by now, on the clocks of the incident's stack."""
        ...

    def write(self, incident: Incident, actor: Actor, written: Written) -> Review: ...

    def add(self, incident: Incident, actor: Actor, wanted: Wanted) -> FollowUp: ...

    def done(self, id_: str, actor: Actor) -> FollowUp:
        """Raises UnknownName."""
        ...

    def followup(self, id_: str) -> FollowUp:
        """Raises UnknownName."""
        ...

    def followups(self, incident: str | None = None) -> Sequence[FollowUp]:
        """Of one incident all, else those of all incidents that are open."""
        ...

    def zone(self, incident: Incident) -> str:
        """Whose clocks its days go by."""
        ...

    def figures(self, stacks: Sequence[str], since: datetime) -> Figures:
        """How fast people responded on these stacks since then."""
        ...


class NoReviews:
    """Where none are kept."""

    def phases(self, incident: Incident) -> Checklist:
        raise UnknownName(f"{incident.id} has no phases here.")

    def tick(self, incident: Incident, place: str, actor: Actor, *, done: bool) -> Checklist:
        return self.phases(incident)

    def postmortem(self, incident: Incident) -> Postmortem:
        raise UnknownName(f"There is nothing known of {incident.id} here.")

    def write(self, incident: Incident, actor: Actor, written: Written) -> Review:
        raise Refused(f"Nothing is written about {incident.id} here.")

    def add(self, incident: Incident, actor: Actor, wanted: Wanted) -> FollowUp:
        raise Refused(f"Nothing is written about {incident.id} here.")

    def done(self, id_: str, actor: Actor) -> FollowUp:
        return self.followup(id_)

    def followup(self, id_: str) -> FollowUp:
        raise UnknownName(f"There is no action {id_!r}.")

    def followups(self, incident: str | None = None) -> Sequence[FollowUp]:
        return ()

    def zone(self, incident: Incident) -> str:
        return "UTC"

    def figures(self, stacks: Sequence[str], since: datetime) -> Figures:
        raise Refused("Nothing is counted here.", "Ask in Slack.")
