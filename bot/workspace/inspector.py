"""Everything that passed between bot and workspace, for the page's inspector and /sim/calls."""

import time
from collections import deque
from dataclasses import dataclass, field

from bot.workspace.delivery.outcome import Outcome
from bot.workspace.feed import Feed
from bot.workspace.types import Json

CALLS_MOST = 5000
ENTRIES_MOST = 1000


@dataclass(slots=True)
class Inspector:
    """Bounded memory of calls and deliveries; nothing of it is kept over a restart."""

    feed: Feed
    _calls: deque[Json] = field(default_factory=lambda: deque(maxlen=CALLS_MOST))
    _entries: deque[Json] = field(default_factory=lambda: deque(maxlen=ENTRIES_MOST))

    def called(self, method: str, args: Json, status: int, response: Json) -> None:
        """Notes a call the bot made (`direction: in`)."""
        now = time.time()
        self._calls.append(
            {"method": method, "args": args, "status": status, "ts": now, "response": response}
        )
        entry = {"direction": "in", "kind": method, "ts": now, "status": status}
        self._note({**entry, "request": args, "response": response, "ack_ms": None})

    def delivered(self, kind: str, request: Json, outcome: Outcome) -> None:
        """Notes a payload that went to the bot (`direction: out`) and what came of it."""
        entry: Json = {"direction": "out", "kind": kind, "ts": time.time()}
        entry |= {"status": outcome.status, "request": request, "response": outcome.payload}
        self._note({**entry, "ack_ms": outcome.ack_ms})

    def _note(self, entry: Json) -> None:
        self._entries.append(entry)
        self.feed.tell_all({"type": "inspect", **entry})

    def calls(self, method: str | None) -> list[Json]:
        """The calls the bot made, newest last, all or those of one method."""
        return [call for call in self._calls if method is None or call["method"] == method]

    def entries(self, limit: int) -> list[Json]:
        """The newest entries, newest last."""
        return list(self._entries)[-limit:] if limit > 0 else []

    def forget(self) -> None:
        """Empties it."""
        self._calls.clear()
        self._entries.clear()
