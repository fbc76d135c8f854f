"""Marks and files that nobody told us of, because we or Slack were away for too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.incidents.heard import Heard, Hint
from bot.incidents.ports import Calls
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.slack.calls import SlackAway, SlackSaysNo
from bot.store import incidents as rows
from playbooks.model.base import JsonObject
from playbooks.respond.incident import Incident

_LOOK_SECONDS = 900.0
_AGAIN_SECONDS = 30.0
_PAGE = 200
_MOST_PAGES = 5


@dataclass(frozen=True)
class CatchingUp:
    """Reads where incidents live, and brings in what is marked there and not known yet."""

    ledger: Ledger
    calls: Calls
    heard: Heard

    async def run(self) -> None:
        await rounds("incidents.catching_up", _LOOK_SECONDS, self.look)

    def look(self) -> float | None:
        """One round; when Slack is away, the seconds until the next one."""
        with self.ledger.database.read() as connection:
            found = [each.incident for each in rows.unsettled(connection)]
        try:
            for incident in found:
                self._catch_up(incident)
        except SlackAway:
            return _AGAIN_SECONDS
        return None

    def _catch_up(self, incident: Incident) -> None:
        if not incident.channel:
            return
        marked = [each for each in self._messages(incident) if self.heard.is_marked(each)]
        with self.ledger.database.read() as connection:
            missing = self._missing(connection, incident, marked)
        for ts in missing:
            self.heard.follow(Hint(incident.channel, ts, self.ledger.now()))

    def _missing(
        self, connection: sa.Connection, incident: Incident, marked: Sequence[JsonObject]
    ) -> list[str]:
        return [
            str(each["ts"])
            for each in marked
            if not rows.has(connection, incident.id, f"message:{incident.channel}:{each['ts']}")
        ]

    def _messages(self, incident: Incident) -> Iterator[JsonObject]:
        """The newest ones since it was opened, of its channel or its thread."""
        method, where = "conversations.history", {"channel": incident.channel}
        if incident.thread:
            method, where = "conversations.replies", {**where, "ts": incident.thread}
        oldest, cursor = f"{incident.opened_at.timestamp():.6f}", ""
        for _ in range(_MOST_PAGES):
            try:
                said = self.calls.call(method, **where, oldest=oldest, limit=_PAGE, cursor=cursor)
            except SlackSaysNo:
                # Where it cannot be read, it is found out and said by others.
                return
            yield from said["messages"]
            cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
