"""What a switch is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Notice:
    """What users are told, and until when."""

    message: str
    until: datetime

    @property
    def end(self) -> str:
        """The end as programs read it: ISO 8601, UTC."""
        return self.until.isoformat(timespec="seconds").replace("+00:00", "Z")


class Switch(Protocol):
    """All of it may be repeated. What fails comes as HostError or DatastoreError, and then users
    see what they saw before."""

    def on(self, notice: Notice) -> None: ...

    def off(self) -> None: ...

    def is_on(self) -> bool:
        """What users are shown right now."""
        ...
