"""Tells those who wait for work that there is some."""

from collections.abc import Callable, Sequence


class Bell:
    """Rung after a commit that gives the dispatcher or the outbox something to do.

    Listeners are called in the ringing thread and must only pass the news on.
    """

    def __init__(self) -> None:
        self._listeners: Sequence[Callable[[], None]] = ()

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners = (*self._listeners, listener)

    def ring(self) -> None:
        for listener in self._listeners:
            listener()
