"""What Slack tells us that nobody asked for, and who deals with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from playbooks.model.base import JsonObject


class Ear(Protocol):
    """Deals with some kinds of events."""

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Whether it is worth keeping. Asks nobody."""
        ...

    def handle(self, event: JsonObject) -> None:
        """May be told the same twice."""
        ...


@dataclass(frozen=True)
class Ears:
    """Each event goes to the first that wants it."""

    ears: Sequence[Ear]

    def wants(self, event: Mapping[str, Any]) -> bool:
        return any(ear.wants(event) for ear in self.ears)

    def handle(self, event: JsonObject) -> None:
        ear = next((ear for ear in self.ears if ear.wants(event)), None)
        if ear is not None:
            ear.handle(event)
