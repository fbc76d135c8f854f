"""Tells those who wait for work that there is some."""

import asyncio
from collections.abc import Callable, Sequence


class Bell:
    """Rung after a commit that gives the dispatcher or the outbox something to do.

    Listeners are called in the ringing thread and must only pass the news on.
    """

    def __init__(self) -> None:
        self._listeners: Sequence[Callable[[], None]] = ()

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners = (*self._listeners, listener)

    def heard_here(self) -> asyncio.Event:
        """Set at every ring, in the loop that asks for it. Whoever waits for it clears it."""
        loop, heard = asyncio.get_running_loop(), asyncio.Event()

        def pass_on() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(heard.set)

        self.listen(pass_on)
        return heard

    def ring(self) -> None:
        for listener in self._listeners:
            listener()
