"""Faults that a test asks for: answers that fail, come late or never come."""

import math
import time
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["429", "500", "disconnect", "refresh", "slow", "drop"]


@dataclass(slots=True)
class Fault:
    """Strikes `count` times (None: without end) until `until` (monotonic seconds, None: ever)."""

    kind: FaultKind
    method: str | None
    count: int | None
    seconds: float | None
    until: float | None

    def retry_after(self, now: float) -> int:
        """Whole seconds until it is over, at least 1."""
        return max(1, math.ceil(self.until - now)) if self.until is not None else 1


@dataclass(slots=True)
class Faults:
    """The faults in force, the oldest first."""

    _faults: list[Fault] = field(default_factory=list)

    def add(
        self, kind: FaultKind, method: str | None, count: int | None, seconds: float | None
    ) -> None:
        """Arms a fault.

        `seconds` is the delay of `slow` and the duration of all others; without `count` and
        duration it strikes once.
        """
        lasts = seconds if kind != "slow" else None
        if count is None and lasts is None:
            count = 1
        until = time.monotonic() + lasts if lasts is not None else None
        self._faults.append(Fault(kind, method, count, seconds, until))

    def strike(self, method: str) -> Fault | None:
        """The fault that hits this call, counted; None when there is none."""
        if not self._faults:
            return None
        now = time.monotonic()
        self._faults = [each for each in self._faults if _alive(each, now)]
        for fault in self._faults:
            if fault.method in (None, method):
                if fault.count is not None:
                    fault.count -= 1
                return fault
        return None

    def clear(self) -> None:
        """Heals everything."""
        self._faults.clear()


def _alive(fault: Fault, now: float) -> bool:
    return (fault.count is None or fault.count > 0) and (fault.until is None or now < fault.until)
