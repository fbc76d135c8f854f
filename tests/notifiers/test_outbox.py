"""The outbox against a real server that keeps Slack's rules, over real HTTP."""

import asyncio
import json
import random
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.outbox import StoredOutbox, want
from bot.workspace.testing import RunningWorkspace, running_workspace
from notifiers.outbox import Outbox
from notifiers.pace import Pace
from notifiers.ports import Body, Delivery, Desired, Lane
from notifiers.redactor import Redactor
from notifiers.slack import WebSlack, outbox_slack
from notifiers.views import blocks
from notifiers.views.card import card
from tests.support.cards import samples

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


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A workspace that lets calls come at any rate."""
    with built(tmp_path, rates=False) as house:
        yield house


@pytest.fixture
def strict_house(tmp_path: Path) -> Iterator[House]:
    """A workspace with Slack's rate limits."""
    with built(tmp_path, rates=True) as house:
        yield house


async def test_a_message_is_posted_once_and_edited_to_its_newest_version(house: House) -> None:
    """One desired message is one message; a newer version edits it in place."""
    house.want("request:a", "first")
    async with house.sending() as outbox:
        await house.until(lambda: house.texts() == ["first"])
        house.want("request:a", "second", version=2)
        outbox.wake()
        await house.until(lambda: house.texts() == ["second"])
    assert len(house.messages()) == 1


async def test_only_the_newest_version_is_sent(house: House) -> None:
    """Versions that came while nothing could be sent are never posted."""
    for version in range(1, 6):
        house.want("request:a", f"version {version}", version)
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["version 5"]
    assert len(house.calls("chat.postMessage")) == 1
    assert not house.calls("chat.update")


async def test_a_card_carries_key_and_version_for_programs(house: House) -> None:
    """The card's metadata names its key and the version that is shown; replies carry none."""
    house.want("request:k3f9q2", "", body=card(samples()["pending"]), version=7)
    house.want("run:k3f9q2:finished", "done", thread_of="request:k3f9q2")
    async with house.sending():
        await house.until(house.quiet)
    (shown,) = house.messages()
    payload = shown["metadata"]["event_payload"]
    assert (payload["key"], payload["version"]) == ("request:k3f9q2", 7)
    replies = [m for m in house.messages(thread_ts=shown["ts"]) if m["ts"] != shown["ts"]]
    assert [reply["text"] for reply in replies] == ["done"]
    assert not replies[0].get("metadata")


async def test_lanes_go_first(house: House) -> None:
    """Approvals overtake what was desired before them; progress goes last."""
    house.want("p", "progress", lane=Lane.PROGRESS)
    house.want("u", "update", lane=Lane.UPDATE)
    house.want("c", "critical", lane=Lane.CRITICAL)
    house.want("a", "approval", lane=Lane.APPROVAL)
    async with house.sending(Pace(posts=5.0, post_burst=1)):
        await house.until(house.quiet)
    assert house.texts() == ["approval", "critical", "update", "progress"]


async def test_an_unsent_approval_stays_urgent(house: House) -> None:
    """Progress that comes on top of what was not shown yet inherits its lane."""
    house.want("other", "before", lane=Lane.CRITICAL)
    house.want("card", "approved", lane=Lane.APPROVAL)
    house.want("card", "1 %", version=2, lane=Lane.PROGRESS)
    async with house.sending(Pace(posts=5.0, post_burst=1)):
        await house.until(house.quiet)
    assert house.texts() == ["1 %", "before"]
    house.want("card", "2 %", version=3, lane=Lane.PROGRESS)
    assert [each.desired.lane for each in house.store.due(now(), 10)] == [Lane.PROGRESS]


async def test_a_reply_waits_for_its_root(house: House) -> None:
    """What belongs into a thread is not posted before the message it hangs on."""
    house.want("reply", "reply", thread_of="root", lane=Lane.APPROVAL)
    house.want("root", "root", lane=Lane.PROGRESS)
    house.fault("429", "chat.postMessage", count=1)
    async with house.sending():
        await house.until(house.quiet)
        await house.until(lambda: len(house.calls("chat.postMessage")) == 3)
    (root,) = house.messages()
    assert [m["text"] for m in house.messages(thread_ts=root["ts"])] == ["root", "reply"]


