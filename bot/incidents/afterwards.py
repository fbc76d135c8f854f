"""After an incident: asks for its review, and reminds people of what they wanted to do."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from bot.bell import Bell
from bot.incidents.messages import Messages
from bot.incidents.reviews import hours_of
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.store import incidents, outbox
from bot.store import reviewing as rows
from notifiers.ports import Desired, Lane
from notifiers.views.followup import chase, review_wanted
from notifiers.views.phases import commander_of
from playbooks.model.contacts import OfficeHours
from playbooks.respond.review import FollowUp, chased, day_of

_SECONDS = 30.0


@dataclass(frozen=True)
class Afterwards:
    """`turn` is one round of it; each review is asked for once, each owner reminded once a day."""

    ledger: Ledger
    messages: Messages
    bell: Bell

    async def run(self) -> None:
        """A round every half a minute, and whenever something has happened here, for ever."""
        await rounds("afterwards", _SECONDS, self.turn, self.bell.heard_here())

    def turn(self) -> None:
        with self.ledger.database.read() as connection:
            unreviewed, open_ = rows.to_review(connection), rows.open_followups(connection)
        for incident in unreviewed:
            self._ask(incident)
        due = [each for each in open_ if chased([each], self._hours(each), self.ledger.now())]
        if due:
            self._chase(due)

    def _ask(self, id_: str) -> None:
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            kept = incidents.hold(connection, id_)
            review = rows.review(connection, id_)
            if kept is None or review.asked_at is not None:
                return
            rows.put_review(connection, review.model_copy(update={"asked_at": now}))
            body = review_wanted(kept.incident, commander_of(kept.incident))
            self.messages.say(connection, kept, "review", body)
        self.bell.ring()

    def _chase(self, due: Sequence[FollowUp]) -> None:
        """One message for each owner and place."""
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            together: dict[tuple[str, str, date], list[FollowUp]] = defaultdict(list)
            for each in due:
                known = rows.hold_followup(connection, each.id)
                hours = self._hours(each)
                for marked in chased([known] if known else [], hours, now):
                    rows.put_followup(connection, marked)
                    place = self._place(connection, marked)
                    together[place, marked.owner, day_of(now, hours.zone)].append(marked)
            for (channel, owner, today), followups in together.items():
                first = followups[0].id
                desired = Desired(
                    key=f"followups:{channel}:{owner}:{today}:{first}",
                    channel=channel,
                    lane=Lane.UPDATE,
                    version=1,
                    body=chase(followups, today),
                )
                outbox.want(connection, desired, now)
        self.bell.ring()

    def _place(self, connection: sa.Connection, each: FollowUp) -> str:
        """Where the stack's people read; what is private stays in its own channel."""
        incident = incidents.incident(connection, each.incident)
        if incident is None:
            return self.messages.channel(self.messages.rules.channel)
        if incident.private:
            return incident.channel
        return self.messages.home_channel(incident)

    def _hours(self, each: FollowUp) -> OfficeHours:
        return hours_of(self.ledger, each.stack)
