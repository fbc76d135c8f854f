"""Makes Slack say what the desired messages say, and keeps at it until it does.

The bot decides what a message should say; this loop picks who goes next (lanes, rates, only the
newest version) and leaves the carrying to `notifiers.courier`.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from notifiers.courier import Courier, Doubt
from notifiers.pace import RESERVE, Buckets, Pace, ProgressPace
from notifiers.ports import Delivery, Lane, OutboxStore, Slack
from notifiers.redactor import Redactor

_log = structlog.get_logger(__name__)
_LOOKED_AT = 500


class Outbox:
    """One loop for the whole workspace. Start `run` once; call `wake` when there is news."""

    def __init__(
        self,
        store: OutboxStore,
        slack: Slack,
        now: Callable[[], datetime],
        redactor: Redactor,
        pace: Pace | None = None,
    ) -> None:
        """`slack` must not retry by itself: see `notifiers.slack.outbox_slack`."""
        self._store = store
        self._now = now
        self._pace = pace or Pace()
        self._buckets = Buckets(self._pace, time.monotonic())
        self._progress = ProgressPace(self._pace)
        self._courier = Courier(store, slack, now, redactor, self._buckets, self._pace)
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: dict[str, Delivery] = {}
        self._outdated: set[str] = set()

    async def run(self) -> None:
        """Delivers until cancelled. What is under way then is repaired by the next `run`."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._news.clear()
                    seconds = await self._round(tasks)
                    await self._rest(seconds)
        finally:
            self._loop = None

    def wake(self) -> None:
        """There may be something to say. Callable from any thread, at any time."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._news.set)

    async def _round(self, tasks: asyncio.TaskGroup) -> float:
        """Starts what may start now. Returns the seconds until something else may.

        What comes to an end while the store is read may be read as it was before; such deliveries
        are left to the next round, which follows at once.
        """
        self._outdated.clear()
        try:
            due = await asyncio.to_thread(self._store.due, self._now(), _LOOKED_AT)
            retry_at = await asyncio.to_thread(self._store.next_retry)
        except Exception:  # noqa: BLE001 - the loop's boundary: a sick store must not end it
            _log.exception("outbox.store_failed")
            return self._pace.poll
        waits = [self._pace.poll]
        if retry_at is not None and retry_at > self._now():
            waits.append((retry_at - self._now()).total_seconds())
        for delivery in due:
            seconds = self._wait(delivery)
            if seconds is None:
                continue
            if seconds > 0:
                waits.append(seconds)
                continue
            self._take(delivery)
            tasks.create_task(self._deliver(tasks, delivery))
        return min(waits)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _wait(self, delivery: Delivery) -> float | None:
        """Seconds until this one may start; None when the end of another one decides."""
        desired, now = delivery.desired, time.monotonic()
        posting = delivery.ts is None
        busy = desired.key in self._under_way or desired.key in self._outdated
        busy = busy or (posting and self._posts_into(desired.channel))
        if busy or len(self._under_way) >= self._room(desired.lane):
            return None
        if posting:
            return self._buckets.posts(desired.channel).wait(now)
        seconds = self._buckets.method("chat.update").wait(now, RESERVE[desired.lane])
        if desired.lane is Lane.PROGRESS:
            seconds = max(seconds, self._progress.wait(desired.key, now))
        return seconds

    def _posts_into(self, channel: str) -> bool:
        """One post a channel at a time keeps their order."""
        return any(d.ts is None and d.desired.channel == channel for d in self._under_way.values())

    def _room(self, lane: Lane) -> int:
        urgent = lane in {Lane.APPROVAL, Lane.CRITICAL}
        return self._pace.at_once - (0 if urgent else self._pace.at_once_reserve)

    def _take(self, delivery: Delivery) -> None:
        desired, now = delivery.desired, time.monotonic()
        self._under_way[desired.key] = delivery
        if delivery.ts is None:
            self._buckets.posts(desired.channel).take(now)
            return
        self._buckets.method("chat.update").take(now)
        if desired.lane is Lane.PROGRESS:
            self._progress.shown(desired.key, now)

    async def _deliver(self, tasks: asyncio.TaskGroup, delivery: Delivery) -> None:
        try:
            doubt = await self._courier.deliver(delivery)
            if doubt is not None:
                tasks.create_task(self._settle(tasks, doubt))
        except Exception:  # noqa: BLE001 - the boundary of this task: the others go on
            _log.exception("outbox.delivery_failed", key=delivery.desired.key)
            await asyncio.sleep(self._pace.backoff_first)
        finally:
            self._free(delivery.desired.key)

    async def _settle(self, tasks: asyncio.TaskGroup, doubt: Doubt) -> None:
        """Looks once more, when even a very late post has arrived; never beside another call."""
        await asyncio.sleep(self._pace.late)
        key = doubt.delivery.desired.key
        if key in self._under_way:
            tasks.create_task(self._settle(tasks, doubt))
            return
        self._under_way[key] = doubt.delivery.model_copy(update={"ts": doubt.ts})
        try:
            await self._courier.settle(doubt)
        except Exception:  # noqa: BLE001 - the boundary of this task: the others go on
            _log.exception("outbox.settling_failed", key=key)
        finally:
            self._free(key)

    def _free(self, key: str) -> None:
        del self._under_way[key]
        self._outdated.add(key)
        self._news.set()
