"""Messages in the timeline by wire: marked, pinned, edited, deleted, with files, late."""

import pytest

from tests.support.bot import Bot, wait_until
from tests.support.incidents import card_of, incident_cards, opened, own_channel, shown, shows
from tests.support.talk import HARBOR, ask, text_of


def _said(bot: Bot, channel: str, text: str, **more: object) -> str:
    """Somebody says it; the message's timestamp."""
    ts: str = bot.sim.act("message", user="ben", channel=channel, text=text, **more)["ts"]
    return ts


def _lines(said: str, part: str) -> list[str]:
    return [line for line in said.split("\n") if part in line]


@pytest.mark.covers("R4", "S", only="messages, files, edits and deletions")
def test_marked_messages_are_followed(bot: Bot) -> None:
    """A star or a pin brings a message in, with author and link; its edits show; what loses its
    mark or is deleted is struck and stays."""
    sim = bot.sim
    incident = opened(sim, "Search is down --stack harbor --severity P2")
    channel = own_channel(sim, incident)
    first = _said(bot, channel, "The index is gone, <@U0CLEO> looks")
    second = _said(bot, channel, "Disk sda is full")
    _said(bot, channel, "just chatting")
    sim.act("react", user="ana", channel=channel, ts=first, name="star")
    sim.act("pin", user="ana", channel=channel, ts=second)
    said = shows(sim, incident, "The index is gone, @cleo looks", "Disk sda is full")
    line = _lines(said, "The index is gone")[0]
    assert "ben" in line and "|message>" in line
    assert "just chatting" not in said
    sim.act("edit", user="ben", channel=channel, ts=first, text="The index is gone for good")
    shows(sim, incident, "The index is gone for good", "edited")
    sim.act("react", user="ana", channel=channel, ts=first, name="star", remove=True)
    shows(sim, incident, "~The index is gone for good~", "mark taken back")
    sim.act("react", user="cleo", channel=channel, ts=first, name="pushpin")
    wait_until(lambda: "~The index" not in shown(sim, incident), "marked again it counts again")
    sim.act("delete", user="ben", channel=channel, ts=second)
    said = shows(sim, incident, "~Disk sda is full~")
    assert "deleted" in _lines(said, "Disk sda")[0]
    ask(sim, f"incident resolve {incident}")


@pytest.mark.covers("R4", "S", only="messages, files, edits and deletions")
def test_files_are_written(bot: Bot) -> None:
    """A file that is shared where the incident lives is in its timeline by its name."""
    sim = bot.sim
    incident = opened(sim, "Uploads fail --stack harbor --severity P2")
    channel = own_channel(sim, incident)
    _said(bot, channel, "the trace", files={"trace.txt": "one\ntwo"})
    said = shows(sim, incident, "trace.txt")
    assert "the trace [trace.txt]" in said
    ask(sim, f"incident resolve {incident}")


@pytest.mark.covers("R4", "S", only="messages, files, edits and deletions")
def test_two_incidents_on_one_stack(bot: Bot) -> None:
    """What is in the thread of one belongs to that one; what is about the stack to both, and each
    says so."""
    sim = bot.sim
    one = opened(sim, "First of two --stack harbor")
    other = opened(sim, "Second of two --stack harbor")
    card = card_of(sim, one, HARBOR)
    assert card_of(sim, other, HARBOR)["ts"] != card["ts"]
    for each in (one, other):
        wait_until(lambda id_=each: card_of(sim, id_, HARBOR)["pinned"], "the card is pinned")
    reply = _said(bot, HARBOR, "Only about the first", thread_ts=card["ts"])
    wide = _said(bot, HARBOR, "About the whole stack")
    sim.act("react", user="ana", channel=HARBOR, ts=reply, name="star")
    sim.act("react", user="ana", channel=HARBOR, ts=wide, name="star")
    said = shows(sim, one, "Only about the first", "About the whole stack", f"also in {other}")
    assert f"also in {other}" in _lines(said, "About the whole stack")[0]
    assert "Only about the first" not in shows(sim, other, "About the whole stack")
    answer = ask(sim, "incident note which one?", channel=HARBOR)
    assert one in answer and other in answer
    for each in (one, other):
        ask(sim, f"incident resolve {each}")


@pytest.mark.covers("R4", "S", only="opened from any message")
def test_any_message_opens_one(bot: Bot) -> None:
    """The shortcut opens a window with what the message says; the incident begins with its link."""
    sim = bot.sim
    ts = _said(bot, HARBOR, "Customers cannot pay since ten minutes")
    sim.act("shortcut", user="ben", channel=HARBOR, ts=ts, callback_id="open_incident_from_message")
    view = wait_until(
        lambda: [v for v in sim.views("ben") if v["callback_id"] == "incident_open"], "the window"
    )[0]
    title = next(b for b in view["blocks"] if b["block_id"] == "title")
    assert title["element"]["initial_value"] == "Customers cannot pay since ten minutes"
    sim.act(
        "submit",
        user="ben",
        view_id=view["id"],
        values={"severity": {"severity": "P2"}, "private": {"private": ["private"]}},
    )
    incident = wait_until(
        lambda: [
            text_of(m).split()[0].lstrip("*")
            for m in sim.messages(user="ben", channel=HARBOR)
            if m["ephemeral"] and "Customers cannot pay" in text_of(m)
        ],
        "whoever opened it is told",
    )[0]
    channel = own_channel(sim, incident, user="ben")
    said = shows(sim, incident, "Opened as P2", user="ben")
    assert "|message>" in _lines(said, "Opened as P2")[0]
    assert incident_cards(sim, channel, user="ben")
    assert "There is no incident" in ask(sim, f"incident show {incident}", user="cleo")
    assert incident not in ask(sim, "incident list", user="cleo")
    assert not [m for m in sim.messages(channel="incidents") if incident in text_of(m)]
    ask(sim, f"incident resolve {incident}", user="ben")


@pytest.mark.covers("R4", "S", only="a deleted incident channel")
def test_a_lost_channel_is_replaced(bot: Bot) -> None:
    """Where its channel is archived or deleted the card comes again in the channel of all incidents
    and says so; a private one gets another channel of its own."""
    sim = bot.sim
    for delete in (False, True):
        incident = opened(sim, f"Lost {delete} --stack harbor --severity P1")
        channel = own_channel(sim, incident)
        card_of(sim, incident, channel)
        sim.act("end_channel", user="ana", channel=channel, delete=delete)
        card = card_of(sim, incident, "incidents")
        # Slack's event says how; an answer to our own call that it is gone may come before it.
        what = "was deleted" if delete else "was archived"
        lost = f"Its channel #{channel} {what}", f"Its channel #{channel} is gone"
        assert any(each in text_of(card) for each in lost)
        wait_until(
            lambda lost=lost: [
                each
                for each in sim.messages(channel="incidents")
                if any(said in text_of(each) for said in lost) and "Its card is in" in text_of(each)
            ],
            "what was announced names the lost channel no more",
        )
        ask(sim, f"incident resolve {incident}")
        card_of(sim, incident, "incidents", "resolved")
    secret = opened(sim, "Secret --stack harbor --private")
    channel = own_channel(sim, secret)
    card_of(sim, secret, channel)
    sim.act("end_channel", user="ana", channel=channel, delete=True)
    wait_until(lambda: own_channel(sim, secret) != channel, "another channel of its own")
    card_of(sim, secret, own_channel(sim, secret))
    assert not [c for c in incident_cards(sim, "incidents") if secret in text_of(c)]
    ask(sim, f"incident resolve {secret}")
