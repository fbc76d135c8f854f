"""From where on something of a stack is worth an alert."""

from typing import Literal, Self

from pydantic import model_validator

from playbooks.gate.duration import Duration, write_duration
from playbooks.model.base import Model, Name

Severity = Literal["critical", "warning", "info"]
Measure = Literal[
    "down",
    "restart_loop",
    "out_of_memory",
    "pool_exhausted",
    "backup_late",
    "drill_failed",
    "drill_overdue",
    "disk_free_percent",
    "memory_used_percent",
    "database_cpu_percent",
    "error_percent",
    "errors_per_second",
    "p95_seconds",
]
HAPPENS: frozenset[Measure] = frozenset(
    {
        "down",
        "restart_loop",
        "out_of_memory",
        "pool_exhausted",
        "backup_late",
        "drill_failed",
        "drill_overdue",
    }
)
BELOW: frozenset[Measure] = frozenset({"disk_free_percent"})


class Threshold(Model):
    """Alerts when `measure` passes `limit`: falls below it for disk_free_percent, rises above it
    for the others. Those that are no number (down, restart_loop, out_of_memory, pool_exhausted,
    backup_late, drill_failed, drill_overdue) have no limit: they happen or they do not.

    `lasting` is how long that must hold. `services` narrows it down; none: all of the stack.
    memory_used_percent is the host's, and that of containers with a limit of their own;
    database_cpu_percent is of one core. docs/alerts.md says how each of them is measured.
    """

    measure: Measure
    limit: float | None = None
    lasting: Duration | None = None
    severity: Severity = "warning"
    services: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _has_its_limit(self) -> Self:
        if self.measure in HAPPENS and self.limit is not None:
            raise ValueError(f"{self.measure} takes no limit: it happens or it does not")
        if self.measure not in HAPPENS and self.limit is None:
            raise ValueError(f"{self.measure} needs a limit, a number")
        if self.measure.endswith("_percent") and not 0 <= (self.limit or 0) <= 100:
            raise ValueError(f"limit is {self.limit:g}; write a percentage from 0 to 100")
        return self

    @property
    def shown(self) -> str:
        """`disk free percent below 20 for 5m`, for people."""
        words = self.measure.replace("_", " ")
        limit = ""
        if self.limit is not None:
            limit = f" {'below' if self.measure in BELOW else 'above'} {self.limit:g}"
        lasting = f" for {write_duration(self.lasting)}" if self.lasting else ""
        return f"{words}{limit}{lasting}"
