"""Incidents by wire: opened, steered and resolved as people do, and what the timeline has of it."""

import re

import pytest

from tests.support.bot import Bot, wait_until
from tests.support.incidents import (
    alert_card,
    card_of,
    fires,
    in_order,
    incident_cards,
    opened,
    own_channel,
    press,
    shown,
    shows,
)
from tests.support.talk import HARBOR, ask, ephemeral_to, text_of


@pytest.mark.covers("R4", "S", only="channels, threads, roles and their course")
def test_p1_gets_a_channel_of_its_own(bot: Bot) -> None:
    """The channel is named, has a topic and the pinned card; others learn of it; people are in."""
    sim = bot.sim
    incident = opened(sim, "Payments fail again --stack harbor --severity P1")
    channel = own_channel(sim, incident)
    assert channel == f"{incident}-payments-fail-again"
    card = card_of(sim, incident, channel)
    assert "P1, nothing works" in text_of(card)
    wait_until(lambda: card_of(sim, incident, channel)["pinned"], "the card is pinned")
    made = next(
        each
        for each in sim.api("conversations.list", limit=200)["channels"]
        if each["name"] == channel
    )
    assert incident in made["topic"]["value"]
    wait_until(
        lambda: [m for m in sim.messages(channel="incidents") if incident in text_of(m)],
        "it is announced where everybody reads of incidents",
    )


@pytest.mark.covers("R4", "S", only="channels, threads, roles and their course")
def test_p3_gets_a_thread(bot: Bot) -> None:
    """The card stands in the channel of the stack; what changes is said in its thread."""
    sim = bot.sim
    incident = opened(sim, "Slow pages --stack harbor")
    card = card_of(sim, incident, HARBOR)
    press(sim, card, "role_commander", user="ben")
    wait_until(
        lambda: [
            m
            for m in sim.messages(channel=HARBOR, thread_ts=card["ts"])
            if "Commander is ben" in text_of(m)
        ],
        "the change is said in the thread",
    )
    assert "Commander: <@U0BEN>" in text_of(card_of(sim, incident, HARBOR))
    ask(sim, f"incident resolve {incident}")
    card_of(sim, incident, HARBOR, "resolved")


@pytest.mark.covers("R4", "S", only="channels, threads, roles and their course")
def test_all_is_typed_in_its_channel_without_an_id(bot: Bot) -> None:
    """Severity, roles, notes, updates and every state, and the card says each of them."""
    sim = bot.sim
    incident = opened(sim, "Login is down --stack harbor --severity p2")
    channel = own_channel(sim, incident)
    for text in (
        "incident severity P1",
        "incident role commander @ben",
        "incident role scribe",
        "incident note it's the cache, and that's all we know",
        "incident note --at 10m somebody restarted the cache",
        "incident status We are on it",
        "incident mitigated",
        "incident resolve the cache has more room",
    ):
        sim.command(text, channel=channel)
    card = text_of(card_of(sim, incident, channel, "resolved"))
    assert "P1" in card and "<@U0BEN>" in card and "We are on it" in card
    said = shown(sim, incident)
    order = [
        "somebody restarted the cache",
        "Opened as P2",
        "Severity P1, it was P2",
        "Commander is ben",
        "Scribe is ana",
        "it's the cache, and that's all we know",
        "We are on it",
        "Mitigated",
        "Resolved",
        "the cache has more room",
    ]
    assert in_order(said, order), said
    assert "We are on it" in " ".join(text_of(m) for m in sim.messages(channel="incidents"))
    assert "noted " in said
    ask(sim, f"incident close {incident}")
    ask(sim, f"incident reopen {incident}")
    assert "open" in shown(sim, incident)
    ask(sim, f"incident resolve {incident}")


@pytest.mark.covers("R4", "S", only="opened from an alert, and what its timeline has of it")
def test_an_alert_opens_it_and_is_in_its_timeline(bot: Bot) -> None:
    """One incident however often it is pressed; fired, acknowledged and resolved are written."""
    sim = bot.sim
    fires(bot, "ApiDown", "critical")
    card = alert_card(sim, "ApiDown")
    for _ in range(2):
        sim.act("press", user="ana", channel=HARBOR, ts=card["ts"], action_id="open_incident")
    told = wait_until(
        lambda: [line for line in ephemeral_to(sim, "ana") if "inc-" in line],
        "whoever pressed is told",
    )
    incident = re.findall(r"inc-\d+", told[-1])[0]
    channel = own_channel(sim, incident)
    sim.act("press", user="ben", channel=HARBOR, ts=card["ts"], action_id="ack")
    alert_card(sim, "ApiDown", "acknowledged")
    fires(bot, "ApiDown", "critical", "resolved")
    said = shows(sim, incident, "ApiDown fires", "ApiDown is acknowledged", "ApiDown is resolved")
    assert said.index("ApiDown fires") < said.index("Opened as P2") < said.index("acknowledged")
    wait_until(
        lambda: "Acknowledged <" in text_of(card_of(sim, incident, channel)),
        "who acknowledged the alert has taken it on",
    )
    assert len([c for c in ask(sim, "incident list").split("\n") if "ApiDown" in c]) == 1
    ask(sim, f"incident resolve {incident}")


@pytest.mark.covers("R4", "S", only="commands, requests, votes, runs and their steps")
def test_what_is_asked_and_run_is_written(bot: Bot) -> None:
    """The line typed in its channel, the request, the vote, the run with its steps, its end."""
    sim = bot.sim
    incident = opened(sim, "The api hangs --stack harbor --severity P2")
    channel = own_channel(sim, incident)
    sim.command("start harbor api", channel=channel)
    card = wait_until(
        lambda: [
            m
            for m in sim.messages(channel=HARBOR)
            if (m.get("metadata") or {}).get("event_payload", {}).get("operation") == "start"
        ],
        "the card of the request",
    )[-1]
    sim.act("press", user="ben", channel=HARBOR, ts=card["ts"], action_id="approve")
    said = shows(sim, incident, "Succeeded:")
    order = ["/ops start harbor api", "ana asks for", "ben approves", "Begins:"]
    order += ["Done:", "Succeeded:"]
    assert in_order(said, order), said
    ask(sim, f"incident resolve {incident}")


def test_what_does_not_fit_is_said(bot: Bot) -> None:
    """Unknown ids, words and options come back with what would do."""
    sim = bot.sim
    assert "inc-999" in ask(sim, "incident show inc-999")
    assert "TITLE is missing" in ask(sim, "incident open")
    assert "does not go with" in ask(sim, "incident list --at 10m")
    said = ask(sim, "incident open Slow reports --stack harbor")
    assert "with a thread in <#C" in said and "&lt;#" not in said
    [other] = set(re.findall(r"inc-\d+", said))
    assert "`7` does not go with `resolve`" in ask(sim, f"incident resolve {other} 7")
    ask(sim, f"incident resolve {other} it was a rumour")
    assert "P1, P2, P3 or P4" in ask(sim, "incident open x --severity urgent")
    assert "No incident lives" in ask(sim, "incident note something")
    assert "role" in ask(sim, "incident open x --stack harbor", user="eve").lower()
    assert not incident_cards(sim, "ops")
