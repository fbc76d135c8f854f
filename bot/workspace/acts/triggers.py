"""trigger_id: a permission to open one modal, once, within three seconds."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field

from bot.workspace.clock import new_secret
from bot.workspace.errors import SlackError

REMEMBERED_SECONDS = 600.0


@dataclass(slots=True)
class _Trigger:
    user: str
    issued: float
    used: bool = False


@dataclass(slots=True)
class Triggers:
    """Issues triggers and exchanges them; a restart forgets them, as they live so shortly."""

    lifetime: float
    _issued: OrderedDict[str, _Trigger] = field(default_factory=OrderedDict)

    def issue(self, user: str) -> str:
        """A new trigger for an act of this user."""
        now = time.monotonic()
        while self._issued and next(iter(self._issued.values())).issued < now - REMEMBERED_SECONDS:
            self._issued.popitem(last=False)
        trigger_id = f"{time.time_ns() // 1_000_000}.{new_secret()}"
        self._issued[trigger_id] = _Trigger(user, now)
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """The user whose act it was.

        Raises SlackError `invalid_trigger_id`, `expired_trigger_id` or `exchanged_trigger_id`.
        """
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.issued > self.lifetime:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user
