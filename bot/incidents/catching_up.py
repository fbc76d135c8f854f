"""Marks, files, edits and deletions that nobody told us of, because we or Slack were away."""

from collections.abc import Sequence
from dataclasses import dataclass

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
_MOST_UNSEEN = 50


@dataclass(frozen=True)
class CatchingUp:
    """Reads where incidents live: brings in what is marked there and not known yet, and follows
    what has changed since. What is known and not listed there (answers in threads, messages of
    other channels, what was deleted) is asked for one by one."""

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
        seen = self._messages(incident) if incident.channel else None
        if seen is None:
            return
        with self.ledger.database.read() as connection:
            known = {each.key: each for each in rows.messages(connection, incident.id)}
        now = self.ledger.now()
        for each in seen:
            entry = known.pop(f"message:{incident.channel}:{each['ts']}", None)
            pinned = bool(each.get("pinned_to"))
            hint = Hint(incident.channel, str(each["ts"]), now, pinned)
            if entry is None and self.heard.is_marked(each):
                self.heard.follow(hint)
            elif entry is not None and self.heard.differs(entry, each):
                self.heard.follow(hint, only_known=True)
        for entry in [each for each in known.values() if each.deleted_at is None][:_MOST_UNSEEN]:
            _, channel, ts = entry.key.split(":")
            self.heard.follow(Hint(channel, ts, now), only_known=True)

    def _messages(self, incident: Incident) -> Sequence[JsonObject] | None:
        """The newest ones since it was opened, of its channel or its thread; None where these
        cannot be read, which is found out and said by others."""
        method, where = "conversations.history", {"channel": incident.channel}
        if incident.thread:
            method, where = "conversations.replies", {**where, "ts": incident.thread}
        oldest, cursor = f"{incident.opened_at.timestamp():.6f}", ""
        found: list[JsonObject] = []
        for _ in range(_MOST_PAGES):
            try:
                said = self.calls.call(method, **where, oldest=oldest, limit=_PAGE, cursor=cursor)
            except SlackSaysNo:
                return None
            found += said["messages"]
            cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return found
