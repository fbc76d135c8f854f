"""What open pages hear: a stream of events a person."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot.workspace.types import Json

BACKLOG_MOST = 2000


class Feed:
    """Hands events to every open page; a page that does not read is cut off, not waited for."""

    def __init__(self) -> None:
        self._pages: dict[str, set[asyncio.Queue[str | None]]] = {}

    def watched(self) -> list[str]:
        """Users with an open page."""
        return list(self._pages)

    @contextmanager
    def page(self, user: str) -> Iterator[asyncio.Queue[str | None]]:
        """A queue of JSON texts for one page; None ends it."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(BACKLOG_MOST + 1)
        self._pages.setdefault(user, set()).add(queue)
        try:
            yield queue
        finally:
            self._forget(user, queue)

    def _forget(self, user: str, queue: asyncio.Queue[str | None]) -> None:
        pages = self._pages.get(user, set())
        pages.discard(queue)
        if not pages:
            self._pages.pop(user, None)

    def tell(self, users: Iterable[str], event: Json) -> None:
        """Sends an event to the pages of these users."""
        watching = [user for user in users if user in self._pages]
        if not watching:
            return
        text = json.dumps(event, ensure_ascii=False)
        for user in watching:
            for queue in list(self._pages[user]):
                if queue.qsize() >= BACKLOG_MOST:
                    self._forget(user, queue)
                    queue.put_nowait(None)
                else:
                    queue.put_nowait(text)

    def tell_all(self, event: Json) -> None:
        """Sends an event to every page."""
        self.tell(self.watched(), event)
