"""Whether something is started again and again, told from how often it was at each look. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbooks.model.lives import Life

_LOOP = 3
_WITHIN = timedelta(minutes=10)
_Counts = tuple[tuple[datetime, int], ...]


@dataclass(frozen=True)
class Restarts:
    """The counts of the last minutes, by what runs, oldest first."""

    counts: Mapping[str, _Counts] = field(default_factory=dict)

    def seen(self, lives: Iterable[Life], now: datetime) -> "Restarts":
        """With one more look. What is not there any more is forgotten."""
        kept = {}
        for life in lives:
            young = tuple(each for each in self.counts.get(life.id, ()) if now - each[0] <= _WITHIN)
            kept[life.id] = (*young, (now, life.restarts))
        return Restarts(kept)

    def risen(self, life: Life, now: datetime) -> int:
        """How many more there are than minutes ago. Somebody who starts it begins anew."""
        before = [n for at, n in self.counts.get(life.id, ()) if now - at <= _WITHIN]
        steps = zip(before, [*before[1:], life.restarts], strict=False)
        return sum(max(0, after - earlier) for earlier, after in steps)

    def loops(self, life: Life, now: datetime) -> bool:
        return self.risen(life, now) >= _LOOP
