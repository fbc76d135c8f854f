"""What messages should say of an incident, from the end of a transaction on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.ledger import Ledger
from bot.store import outbox
from bot.store.incidents import Kept
from notifiers.ports import Body, Desired, Lane
from notifiers.views.incident import (
    Shown,
    announcement,
    change_line,
    incident_card,
    incident_key,
    reminder,
    update_post,
)
from playbooks.model.stakeholders import Stakeholders
from playbooks.respond.course import is_live, update_due
from playbooks.respond.incident import Incident, Role
from playbooks.respond.incident_rules import IncidentRules


@dataclass(frozen=True)
class Messages:
    """Methods act in the transaction of the connection."""

    ledger: Ledger
    rules: IncidentRules
    channel_named: Callable[[str], str]

    def home_channel(self, incident: Incident) -> str:
        """Where an incident without a channel of its own is shown."""
        stack = self.ledger.stacks.get(incident.stack)
        if stack is None:
            return self.channel(self.rules.channel)
        return self.ledger.channel_of(stack)

    def channel(self, name: str) -> str:
        """Slack's id of a channel that our files name."""
        return self.channel_named(name)

    def stakeholders(self, incident: Incident) -> Stakeholders:
        stack = self.ledger.stacks.get(incident.stack)
        return Stakeholders() if stack is None else stack.stakeholders

    def every(self, incident: Incident) -> timedelta | None:
        """How often those who wait for news are told."""
        return self.rules.updates_every(incident.priority, self.stakeholders(incident))

    def due(self, incident: Incident) -> datetime | None:
        """When those who wait for news are to be told."""
        return update_due(incident, self.every(incident))

    def want_card(self, connection: sa.Connection, kept: Kept) -> None:
        """The card shows how the incident is, wherever it lives by then."""
        incident = kept.incident
        if not incident.channel:
            return
        shown = Shown(
            incident=incident,
            update=kept.place.update,
            problem=kept.place.problem,
            next_update=self.due(incident),
        )
        desired = Desired(
            key=incident_key(incident.id, kept.place.moved),
            channel=incident.channel,
            lane=Lane.CRITICAL if is_live(incident) else Lane.UPDATE,
            version=incident.version,
            body=incident_card(shown),
        )
        outbox.want(connection, desired, self.ledger.now())

    def say(self, connection: sa.Connection, kept: Kept, what: str, body: Body) -> None:
        """A message where the incident lives; each `what` is said once."""
        if not kept.incident.channel:
            return
        key = incident_key(kept.incident.id, kept.place.moved)
        desired = Desired(
            key=f"{key}:{what}",
            channel=kept.incident.channel,
            lane=Lane.UPDATE,
            version=1,
            body=body,
            thread_of=None if kept.place.own else key,
        )
        outbox.want(connection, desired, self.ledger.now())

    def say_change(self, connection: sa.Connection, kept: Kept, by: str, what: str) -> None:
        self.say(connection, kept, f"change:{kept.incident.version}", change_line(by, what))

    def announce(self, connection: sa.Connection, kept: Kept) -> None:
        """Everybody learns of an incident that has a channel of its own; of private ones nobody.
        What was said once is kept true when that channel is lost."""
        incident = kept.incident
        channel, key = self.channel(self.rules.channel), f"{incident_key(incident.id)}:announced"
        if incident.private or not incident.channel:
            return
        own = kept.place.own and incident.channel != channel
        if not own and not outbox.is_wanted(connection, key):
            return
        desired = Desired(
            key=key,
            channel=channel,
            lane=Lane.CRITICAL,
            version=incident.version,
            body=announcement(incident, kept.place.problem),
        )
        outbox.want(connection, desired, self.ledger.now())

    def post_update(self, connection: sa.Connection, kept: Kept, by: str, text: str) -> None:
        """To those who wait for news. News of a private incident stay in its own channel."""
        incident = kept.incident
        body = update_post(incident, by, text, self.due(incident))
        self.say(connection, kept, f"update:{incident.version}", body)
        to = self.channel(self.stakeholders(incident).channel or self.rules.stakeholders)
        if incident.private or to == incident.channel:
            return
        desired = Desired(
            key=f"{incident_key(incident.id)}:update:{incident.version}:stakeholders",
            channel=to,
            lane=Lane.UPDATE,
            version=1,
            body=body,
        )
        outbox.want(connection, desired, self.ledger.now())

    def tell(self, connection: sa.Connection, kept: Kept, user: str, what: str, text: str) -> None:
        """One person, in a direct message; each `what` is said once."""
        desired = Desired(
            key=f"{incident_key(kept.incident.id, kept.place.moved)}:{what}",
            channel=user,
            lane=Lane.UPDATE,
            version=1,
            body=Body(text=text),
        )
        outbox.want(connection, desired, self.ledger.now())

    def remind(self, connection: sa.Connection, kept: Kept) -> None:
        """Whoever tells others is asked to."""
        incident, now = kept.incident, self.ledger.now()
        to = incident.roles.get(Role.COMMUNICATIONS) or incident.roles.get(Role.COMMANDER, "")
        due = self.due(incident)
        if due is not None:
            body = reminder(incident, to, due, now)
            self.say(connection, kept, f"remind:{int(now.timestamp())}", body)
