"""How long probes take, summed over some minutes each, so that it stays small."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.watching.heard import Endpoint, Heard
from playbooks.model.watching import Latency
from playbooks.respond.seen import Probes

BUCKET_SECONDS = 300
_RECENT = 100


@dataclass
class _Sum:
    at: int
    answers: int = 0
    failures: int = 0
    total_ms: float = 0.0
    most_ms: float = 0.0


@dataclass
class Latencies:
    """Of each endpoint the minutes that go on, and what is not taken yet of those that are over.

    Lives in the loop; `take` may be called from a thread, and takes what is complete by then.
    """

    _now: dict[Endpoint, _Sum] = field(default_factory=dict)
    _over: list[tuple[Endpoint, _Sum]] = field(default_factory=list)
    _recent: dict[Endpoint, deque[tuple[datetime, Heard]]] = field(default_factory=dict)

    def add(self, heard: Heard, now: datetime) -> None:
        at = int(now.timestamp()) // BUCKET_SECONDS * BUCKET_SECONDS
        found = self._now.get(heard.endpoint)
        if found is None or found.at != at:
            if found is not None:
                self._over.append((heard.endpoint, found))
            found = self._now[heard.endpoint] = _Sum(at)
        found.answers += 1
        found.failures += bool(heard.wrong)
        found.total_ms += heard.ms
        found.most_ms = max(found.most_ms, heard.ms)
        self._recent.setdefault(heard.endpoint, deque(maxlen=_RECENT)).append((now, heard))

    def recent(self, endpoint: Endpoint, since: datetime) -> Sequence[Heard]:
        """Single answers, oldest first; so many at most. May be called from a thread."""
        return [heard for at, heard in list(self._recent.get(endpoint, ())) if at >= since]

    def untaken(self, endpoint: Endpoint) -> Sequence[Latency]:
        """What `take` has not given yet, oldest first, with the minutes that go on. May be called
        from a thread."""
        over = [found for each, found in list(self._over) if each == endpoint]
        now = self._now.get(endpoint)
        return [_latency(each) for each in (*over, *((now,) if now is not None else ()))]

    def newest(self, endpoint: Endpoint) -> tuple[float | None, float | None]:
        """The mean in milliseconds and the share of good answers of the minutes that go on."""
        found = self._now.get(endpoint)
        if found is None or not found.answers:
            return None, None
        return found.total_ms / found.answers, 1 - found.failures / found.answers

    def take(self, now: datetime) -> Sequence[tuple[str, str, Latency]]:
        """What is over, once; also of endpoints that do not answer any more."""
        at = int(now.timestamp()) // BUCKET_SECONDS * BUCKET_SECONDS
        for endpoint, found in list(self._now.items()):
            if found.at != at and self._now.pop(endpoint, None) is found:
                self._over.append((endpoint, found))
        over, self._over = self._over, []
        return [(each.stack, each.service, _latency(found)) for each, found in over]


def probed(answers: Sequence[Heard], span: timedelta) -> Probes:
    """Them together, of so long a time."""
    times = sorted(heard.ms for heard in answers)
    return Probes(
        seconds=span.total_seconds(),
        answers=len(answers),
        failures=sum(bool(heard.wrong) for heard in answers),
        p95_ms=times[math.ceil(0.95 * len(times)) - 1] if times else 0.0,
    )


def _latency(found: _Sum) -> Latency:
    return Latency(
        at=datetime.fromtimestamp(found.at, UTC),
        answers=found.answers,
        failures=found.failures,
        total_ms=round(found.total_ms, 3),
        most_ms=round(found.most_ms, 3),
    )
