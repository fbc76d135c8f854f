"""Ending in good order: a signal is noted at once and obeyed at the next safe place."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Ended(Exception):
    """Somebody wants the demo to end."""


@dataclass(frozen=True)
class Stopping:
    """Whether somebody wants the demo to end."""

    event: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises Ended when they do."""
        if self.event.is_set():
            raise Ended

    def pause(self, seconds: float) -> None:
        """Sleeps, and wakes up early to raise Ended."""
        self.event.wait(seconds)
        self.check()


@contextmanager
def heard_signals() -> Iterator[Stopping]:
    """SIGINT, SIGTERM and SIGHUP ask for the end. A shell that starts us in the background has
    SIGINT ignored, hence it is set as well."""
    stopping = Stopping()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: stopping.event.set()) for number in numbers}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
