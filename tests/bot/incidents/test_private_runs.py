"""What is done in the course of a private incident, and who learns of it, by wire."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.bot import Bot, wait_until
from tests.support.incidents import opened, own_channel, shown, shows
from tests.support.talk import HARBOR, ask, payload, text_of
from tests.support.workspace import Sim

ENDED = {"succeeded", "failed", "undone", "void"}


def run_cards(sim: Sim, channel: str) -> list[dict[str, Any]]:
    seen = sim.messages(user="ana", channel=channel)
    return [m for m in seen if (m.get("metadata") or {}).get("event_type") == "interlock.run"]


def newest(sim: Sim, channel: str, known: int) -> dict[str, Any]:
    """The card that came after so many others."""
    cards: list[dict[str, Any]] = wait_until(
        lambda: found if len(found := run_cards(sim, channel)) > known else None, "a card"
    )
    return cards[-1]


def approved(sim: Sim, channel: str, card: dict[str, Any]) -> None:
    """By ben and cleo; it succeeds."""
    for user in ("ben", "cleo"):
        sim.act("press", user=user, channel=channel, ts=card["ts"], action_id="approve")

    def state() -> str:
        found = [each for each in run_cards(sim, channel) if each["ts"] == card["ts"]]
        return str(payload(found[0])["state"])

    wait_until(lambda: state() in ENDED, "the end of it", 30)
    assert state() == "succeeded"


@pytest.mark.covers("R7", "N", only="runs of a private incident are its own")
def test_runs_of_a_private_incident_stay_in_it(bot: Bot) -> None:
    """A restore for a breach: card, undo and timeline are the breach's alone; runs, approvals,
    status, audit and Home show it to nobody else, and a mention shows it nowhere in the open."""
    sim = bot.sim
    before = len(run_cards(sim, HARBOR))
    ask(sim, "backup harbor uploads")
    wait_until(lambda: "succeeded" in ask(sim, "runs harbor"), "a backup")
    public = opened(sim, "Uploads are slow --stack harbor")
    began = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
    breach = ask(sim, "breach harbor open").split()[0].strip("*")
    channel = own_channel(sim, breach)
    for role, user in (("commander", "ben"), ("communications", "cleo")):
        ask(sim, f"incident role {breach} {role} @{user}")
    (bot.folder / "uploads" / "one.txt").write_text("malware")

    ask(sim, f"breach harbor recover uploads --before {began}")
    card = newest(sim, channel, 0)
    request = payload(card)["request"]
    assert len(run_cards(sim, HARBOR)) == before + 1
    assert request in ask(sim, "approvals") and request in ask(sim, "runs")
    assert request in text_of(sim.act("home", user="ana"))
    for text in ("approvals", "runs harbor", "status harbor", f"run {request}"):
        said = ask(sim, text, user="eve")
        assert request not in said.replace(f"There is no request '{request}'", ""), text
    assert request not in text_of(sim.act("home", user="eve"))

    approved(sim, channel, card)
    assert (bot.folder / "uploads" / "one.txt").read_text() == "one"
    shows(sim, breach, "asks for RESTORE", "Succeeded: RESTORE", "Done:")
    assert "RESTORE" not in shown(sim, public)
    sim.act("press", user="ana", channel=channel, ts=card["ts"], action_id="undo")
    undo = newest(sim, channel, 1)
    assert "UNDO" in text_of(undo)
    assert len(run_cards(sim, HARBOR)) == before + 1

    audited = ask(sim, "audit harbor", user="dora")
    assert "private" in audited
    assert request not in audited and breach not in audited
    assert public in audited
    _nothing_in_the_open(sim, breach, request)
    sim.act("press", user="ana", channel=channel, ts=undo["ts"], action_id="cancel")
    for each in (breach, public):
        ask(sim, f"incident resolve {each}")


@pytest.mark.covers("R7", "N", only="what is typed in the channel of a private incident is its own")
def test_what_is_typed_in_the_private_channel_stays_there(bot: Bot) -> None:
    """A restart that is typed where a private incident lives, by command and by mention: its card
    is there and nowhere else, others find it nowhere, and the incident's timeline has it; typed
    elsewhere it is everybody's."""
    sim = bot.sim
    before = len(run_cards(sim, HARBOR))
    private = opened(sim, "Keys were seen elsewhere --stack harbor --private")
    channel = own_channel(sim, private)
    assert "the card is here" in ask(sim, "restart harbor web", channel=channel)
    request = payload(newest(sim, channel, 0))["request"]
    shows(sim, private, "asks for RESTART")
    for text in ("approvals", "runs harbor", f"run {request}", "status harbor"):
        said = ask(sim, text, user="eve")
        assert request not in said.replace(f"There is no request '{request}'", ""), text
    sim.act("message", user="ana", channel=channel, text="<@U0INTERLK> restart harbor web")
    again = payload(newest(sim, channel, 1))["request"]
    assert len(run_cards(sim, HARBOR)) == before
    ask(sim, "restart harbor web")
    public = payload(newest(sim, HARBOR, before))["request"]
    assert public in ask(sim, "approvals", user="eve")
    for each in (request, again, public):
        ask(sim, f"cancel {each}", channel=channel)
    ask(sim, f"incident resolve {private}")


def _nothing_in_the_open(sim: Sim, breach: str, request: str) -> None:
    """Ana may know, but everybody reads what she is answered in a thread."""
    for text in (f"incident show {breach}", f"run {request}", "incident list", "breach harbor"):
        asked = sim.act("message", user="ana", channel="ops", text=f"<@U0INTERLK> {text}")

        def answers(ts: str = asked["ts"]) -> list[str]:
            thread = sim.messages(user="ana", channel="ops", thread_ts=ts)
            return [text_of(each) for each in thread if each["ts"] != ts]

        said = wait_until(answers, f"an answer to {text}")[0]
        assert "Data breach" not in said and "RESTORE" not in said, said
