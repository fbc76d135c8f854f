"""Messages in a channel that are kept fresh for some minutes: commands.ports.Live."""

import asyncio
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.bell import Bell
from bot.ledger import Ledger
from bot.store import outbox
from bot.store.ids import new_id
from commands.ports import Fresh
from notifiers.ports import Desired, Lane
from playbooks.errors import Refused

_log = structlog.get_logger(__name__)
_EVERY = timedelta(seconds=10)
_TICK_SECONDS = 1.0
_AT_ONCE = 6


@dataclass
class _Shown:
    key: str
    channel: str
    fresh: Fresh
    until: datetime
    next_at: datetime
    version: int = 0


class LiveMessages:
    """What is shown ends with the process: the message says until when it is fresh, and as of when
    it speaks, so what is left of it misleads nobody."""

    def __init__(self, ledger: Ledger, bell: Bell) -> None:
        self._ledger = ledger
        self._bell = bell
        self._shown: list[_Shown] = []
        self._lock = threading.Lock()

    def show(self, channel: str, span: timedelta, fresh: Fresh) -> datetime:
        """Until when it is refreshed. Raises Refused when as many are shown as can be."""
        now = self._ledger.now()
        shown = _Shown(f"live:{new_id()}", channel, fresh, now + span, now)
        with self._lock:
            if len(self._shown) >= _AT_ONCE:
                raise Refused(
                    f"{_AT_ONCE} messages are being refreshed already.", "Wait until one ends."
                )
            self._shown.append(shown)
        return shown.until

    async def run(self) -> None:
        """Refreshes what is due, for ever."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            now = self._ledger.now()
            with self._lock:
                due = [each for each in self._shown if each.next_at <= now]
            for shown in due:
                try:
                    await asyncio.to_thread(self._refresh, shown, now)
                except Exception:  # noqa: BLE001 - the boundary of one message
                    _log.exception("live.broke", key=shown.key)
                    self._end(shown)

    def _refresh(self, shown: _Shown, now: datetime) -> None:
        over = now >= shown.until
        body = shown.fresh(None if over else shown.until)
        shown.version += 1
        shown.next_at = now + _EVERY
        desired = Desired(
            key=shown.key,
            channel=shown.channel,
            lane=Lane.PROGRESS,
            version=shown.version,
            body=body,
        )
        with self._ledger.database.write() as connection:
            outbox.want(connection, desired, self._ledger.now())
        if over:
            self._end(shown)
        self._bell.ring()

    def _end(self, shown: _Shown) -> None:
        with self._lock:
            self._shown.remove(shown)
