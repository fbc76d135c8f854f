"""`@interlock …` in a channel and in threads."""

import pytest

from tests.support.bot import Bot, wait_until
from tests.support.talk import card_in, payload, text_of

pytestmark = pytest.mark.slow
BOT = "U0INTERLK"


def answers(bot: Bot, thread: str, user: str = "ana") -> list[str]:
    """What the bot said in a thread, as that user sees it."""
    seen = bot.sim.messages(user=user, channel="incidents", thread_ts=thread)
    return [text_of(message) for message in seen if message["user"] == BOT]


def test_a_mention_in_a_thread_is_answered_there(shared: Bot) -> None:
    """The answer to a mention is in its thread, for all to read."""
    root = shared.sim.act("message", user="ben", channel="incidents", text="harbor is slow")["ts"]
    shared.sim.act(
        "message", user="ana", channel="incidents", text=f"<@{BOT}> status harbor", thread_ts=root
    )
    wait_until(lambda: answers(shared, root, user="ben"), "an answer in the thread")
    assert "prod/harbor" in answers(shared, root, user="ben")[0]


def test_a_request_from_a_thread_has_its_card_in_the_channel(shared: Bot) -> None:
    """What is asked for in a thread says there where the card is."""
    root = shared.sim.act("message", user="ben", channel="incidents", text="start it")["ts"]
    shared.sim.act(
        "message", user="ana", channel="incidents", text=f"<@{BOT}> start harbor", thread_ts=root
    )
    card = card_in(shared.sim, "pending")
    wait_until(lambda: answers(shared, root), "an answer in the thread")
    assert "#ops-harbor" in answers(shared, root)[0]
    shared.sim.command(f"cancel {payload(card)['request']}")
    card_in(shared.sim, "cancelled", payload(card)["request"])


def test_a_mistake_in_a_thread_is_told_in_private(shared: Bot) -> None:
    """A typo in a mention is answered only to who made it."""
    root = shared.sim.act("message", user="ben", channel="incidents", text="hm")["ts"]
    shared.sim.act(
        "message", user="ana", channel="incidents", text=f"<@{BOT}> statsu", thread_ts=root
    )
    wait_until(lambda: answers(shared, root), "a private answer")
    assert "Did you mean `status`?" in answers(shared, root)[0]
    assert answers(shared, root, user="ben") == []


def test_other_messages_are_only_acknowledged(shared: Bot) -> None:
    """Talk and reactions are heard, counted and left alone."""
    ts = shared.sim.act("message", user="ben", channel="incidents", text="just talking")["ts"]
    shared.sim.act("react", user="ben", channel="incidents", ts=ts, name="eyes")

    def counted() -> bool:
        scraped = shared.metrics()
        return 'kind="message"' in scraped and 'kind="reaction_added"' in scraped

    wait_until(counted, "the counters of what was ignored")
    assert answers(shared, ts) == []
