"""What measures are read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playbooks.model.base import Model
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.trend import Sample
from playbooks.model.watching import Condition
from playbooks.respond.restarts import Restarts


class Unmeasured(Exception):
    """A measure that cannot be had now; the reason is for people."""


class Probes(Model):
    """What the last minutes of asking a service how it is gave."""

    seconds: float
    answers: int = 0
    failures: int = 0
    p95_ms: float = 0.0


@dataclass(frozen=True)
class Seen:
    """Everything that measures are read from: answers to `needs`, what is down (`conditions`) of
    the services that are `watched`, backups and drills that are late (`breaches`, since when, by
    the names of bot/objectives.py), the newest `sample`, and `probes` by service."""

    now: datetime
    facts: Facts = field(default_factory=Facts)
    conditions: Sequence[Condition] = ()
    watched: frozenset[str] = frozenset()
    breaches: Mapping[str, datetime] = field(default_factory=dict)
    sample: Sample | None = None
    probes: Mapping[str, Probes] = field(default_factory=dict)
    restarts: Restarts = field(default_factory=Restarts)


def fact_in(seen: Seen, query: FactQuery) -> Mapping[str, Any]:
    """Raises Unmeasured with the reason why it is not there."""
    fact = seen.facts.get(query)
    if fact is None:
        raise Unmeasured(seen.facts.missing.get(query.key, "it was not looked at yet").rstrip("."))
    return fact