async def test_a_channel_named_in_a_stack_file_is_found(house: House) -> None:
    """A channel's name works everywhere that Slack wants an id, edits included."""
    house.want("a", "first", channel="#ops")
    async with house.sending() as outbox:
        await house.until(lambda: house.texts(OPS) == ["first"])
        house.want("a", "second", version=2, channel="#ops")
        outbox.wake()
        await house.until(lambda: house.texts(OPS) == ["second"])


async def test_a_lost_answer_makes_no_double(house: House) -> None:
    """A post that was performed but not answered is found by its marks, not posted again."""
    house.want("request:k3f9q2", "", body=card(samples()["pending"]))
    house.want("run:x:uncertain:1", "needs an answer", channel=OPS)
    house.fault("drop", "chat.postMessage", count=2)
    async with house.sending():
        await house.until(house.quiet)
    assert len(house.messages()) == 1
    assert house.texts(OPS) == ["needs an answer"]
    assert len(house.calls("chat.postMessage")) == 2


async def test_a_lost_answer_in_a_thread_makes_no_double(house: House) -> None:
    """Replies are looked for in their thread."""
    house.want("root", "root")
    async with house.sending() as outbox:
        await house.until(house.quiet)
        house.fault("drop", "chat.postMessage", count=1)
        house.want("reply", "reply", thread_of="root")
        outbox.wake()
        await house.until(house.quiet)
    (root,) = house.messages()
    found = [m["text"] for m in house.messages(thread_ts=root["ts"])]
    assert found == ["root", "reply"]


async def test_a_newer_version_after_a_lost_answer_edits_the_copy(house: House) -> None:
    """The copy that arrived is older than what is wanted by then: it is edited, not doubled."""
    house.want("a", "first")
    house.fault("drop", "chat.postMessage", count=1)
    async with house.sending() as outbox:
        await house.until(lambda: len(house.calls("chat.postMessage")) == 1)
        house.want("a", "second", version=2)
        outbox.wake()
        await house.until(lambda: house.texts() == ["second"])
    assert len(house.calls("chat.postMessage")) == 1


async def test_killed_between_send_and_note_it_repairs_itself(house: House) -> None:
    """The next start finds the post that the killed one could not note."""
    house.want("a", "hello")
    posted = asyncio.Event()
    loop = asyncio.get_running_loop()
    survivor = house.store
    house.store = Dying(house.database, lambda: loop.call_soon_threadsafe(posted.set))
    async with house.sending():
        await asyncio.wait_for(posted.wait(), 10)
    house.store = survivor
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["hello"]
    assert len(house.calls("chat.postMessage")) == 1


async def test_a_post_that_turns_up_late_is_no_double(house: House) -> None:
    """A post that timed out and was repeated may be performed after all: one copy stays."""
    client = AsyncWebClient(
        house.workspace.secrets.bot_token,
        base_url=house.workspace.api_url,
        timeout=1,
        retry_handlers=[],
    )
    house.want("a", "hello")
    house.fault("slow", "chat.postMessage", count=1, seconds=2)
    pace = replace(FAST, late=1.5)
    outbox = Outbox(house.store, WebSlack(client), now, house.redactor, pace)
    task = asyncio.create_task(outbox.run())
    await house.until(lambda: len(house.texts()) == 2)
    await house.until(lambda: len(house.texts()) == 1)
    house.want("a", "hello again", version=2)
    outbox.wake()
    await house.until(lambda: house.texts() == ["hello again"])
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_whatever_breaks_every_message_ends_in_the_truth_once(house: House) -> None:
    """Lost answers, refusals, errors and kills at random: one copy each, its newest version."""
    chance = random.Random(11)
    keys = [f"request:{n}" for n in range(6)] + [f"reply:{n}" for n in range(6)]

    def wanted(key: str, version: int) -> None:
        root = key.replace("reply", "request") if key.startswith("reply") else None
        house.want(key, f"{key} v{version}", version, thread_of=root)

    for version in range(1, 5):
        for key in keys:
            wanted(key, version)
        for method in ("chat.postMessage", "chat.update", "conversations.history"):
            house.fault(chance.choice(["drop", "500", "429"]), method, count=chance.randint(1, 3))
        async with house.sending(replace(FAST, posts=100.0, calls=100.0)):
            await house.until(house.made(chance.randint(1, 8)))
    async with house.sending(replace(FAST, posts=100.0, calls=100.0)):
        await house.until(house.quiet, seconds=30)
    roots = house.messages()
    assert sorted(m["text"] for m in roots) == [f"request:{n} v4" for n in range(6)]
    for root in roots:
        replies = [m["text"] for m in house.messages(thread_ts=root["ts"])][1:]
        assert replies == [root["text"].replace("request", "reply")]


