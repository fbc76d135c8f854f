"""What contenders took, round by round."""

import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Figures:
    """Seconds and processor seconds of each contender, and bytes stored."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.processor: dict[str, list[float]] = {}
        self.bytes: dict[str, int] = {}
        self.growth_mb = 0.0

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """The wall clock, and the processor time of this process and of children that ended."""
        began, used = time.monotonic(), _used()
        yield
        self.seconds.setdefault(name, []).append(time.monotonic() - began)
        self.processor.setdefault(name, []).append(_used() - used)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def processor_median(self, name: str) -> float:
        return statistics.median(self.processor[name])


def _used() -> float:
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)
