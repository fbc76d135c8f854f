"""Counts errors in a stream of lines, in little memory."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbooks.lines.level import Level, level_of
from playbooks.lines.shape import shape_of
from playbooks.model.logged import ErrorCount, ErrorKind

_KINDS = 500
_SHOWN = 8
_OTHERS = "(other messages)"


@dataclass
class ErrorCounter:
    """Counts what is written between `since` and `until`, in so many `buckets`."""

    since: datetime
    until: datetime
    buckets: int
    _shapes: Counter[str] = field(default_factory=Counter, init=False)
    _examples: dict[str, str] = field(default_factory=dict, init=False)
    _errors: int = field(default=0, init=False)
    _warnings: int = field(default=0, init=False)
    _read: int = field(default=0, init=False)
    _timed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._over_time = [0] * self.buckets

    def add(self, text: str, at: datetime | None, known: Level | None = None) -> None:
        """`known` is the level of a line that does not say it itself."""
        self._read += 1
        level = level_of(text) or known
        if level is Level.WARNING:
            self._warnings += 1
        if level is None or level < Level.ERROR:
            return
        self._errors += 1
        shape = shape_of(text)
        if shape not in self._shapes and len(self._shapes) >= _KINDS:
            shape = _OTHERS
        self._shapes[shape] += 1
        self._examples[shape] = text[:500]
        if at is not None:
            self._note_time(at)

    def count(self, *, whole: bool) -> ErrorCount:
        return ErrorCount(
            errors=self._errors,
            warnings=self._warnings,
            read=self._read,
            whole=whole,
            timed=self._timed,
            buckets=tuple(self._over_time),
            kinds=tuple(
                ErrorKind(shape=shape, count=number, example=self._examples[shape])
                for shape, number in self._shapes.most_common(_SHOWN)
            ),
        )

    def _note_time(self, at: datetime) -> None:
        span = (self.until - self.since) / timedelta(seconds=1)
        place = (at - self.since) / timedelta(seconds=1) / span * self.buckets if span > 0 else 0
        if 0 <= place <= self.buckets:
            self._timed += 1
            self._over_time[min(int(place), self.buckets - 1)] += 1


def counted(
    lines: Iterable[tuple[str, datetime | None]], since: datetime, until: datetime, buckets: int
) -> ErrorCount:
    """The errors in lines that are at hand."""
    counter = ErrorCounter(since, until, buckets)
    for text, at in lines:
        counter.add(text, at)
    return counter.count(whole=True)
