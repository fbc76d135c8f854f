"""Notes now and then what the services of each stack use, and forgets it after some days."""

import asyncio
from dataclasses import dataclass, field

import structlog

from bot.ledger import Ledger
from bot.rounds import rounds
from bot.settings import Sampling
from bot.store import samples as rows
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.model.trend import Counters, HostCounted, Sample, host_point, points
from playbooks.ports import FactReader

_log = structlog.get_logger(__name__)
# A start is busy enough with what people wait for.
_FIRST_SECONDS = 5.0
_READ_SECONDS = 20.0
_PARTS = FactQuery(fact="trend.parts")
_HOST = FactQuery(fact="trend.host")


@dataclass
class _Seen:
    """What the last sweep of a stack counted: processor use is the difference to it."""

    parts: Counters | None = None
    host: HostCounted | None = None


@dataclass
class Sampler:
    """Cheap by design: one sweep each time, which asks no container twice."""

    ledger: Ledger
    facts: FactReader
    rules: Sampling
    _seen: dict[str, _Seen] = field(default_factory=dict)

    async def run(self) -> None:
        """Samples for ever."""
        await asyncio.sleep(_FIRST_SECONDS)
        await rounds("sampler", self.rules.interval.total_seconds(), self.take)

    def take(self) -> None:
        """One sample of every stack that has something to count; what is old goes."""
        stacks = [stack for stack in self.ledger.stacks.values() if _counts(stack)]
        taken = [(stack.name, sample) for stack in stacks if (sample := self._sample(stack))]
        with self.ledger.database.write() as connection:
            rows.keep(connection, taken)
            rows.forget(connection, self.ledger.now() - self.rules.keep)

    def _sample(self, stack: Stack) -> Sample | None:
        facts = self.facts.read(stack, [_PARTS, _HOST], within=_READ_SECONDS)
        counters, host = _counters(facts), _host(facts)
        if counters is None and host is None:
            return None
        before = self._seen.get(stack.name, _Seen())
        self._seen[stack.name] = _Seen(counters, host)
        return Sample(
            at=self.ledger.now(),
            services=points(counters, before.parts) if counters else {},
            host=host_point(host, before.host) if host else None,
            cores=host.cores if host else None,
        )


def _counts(stack: Stack) -> bool:
    return any(stack.managed(name) for name in stack.services)


def _counters(facts: Facts) -> Counters | None:
    fact = facts.get(_PARTS)
    return None if fact is None else Counters.model_validate(fact)


def _host(facts: Facts) -> HostCounted | None:
    fact = facts.get(_HOST)
    return None if fact is None else HostCounted.model_validate(fact)
