"""How much memory something takes: of this process, and of the tools that it starts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_EVERY_SECONDS = 0.05
_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FORGET_PEAK = "5"


class Resident:
    """The growth of the resident set, at its peak, over what it was when this was made.

    Of this process all of the time, as the kernel notes it; of it and its children together, such
    as pg_dump, looked at every 50 ms while `with_tools`.
    """

    def __init__(self) -> None:
        _FORGET.write_text(_FORGET_PEAK)
        self._before = _of_status("VmRSS")
        self._together = 0

    def growth_mb(self) -> float:
        return (max(self._together, _of_status("VmHWM")) - self._before) / (1 << 20)

    @contextmanager
    def with_tools(self) -> Iterator[None]:
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,))
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _watch(self, over: threading.Event) -> None:
        own = psutil.Process()
        while not over.wait(_EVERY_SECONDS):
            self._together = max(self._together, own.memory_info().rss + _of_tools(own))


def _of_tools(own: psutil.Process) -> int:
    """Bytes. A child that is not yet its program still shows our own memory: it is left out."""
    ours, found = own.cmdline(), 0
    for each in own.children(recursive=True):
        try:
            if each.cmdline() != ours:
                found += each.memory_info().rss
        except psutil.Error:  # it has ended meanwhile
            continue
    return found


def _of_status(name: str) -> int:
    """Bytes."""
    lines = _STATUS.read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))