async def test_the_younger_double_is_deleted(house: House) -> None:
    """Where two copies are in Slack all the same, the oldest one stays."""
    house.want("a", "hello")
    async with house.sending():
        await house.until(house.quiet)
    house.store.lost("a", "the note of it was lost")
    async with house.sending():
        await house.until(lambda: len(house.texts()) == 2)
        await house.until(house.quiet)
    first, _second = house.messages()
    house.store.lost("a", "again")
    house.store.sending("a", 1, now())
    async with house.sending():
        await house.until(house.quiet)
    assert [message["ts"] for message in house.messages()] == [first["ts"]]


async def test_too_many_requests_wait_and_nothing_is_lost(house: House) -> None:
    """429 with Retry-After is waited for; then every message is there once, in order."""
    for number in range(3):
        house.want(f"m{number}", f"message {number}")
    house.fault("429", "chat.postMessage", seconds=2)
    began = now()
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["message 0", "message 1", "message 2"]
    assert now() - began >= timedelta(seconds=1)
    assert len(house.calls("chat.postMessage")) <= 6


async def test_server_errors_are_outlived(house: House) -> None:
    """500s on posts and edits delay the truth, they do not change it."""
    house.fault("500", "chat.postMessage", count=3)
    house.want("a", "first")
    async with house.sending() as outbox:
        await house.until(lambda: house.texts() == ["first"])
        house.fault("500", "chat.update", count=3)
        house.want("a", "second", version=2)
        outbox.wake()
        await house.until(lambda: house.texts() == ["second"])
    assert len(house.messages()) == 1


async def test_trouble_while_looking_never_leads_to_a_double(house: House) -> None:
    """When the look for a lost post fails, too, it is looked for again before posting."""
    house.want("a", "hello")
    house.fault("drop", "chat.postMessage", count=1)
    house.fault("429", "conversations.history", count=2)
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["hello"]
    assert len(house.calls("chat.postMessage")) == 1


async def test_slack_away_means_later(house: House) -> None:
    """With no Slack at all nothing is lost; the newest version goes out when it is back."""
    house.want("a", "before")
    async with house.sending():
        await house.until(house.quiet)
    nowhere = House(
        RunningWorkspace("http://127.0.0.1:9", house.workspace.secrets),
        house.database,
        house.store,
        house.redactor,
    )
    house.want("a", "while away", version=2)
    house.want("b", "posted while away")
    async with nowhere.sending() as outbox:
        outbox.wake()
        await house.until(lambda: house.store.next_retry() is not None)
    assert house.texts() == ["before"]
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["while away", "posted while away"]


async def test_a_deleted_card_is_posted_again(house: House) -> None:
    """Somebody deleted the root: the next edit posts it anew, replies go to the new thread."""
    house.want("root", "card")
    slack = outbox_slack(house.workspace.secrets.bot_token, house.workspace.api_url)
    async with house.sending() as outbox:
        await house.until(house.quiet)
        (old,) = house.messages()
        await slack.chat_delete(channel=HARBOR, ts=old["ts"])
        house.want("root", "card, newer", version=2)
        house.want("reply", "reply", thread_of="root")
        outbox.wake()
        await house.until(house.quiet)
        await house.until(lambda: "card, newer" in house.texts())
    new = next(message for message in house.messages() if message["text"] == "card, newer")
    assert new["ts"] != old["ts"]


