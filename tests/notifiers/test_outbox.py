"""The outbox against a real server that keeps Slack's rules, over real HTTP."""

import asyncio
import json
from dataclasses import replace

import pytest

from notifiers.pace import Pace
from notifiers.ports import Body, Lane
from notifiers.views import blocks
from notifiers.views.card import card
from tests.support.cards import samples
from tests.support.outbox_house import OPS, House, Slow, now


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
