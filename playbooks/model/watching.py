"""How a stack is watched, and what is known of its services by that."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from playbooks.model.base import Model

ConditionKind = Literal["down"]


class Watching(Model):
    """A service counts as down, and as up again, after so many answers in a row say so (`after`).
    `say` has that said in the stack's channel, unless alerts of a threshold of the stack do."""

    on: bool = True
    after: int = Field(default=3, ge=1, le=100)
    say: bool = False


class Condition(Model):
    """Something that is wrong with a service of a stack, from when to when; `closed_at` is None
    while it is. Its `number` is its own for ever."""

    number: int
    stack: str
    service: str
    kind: ConditionKind
    detail: str
    opened_at: datetime
    closed_at: datetime | None = None


class Latency(Model):
    """How long the probes of some minutes from `at` on took; `failures` of `answers` were none."""

    at: datetime
    answers: int
    failures: int
    total_ms: float
    most_ms: float

    @property
    def mean_ms(self) -> float:
        return self.total_ms / self.answers if self.answers else 0.0


class WatchedService(Model):
    """What is known of a service: up since, or None where not enough is known yet; `availability`
    is the share of good answers in what is remembered, None without any; of the last minutes 95 in
    a hundred answers took at most `p95_ms`."""

    service: str
    up: bool | None
    since: datetime | None = None
    detail: str = ""
    mean_ms: float | None = None
    p95_ms: float | None = None
    availability: float | None = None
