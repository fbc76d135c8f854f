"""The outbox when answers are lost, processes die and Slack refuses, over real HTTP."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace.testing import RunningWorkspace
from notifiers.outbox import Outbox
from notifiers.ports import Body
from notifiers.slack import WebSlack, outbox_slack
from notifiers.views.card import card
from tests.support.cards import samples
from tests.support.outbox_house import FAST, HARBOR, OPS, Dying, House, now


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
