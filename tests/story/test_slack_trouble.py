"""Slack refuses, drops, answers late or is away: every card ends in the truth, nothing twice."""

import time
from collections import Counter

import pytest

from tests.support.people import Harbor
from tests.support.talk import Json, payload, text_of

pytestmark = pytest.mark.slow


def told_once(harbor: Harbor, card: Json) -> None:
    """One card that succeeded, one message for the requester, and no other twice."""
    request = payload(card)["request"]
    assert payload(harbor.card(request))["state"] == "succeeded"
    assert ": succeeded in" in harbor.card(request)["text"]
    public = [each for each in harbor.messages("eve") if not each["ephemeral"]]
    about = [each for each in public if f"/ops run {request}" in text_of(each)]
    assert len(about) == 1, [each["text"] for each in about]
    doubles = {
        text: count
        for text, count in Counter(text_of(each) for each in public).items()
        if count > 1
    }
    assert not doubles


def restart_through(harbor: Harbor, kind: str, seconds: float, method: str | None = None) -> Json:
    """Asks for a restart, breaks Slack for so long, approves meanwhile; the card when it is told.

    Nobody's press is lost: people reach the bot, only the bot does not reach Slack.
    """
    card = harbor.asks("ana", "restart harbor")
    fault = {"method": method} if method else {}
    harbor.breaks(kind, seconds=seconds, **fault)
    harbor.presses_unanswered("ben", card, "approve")
    ended = harbor.ended(card, seconds=seconds + 60)
    harbor.news_of(ended)
    return ended


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [("429", 6.0), ("500", 6.0), ("drop", 4.0)],
)
def test_slack_away_for_a_while(harbor: Harbor, kind: str, seconds: float) -> None:
    """A whole run while Slack takes nothing: told afterwards, once."""
    ended = restart_through(harbor, kind, seconds)
    told_once(harbor, ended)


def test_answers_that_are_lost(harbor: Harbor) -> None:
    """Slack did it, but the answer never came: no double is made."""
    ended = restart_through(harbor, "drop", 3.0, method="chat.postMessage")
    told_once(harbor, ended)


def test_a_dropped_socket(harbor: Harbor) -> None:
    """The connection breaks while people press: the bot is back, and the press counts once."""
    card = harbor.asks("ana", "restart harbor")
    harbor.breaks("disconnect")
    harbor.ready()
    ended = harbor.approved(card, "ben")
    harbor.news_of(ended)
    told_once(harbor, ended)


def test_a_minute_of_429(harbor: Harbor) -> None:
    """A real minute in which Slack refuses everything; work goes on, and is told when it may."""
    begin = time.monotonic()
    ended = restart_through(harbor, "429", 60.0)
    assert time.monotonic() - begin >= 55
    told_once(harbor, ended)


def test_away_for_two_minutes(harbor: Harbor) -> None:
    """Two minutes without Slack, for requests and answers alike."""
    ended = restart_through(harbor, "500", 120.0)
    told_once(harbor, ended)
