"""What people do and see in Slack, for tests of the whole bot."""

from typing import Any

from tests.support.bot import Bot, wait_until
from tests.support.workspace import Sim

Json = dict[str, Any]
HARBOR = "ops-harbor"


def ask(sim: Sim, text: str, user: str = "ana", channel: str = "ops") -> str:
    """Types `/ops text`; the whole text of the first answer."""
    answer = sim.command(text, user=user, channel=channel)
    assert answer["status"] == "ok", answer
    assert answer["response"], f"/ops {text} was not answered"
    return text_of(answer["response"])


def ask_patiently(
    sim: Sim, text: str, user: str = "ana", channel: str = "ops", seconds: float = 60
) -> str:
    """As `ask`, for what takes longer than people are shown nothing."""

    def answers() -> list[str]:
        seen = sim.messages(user=user, channel=channel)
        return [text_of(message) for message in seen if message["ephemeral"]]

    known = len(answers())
    response = sim.command(text, user=user, channel=channel)["response"]
    if response:
        return text_of(response)
    found: list[str] = wait_until(lambda: answers()[known:], f"an answer to /ops {text}", seconds)
    return found[0]


def text_of(message: Json) -> str:
    """Every text in a message, one a line, its blocks included."""
    return "\n".join([message.get("text") or "", *_texts(message.get("blocks") or [])])


def cards(sim: Sim, channel: str = HARBOR) -> list[Json]:
    """The cards in a channel, oldest first."""
    return [
        message
        for message in sim.messages(channel=channel)
        if (message.get("metadata") or {}).get("event_type") == "interlock.run"
    ]


def payload(card: Json) -> Json:
    found: Json = card["metadata"]["event_payload"]
    return found


def card_in(sim: Sim, state: str, request: str | None = None, seconds: float = 30) -> Json:
    """The newest card in that state (of that request), when there is one."""

    def look() -> Json | None:
        fitting = [
            card
            for card in reversed(cards(sim))
            if payload(card)["state"] == state and request in (None, payload(card)["request"])
        ]
        return fitting[0] if fitting else None

    found: Json = wait_until(look, f"a card {request or ''} that is {state}", seconds)
    return found


def press(sim: Sim, card: Json, action: str, user: str) -> Json:
    """Presses a button of a card in the stack's channel."""
    return sim.act("press", user=user, channel=HARBOR, ts=card["ts"], action_id=action)


def ephemeral_to(sim: Sim, user: str, channel: str = HARBOR) -> list[str]:
    """The private messages somebody got in a channel, oldest first."""
    seen = sim.messages(user=user, channel=channel)
    return [text_of(message) for message in seen if message["ephemeral"]]


def newest_file(sim: Sim, user: str) -> Json:
    """The newest file in somebody's direct messages with the bot."""
    seen = sim.messages(user=user, channel=f"@{user}")
    found: Json = [file for message in seen for file in message["files"]][-1]
    return found


def run_to_the_end(
    bot: Bot, text: str, voters: tuple[str, ...] = ("ben",), seconds: float = 30
) -> str:
    """Asks as ana, lets the voters approve, waits until it succeeded; the request's id."""
    request: str = payload(new_card(bot, text))["request"]
    for voter in voters:
        press(bot.sim, card_in(bot.sim, "pending", request), "approve", voter)
    card_in(bot.sim, "succeeded", request, seconds)
    return request


def new_card(bot: Bot, text: str) -> Json:
    """Asks as ana; the card that comes of it."""
    known = {payload(card)["request"] for card in cards(bot.sim)}
    answer = ask(bot.sim, text)

    def asked() -> Json | None:
        new = [card for card in cards(bot.sim) if payload(card)["request"] not in known]
        return new[-1] if new else None

    card: Json = wait_until(asked, f"the card of /ops {text}, which was answered {answer}")
    return card


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return []
