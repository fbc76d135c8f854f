"""Carries one desired message to Slack: posts it, edits it, or finds out that it is there."""

import asyncio
import random
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from notifiers.addresses import Addresses, UnknownChannel
from notifiers.failures import SLACK_ERRORS, Kind, Trouble, trouble
from notifiers.pace import Bucket, Buckets, Pace
from notifiers.ports import Delivery, Desired, Enclosed, OutboxStore, Slack
from notifiers.redactor import Redactor
from notifiers.wire import Copy, content, copies, plain

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Doubt:
    """A message that was posted again; the first attempt may still turn up in Slack later."""

    delivery: Delivery
    ts: str
    since: datetime


@dataclass
class Courier:
    """Delivers messages one by one. Knows what to do about every kind of trouble.

    A post whose answer was lost may have arrived: it is looked for before it is posted again, and
    once more afterwards. `_clean` holds the keys of posts that are known not to have arrived.
    """

    store: OutboxStore
    slack: Slack
    now: Callable[[], datetime]
    redactor: Redactor
    buckets: Buckets
    pace: Pace
    _clean: set[str] = field(default_factory=set, init=False)
    _failures: dict[str, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._addresses = Addresses(self.slack)

    async def deliver(self, delivery: Delivery) -> Doubt | None:
        """Sends the newest version, or notes when to try again. Raises only what the store does.

        A Doubt that is returned should be handed to `settle` some time later.
        """
        try:
            return await self._send(delivery, delivery.desired)
        except UnknownChannel as error:
            await self._troubled(delivery, Trouble(Kind.BARRED, str(error)))
        except SLACK_ERRORS as error:
            problem = trouble(error)
            if problem.kind is Kind.MALFORMED:
                return await self._send_plain(delivery, problem)
            await self._troubled(delivery, problem)
        return None

    async def settle(self, doubt: Doubt) -> None:
        """Deletes the double that turned up late, and keeps the older one of the two."""
        try:
            kept = await self._only_copy(doubt.delivery, doubt.since)
        except SLACK_ERRORS as error:
            _log.warning("outbox.unsettled", key=doubt.delivery.desired.key, why=str(error))
            return
        if kept is not None and kept.ts != doubt.ts:
            await self._sent(doubt.delivery.desired, kept.version, kept.ts)

    async def _send(self, delivery: Delivery, desired: Desired) -> Doubt | None:
        channel = await self._addresses.id_of(desired.channel)
        addressed = desired.model_copy(update={"channel": channel})
        delivery = delivery.model_copy(update={"desired": addressed})
        doubt = None
        if delivery.ts is not None:
            await self._edit(delivery, delivery.ts)
        else:
            doubt = await self._post(delivery, self.buckets.posts(desired.channel))
        self._failures.pop(desired.key, None)
        self._clean.discard(desired.key)
        return doubt

    async def _edit(self, delivery: Delivery, ts: str) -> None:
        desired = delivery.desired
        with self._watching(self.buckets.method("chat.update")):
            await self.slack.chat_update(
                channel=desired.channel, ts=ts, **content(desired, self.redactor)
            )
        await self._sent(desired, desired.version, ts)

    async def _post(self, delivery: Delivery, posts: Bucket) -> Doubt | None:
        desired, since = delivery.desired, delivery.sending_since
        if desired.body.file is not None:
            await self._upload(delivery, desired.body.file, posts)
            return None
        in_doubt = since is not None and desired.key not in self._clean
        if since is not None and in_doubt:
            found = await self._only_copy(delivery, since)
            if found is not None:
                await self._sent(desired, found.version, found.ts)
                return None
        began = since or self.now()
        await asyncio.to_thread(self.store.sending, desired.key, desired.version, self.now())
        self._clean.discard(desired.key)
        kept = await self._posted(delivery, posts, in_doubt)
        if in_doubt:
            kept = await self._only_copy(delivery, began) or kept
        await self._sent(desired, kept.version, kept.ts)
        return Doubt(delivery, kept.ts, began) if in_doubt else None

    async def _upload(self, delivery: Delivery, file: Enclosed, posts: Bucket) -> None:
        desired = delivery.desired
        with self._watching(posts):
            await self.slack.files_upload_v2(
                channel=desired.channel,
                thread_ts=delivery.thread_ts,
                filename=file.name,
                title=file.title,
                initial_comment=self.redactor.redact(desired.body.text),
                content=self._content(file),
            )
        await self._sent(desired, desired.version, f"file:{file.name}")

    def _content(self, file: Enclosed) -> bytes:
        return b64decode(file.png) if file.png else self.redactor.redact(file.text).encode()

    async def _posted(self, delivery: Delivery, posts: Bucket, in_doubt: bool) -> Copy:
        desired = delivery.desired
        thread = {"thread_ts": delivery.thread_ts} if delivery.thread_ts else {}
        try:
            with self._watching(posts):
                answer: Any = await self.slack.chat_postMessage(
                    channel=desired.channel,
                    unfurl_links=False,
                    unfurl_media=False,
                    **thread,
                    **content(desired, self.redactor),
                )
        except SLACK_ERRORS as error:
            if not in_doubt and not trouble(error).maybe_done:
                self._clean.add(desired.key)
            raise
        return Copy(ts=str(answer["ts"]), version=desired.version)

    async def _only_copy(self, delivery: Delivery, since: datetime) -> Copy | None:
        """Our copy in Slack, the oldest one; younger doubles are deleted."""
        name = "conversations.replies" if delivery.thread_ts else "conversations.history"
        with self._watching(await self._turn(name)):
            found = await copies(self.slack, delivery, since)
        for double in found[1:]:
            with self._watching(await self._turn("chat.delete")):
                await self.slack.chat_delete(channel=delivery.desired.channel, ts=double.ts)
            _log.info("outbox.double_deleted", key=delivery.desired.key, ts=double.ts)
        return found[0] if found else None

    async def _turn(self, method: str) -> Bucket:
        bucket = self.buckets.method(method)
        await asyncio.sleep(bucket.reserve(time.monotonic()))
        return bucket

    @contextmanager
    def _watching(self, bucket: Bucket) -> Iterator[None]:
        """Closes the bucket of a method that Slack says was called too often."""
        try:
            yield
        except SLACK_ERRORS as error:
            problem = trouble(error)
            if problem.kind is Kind.LIMITED:
                bucket.close(time.monotonic() + problem.retry_after)
            raise

    async def _send_plain(self, delivery: Delivery, problem: Trouble) -> Doubt | None:
        """Says it in plain text, so that the channel has the truth, and reports the blocks."""
        desired = delivery.desired
        _log.error("outbox.malformed", key=desired.key, version=desired.version, why=problem.why)
        try:
            text = plain(desired, with_metadata="metadata" not in problem.why)
            return await self._send(delivery, text)
        except SLACK_ERRORS as error:
            again = trouble(error)
            if again.kind is not Kind.MALFORMED:
                await self._troubled(delivery, again)
                return None
            await asyncio.to_thread(
                self.store.refused, desired.key, desired.version, f"{problem.why}; {again.why}"
            )
            return None

    async def _sent(self, desired: Desired, version: int, ts: str) -> None:
        await asyncio.to_thread(self.store.sent, desired.key, version, ts, self.now())

    async def _troubled(self, delivery: Delivery, problem: Trouble) -> None:
        desired = delivery.desired
        match problem.kind:
            case Kind.GONE:
                await self._lost(delivery, problem)
            case Kind.LIMITED:
                # The closed bucket makes it wait, in its place among the others.
                await self._later(desired, 0.0, problem)
            case Kind.BARRED:
                _log.error("outbox.barred", key=desired.key, why=problem.why)
                self._addresses.forget(desired.channel)
                await self._let_in(desired, problem)
            case _:
                await self._later(desired, self._backoff(desired.key, problem), problem)

    async def _lost(self, delivery: Delivery, problem: Trouble) -> None:
        """The message is gone, or, when it was to be posted, the first message of its thread."""
        desired = delivery.desired
        if delivery.ts is not None:
            await asyncio.to_thread(self.store.lost, desired.key, problem.why)
        elif desired.thread_of is not None:
            await asyncio.to_thread(self.store.lost, desired.thread_of, problem.why)
        else:
            await self._later(desired, self._backoff(desired.key, problem), problem)

    async def _let_in(self, desired: Desired, problem: Trouble) -> None:
        """Joins the channel if that is all there is to it; else waits for somebody to help."""
        if problem.why.startswith("not_in_channel"):
            try:
                await self._addresses.join(desired.channel)
            except (*SLACK_ERRORS, UnknownChannel) as error:
                _log.error("outbox.join_failed", channel=desired.channel, why=str(error))
            else:
                await self._later(desired, self.pace.backoff_first, problem)
                return
        await self._later(desired, self.pace.barred, problem)

    def _backoff(self, key: str, problem: Trouble) -> float:
        """Doubles each time, with jitter; a post in doubt first settles before it is looked for."""
        tries = self._failures.get(key, 0)
        self._failures[key] = tries + 1
        longest = min(self.pace.backoff_first * 2.0 ** min(tries, 16), self.pace.backoff_most)
        seconds = longest * random.uniform(0.5, 1.0)
        return max(seconds, self.pace.settle) if problem.maybe_done else seconds

    async def _later(self, desired: Desired, seconds: float, problem: Trouble) -> None:
        _log.warning("outbox.later", key=desired.key, seconds=round(seconds, 1), why=problem.why)
        until = self.now() + timedelta(seconds=seconds)
        await asyncio.to_thread(self.store.later, desired.key, until, problem.why)
