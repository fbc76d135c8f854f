"""A bench for drills."""

import uuid
from dataclasses import dataclass, field

from tests.support.run_plan import Bench
from tests.support.work import TestWork


@dataclass
class Drills(Bench):
    """Its runs have ids that nobody else has: what is throwaway is known by them, on this host."""

    ids: list[str] = field(default_factory=list)

    def work(self) -> TestWork:
        work = super().work()
        work.run = f"q{uuid.uuid4().hex[:7]}"
        self.ids.append(work.run)
        return work
