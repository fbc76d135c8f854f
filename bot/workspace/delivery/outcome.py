"""What came of a payload that went to the bot."""

from dataclasses import dataclass
from typing import Protocol

from bot.workspace.types import Json


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` is "ok" or Slack's name of the failure; `ack_ms` is None without an ack.

    `reason` is what Slack says in a redelivery (`http_timeout`, ...); `final` forbids one.
    """

    status: str
    ack_ms: float | None = None
    payload: Json | None = None
    reason: str = ""
    final: bool = False

    @property
    def ok(self) -> bool:
        """Whether the bot acknowledged in time."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A payload on its way: `kind` is events_api, slash_commands or interactive."""

    kind: str
    payload: Json
    attempt: int = 0
    reason: str = ""


class Transport(Protocol):
    """Carries parcels to the bot."""

    async def deliver(self, parcel: Parcel) -> Outcome:
        """Sends and waits for the ack, no longer than Slack would."""
        ...

    async def bot_is_there(self) -> bool:
        """Whether a bot listens now."""
        ...
