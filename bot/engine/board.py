"""What is only worth knowing now, and lost with the process: progress, and who is to stop."""

import threading
from collections.abc import Sequence

from bot.engine.speech import Speeches
from playbooks.model.request import Progress


class Board:
    """Shared by the threads that work and those that show. A stop is also a row in the runs.

    `halt` is set when the process is shut down. `speeches` are what steps write.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._progress: dict[str, dict[str, Progress]] = {}
        self._changed: set[str] = set()
        self._stops: dict[str, threading.Event] = {}
        self.halt = threading.Event()
        self.speeches = Speeches()

    def report(self, run: str, progress: Progress) -> None:
        with self._lock:
            self._progress.setdefault(run, {})[progress.key] = progress
            self._changed.add(run)

    def touch(self, run: str) -> None:
        """Something else of the run has changed that its card shows."""
        with self._lock:
            self._changed.add(run)

    def progress_of(self, run: str) -> tuple[Progress, ...]:
        with self._lock:
            return tuple(self._progress.get(run, {}).values())

    def changed(self) -> Sequence[str]:
        """Runs with news since the last time this was asked."""
        with self._lock:
            changed, self._changed = self._changed, set()
            return sorted(changed)

    def settle(self, run: str, key: str) -> None:
        """The step is over; its progress says nothing any more."""
        self.speeches.end(run, key)
        with self._lock:
            self._progress.get(run, {}).pop(key, None)

    def clear(self, run: str) -> None:
        with self._lock:
            self._progress.pop(run, None)
            self._stops.pop(run, None)
            self._changed.discard(run)

    def stop(self, run: str) -> None:
        """Steps of this run that ask are told to stop."""
        self.stop_event(run).set()

    def stop_event(self, run: str) -> threading.Event:
        with self._lock:
            return self._stops.setdefault(run, threading.Event())
