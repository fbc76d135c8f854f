"""Keeps a process running: starts it again after it died, ever more slowly if it keeps dying."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from playbooks.errors import InterlockError

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_STEADY_SECONDS = 20.0


@dataclass
class Keeper:
    """Watches one process. `start` starts it, or raises InterlockError; `tell` hears what happens.

    A restart comes half a second after the death was seen; each further death within 20 s of a
    start doubles the pause, up to 10 s.
    """

    name: str
    is_up: Callable[[], bool]
    start: Callable[[], None]
    tell: Callable[[str], None]
    pause: float = _FIRST_PAUSE
    started_at: float = 0.0
    restart_at: float | None = None

    def tick(self) -> bool:
        """Looks once; whether the process was started again."""
        now = time.monotonic()
        if self.is_up():
            if now - self.started_at > _STEADY_SECONDS:
                self.pause = _FIRST_PAUSE
            return False
        if self.restart_at is None:
            self.restart_at = now + self.pause
            self.tell(f"{self.name} is gone; it is started again in {self.pause:g} s.")
            return False
        if now < self.restart_at:
            return False
        return self._restart()

    def _restart(self) -> bool:
        self.restart_at = None
        self.started_at = time.monotonic()
        self.pause = min(self.pause * 2, _LONGEST_PAUSE)
        try:
            self.start()
        except InterlockError as error:
            self.tell(f"{self.name} does not start: {error}")
            return False
        return True