async def test_refused_blocks_fall_back_to_plain_text(house: House) -> None:
    """Blocks that Slack will never take are reported, and the channel still gets the truth."""
    broken = Body(text="RESTORE failed", blocks=({"type": "sparkline"},))
    house.want("a", "", body=broken)
    house.want("b", "after it")
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["RESTORE failed", "after it"]


@asynccontextmanager
async def a_slack_that_takes_nothing() -> AsyncIterator[str]:
    """A Web API that finds every content malformed."""

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": "invalid_blocks"})

    app = web.Application()
    app.router.add_route("*", "/api/{method}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


async def test_what_slack_will_never_take_is_set_aside(house: House) -> None:
    """A version that fails as plain text, too, is refused; the next version is tried again."""
    house.want("a", "never")
    async with a_slack_that_takes_nothing() as url:
        outbox = Outbox(house.store, outbox_slack("xoxb-1", url), now, house.redactor, FAST)
        task = asyncio.create_task(outbox.run())
        await house.until(house.quiet)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    house.want("a", "now it is well", version=2)
    async with house.sending():
        await house.until(house.quiet)
    assert house.texts() == ["now it is well"]


async def test_what_arrives_while_the_store_is_asked_is_not_posted_again(house: House) -> None:
    """An answer of the store from before the arrival starts nothing."""
    house.want("request:a", "once")
    async with replace(house, store=Slow(house.database)).sending():
        await house.until(house.quiet)
        house.want("request:b", "after it")
        await house.until(house.quiet)
    assert house.texts() == ["once", "after it"]


async def test_an_empty_text_still_arrives(house: House) -> None:
    """A message with blocks and no text is no reason to stop."""
    house.want("a", "", body=Body(text="", blocks=tuple(blocks.sections("only blocks"))))
    async with house.sending():
        await house.until(house.quiet)
    assert len(house.messages()) == 1


async def test_an_unknown_channel_holds_up_nobody_else(house: House) -> None:
    """A channel that is not there is reported and tried later; others get their messages."""
    house.want("a", "lost in space", channel="nowhere")
    house.want("b", "here")
    async with house.sending():
        await house.until(lambda: house.texts() == ["here"])
    assert not house.quiet()


async def test_secrets_are_masked_on_the_way_out(house: House) -> None:
    """Text, blocks and metadata of what is sent hold no value the redactor knows."""
    house.redactor.learn("hunter2-hunter2")
    body = Body(
        text="password=hunter2-hunter2",
        blocks=({"type": "section", "text": {"type": "mrkdwn", "text": "hunter2-hunter2 leaked"}},),
    )
    house.want("a", "", body=body)
    async with house.sending():
        await house.until(house.quiet)
    assert "hunter2" not in json.dumps(house.calls("chat.postMessage"))
    assert house.texts() == ["password=••••"]


async def test_progress_leaves_edits_for_approvals(house: House) -> None:
    """When edits are scarce, progress waits and an approval's edit still goes at once."""
    pace = Pace(calls=0.05, call_burst=6, progress_least=0.01, progress_most=0.02, poll=0.2)
    house.want("card", "pending")
    house.want("other", "running", channel=OPS)
    async with house.sending(pace) as outbox:
        await house.until(house.quiet)
        for version in range(2, 12):
            house.want("other", f"{version} %", version, channel=OPS, lane=Lane.PROGRESS)
            outbox.wake()
            await asyncio.to_thread(house.calls, "chat.update")
        house.want("card", "approved", version=2, lane=Lane.APPROVAL)
        outbox.wake()
        await house.until(lambda: house.texts() == ["approved"], seconds=3)
    shown = [call for call in house.calls("chat.update") if call["args"]["channel"] == OPS]
    assert 1 <= len(shown) <= 2


@pytest.mark.slow
async def test_at_slacks_own_rates_nothing_is_refused(strict_house: House) -> None:
    """Ten posts into one channel keep the pace that Slack asks for, without one 429."""
    house = strict_house
    for number in range(10):
        house.want(f"m{number}", f"message {number}")
    async with house.sending(Pace()):
        await house.until(house.quiet, seconds=30)
    assert house.texts() == [f"message {number}" for number in range(10)]
    assert len(house.calls("chat.postMessage")) == 10
