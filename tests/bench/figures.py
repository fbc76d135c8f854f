"""What contenders took, round by round."""

import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


class Figures:
    """Seconds and processor seconds of each contender, and bytes stored."""

    def __init__(self, elsewhere: Callable[[], float] = lambda: 0.0) -> None:
        """`elsewhere` are processor seconds of whoever else works for the contenders."""
        self._elsewhere = elsewhere
        self.seconds: dict[str, list[float]] = {}
        self.processor: dict[str, list[float]] = {}
        self.bytes: dict[str, int] = {}
        self.growth_mb = 0.0

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """The wall clock, and the processor time of this process and of children that ended."""
        began, used = time.monotonic(), self._used()
        yield
        self.seconds.setdefault(name, []).append(time.monotonic() - began)
        self.processor.setdefault(name, []).append(self._used() - used)

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def processor_median(self, name: str) -> float:
        return statistics.median(self.processor[name])

    def _used(self) -> float:
        return _used() + self._elsewhere()


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of what each round says."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def _used() -> float:
    both = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)
