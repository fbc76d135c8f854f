"""An outbox, its store and a workspace that keeps Slack's rules, for tests of what is sent."""

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.outbox import StoredOutbox, want
from bot.workspace.testing import RunningWorkspace, running_workspace
from notifiers.outbox import Outbox
from notifiers.pace import Pace
from notifiers.ports import Body, Delivery, Desired, Lane
from notifiers.redactor import Redactor
from notifiers.slack import outbox_slack

HARBOR, OPS = "C0OPSHARBOR", "C0OPS"
FAST = Pace(settle=0.2, backoff_first=0.1, backoff_most=0.3, progress_least=0.2, poll=0.5)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class House:
    """The workspace, a store, and what a test asks of them."""

    workspace: RunningWorkspace
    database: Database
    store: StoredOutbox
    redactor: Redactor

    def want(self, key: str, text: str, version: int = 1, **more: Any) -> None:
        """Desires a plain message, or one with the given body."""
        desired = Desired(
            **{
                "key": key,
                "version": version,
                "channel": HARBOR,
                "lane": Lane.UPDATE,
                "body": Body(text=text),
                **more,
            }
        )
        with self.database.write() as connection:
            want(connection, desired, now())

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.workspace.url}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def fault(self, kind: str, method: str, **more: Any) -> None:
        self._call("/sim/faults", {"kind": kind, "method": method, **more})

    def calls(self, method: str = "") -> list[dict[str, Any]]:
        query = f"?method={method}" if method else ""
        found: list[dict[str, Any]] = self._call(f"/sim/calls{query}")
        return found

    def made(self, more: int) -> Callable[[], bool]:
        """A condition: so many more calls were made, or there is nothing left to send."""
        many = len(self.calls()) + more
        return lambda: len(self.calls()) >= many or self.quiet()

    def messages(self, channel: str = HARBOR, thread_ts: str = "") -> list[dict[str, Any]]:
        """The channel's messages, or a thread's with its root; no notices, oldest first."""
        where = f"/sim/messages?channel={channel}&user=ana"
        found = self._call(where + (f"&thread_ts={thread_ts}" if thread_ts else ""))
        if not thread_ts:
            found = [m for m in found if m.get("thread_ts") in (None, m["ts"])]
        return [m for m in found if m.get("blocks") and not m.get("deleted")]

    def texts(self, channel: str = HARBOR) -> list[str]:
        return [message["text"] for message in self.messages(channel)]

    def outbox(self, pace: Pace = FAST) -> Outbox:
        slack = outbox_slack(self.workspace.secrets.bot_token, self.workspace.api_url)
        return Outbox(self.store, slack, now, self.redactor, pace)

    @asynccontextmanager
    async def sending(self, pace: Pace = FAST) -> AsyncIterator[Outbox]:
        """The outbox at work for the length of the block; then it is killed."""
        outbox = self.outbox(pace)
        task = asyncio.create_task(outbox.run())
        try:
            yield outbox
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Waits for a condition; fails when it does not come true in time."""
        async with asyncio.timeout(seconds):
            while not await asyncio.to_thread(condition):
                await asyncio.sleep(0.03)

    def quiet(self) -> bool:
        """Whether everything desired was sent."""
        far = now() + timedelta(days=1)
        return not self.store.due(far, 100)


def wait_until_it_listens(url: str) -> None:
    """Its socket is bound a moment before it accepts."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/sim/health", timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"{url} does not answer")


class Dying(StoredOutbox):
    """A store whose process dies between Slack's answer and the note of it."""

    def __init__(self, database: Database, died: Callable[[], object]) -> None:
        super().__init__(database, now)
        self._died = died

    def sent(self, key: str, version: int, ts: str, now: datetime) -> None:
        self._died()
        raise ConnectionAbortedError("killed before it could be noted")


class Slow(StoredOutbox):
    """What it tells the second time was true before the first message was sent, and is not now."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, now)
        self._asked = 0
        self._asked_again, self._arrived = threading.Event(), threading.Event()

    def due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        found = super().due(now, limit)
        self._asked += 1
        if self._asked == 2:
            self._asked_again.set()
            assert self._arrived.wait(10)
        return found

    def sending(self, key: str, version: int, now: datetime) -> None:
        assert self._asked_again.wait(10)
        super().sending(key, version, now)

    def sent(self, key: str, version: int, ts: str, now: datetime) -> None:
        super().sent(key, version, ts, now)
        self._arrived.set()


@contextmanager
def built(folder: Path, rates: bool) -> Iterator[House]:
    database = Database(f"sqlite:///{folder / 'bot.db'}")
    migrate(database)
    with running_workspace(folder / "workspace", rates=rates) as workspace:
        wait_until_it_listens(workspace.url)
        yield House(workspace, database, StoredOutbox(database, now), Redactor())
    database.close()
