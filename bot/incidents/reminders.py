"""Whoever tells others is reminded, until they have told or the incident is over."""

from dataclasses import dataclass

from bot.bell import Bell
from bot.incidents.messages import Messages
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.store import incidents as rows
from playbooks.respond.course import reminded_again

_LOOK_SECONDS = 5.0


@dataclass(frozen=True)
class Reminders:
    """By the clock of each incident's severity."""

    ledger: Ledger
    messages: Messages
    bell: Bell

    async def run(self) -> None:
        await rounds("incidents.reminders", _LOOK_SECONDS, self.look)

    def look(self) -> None:
        """Each reminder and the time of the next one are one transaction."""
        with self.ledger.database.read() as connection:
            due = rows.to_remind(connection, self.ledger.now())
        for id_ in due:
            self._remind(id_)
        if due:
            self.bell.ring()

    def _remind(self, id_: str) -> None:
        now = self.ledger.now()
        with self.ledger.database.write() as connection:
            kept = rows.hold(connection, id_)
            if kept is None or kept.remind_at is None or kept.remind_at > now:
                return
            every = self.messages.every(kept.incident)
            if every is None or self.messages.due(kept.incident) is None:
                rows.put(connection, kept.model_copy(update={"remind_at": None}))
                return
            self.messages.remind(connection, kept)
            again = reminded_again(now, every)
            rows.put(connection, kept.model_copy(update={"remind_at": again}))
