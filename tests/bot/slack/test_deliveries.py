"""What was acknowledged is dealt with, once, whatever happens to the bot."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.workspace.delivery.http import signature
from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.ports import free_port
from tests.support.talk import ask, card_in, cards, ephemeral_to, payload, press, text_of
from tests.support.workspace import Sim

pytestmark = pytest.mark.slow


def test_a_kill_after_the_ack_loses_nothing(bot: Bot) -> None:
    """kill -9 between ack and work: the next life makes the request, once."""
    bot.start(failpoint="inbox:acked")
    answer = bot.sim.act(
        "command", user="ana", channel="ops", command="/ops", text="start harbor", wait=False
    )
    assert answer["status"] == "sent"
    bot.died()
    assert cards(bot.sim) == []
    bot.start()
    request = payload(card_in(bot.sim, "pending"))["request"]
    assert request in ask(bot.sim, "runs")
    assert len(cards(bot.sim)) == 1


def test_an_answer_waits_for_slack_to_come_back(bot: Bot) -> None:
    """Slack takes no call for a while: what somebody asked is answered when it does again."""
    bot.start()
    bot.sim.act("faults", kind="500", seconds=6)
    began = time.monotonic()
    bot.sim.act("command", user="ana", channel="ops", command="/ops", text="runs", wait=False)
    said = wait_until(lambda: ephemeral_to(bot.sim, "ana", "ops"), "the answer")
    assert time.monotonic() - began > 5, said
    assert len(said) == 1 and "Nothing was asked for yet" in said[0]


@pytest.mark.parametrize("failpoint", ["vote:before-commit", "vote:after-commit", "inbox:acked"])
def test_a_kill_around_a_vote_counts_it_once(bot: Bot, failpoint: str) -> None:
    """kill -9 before or after a vote's commit: it counts once, and its run ends by itself."""
    bot.start()
    ask(bot.sim, "start harbor")
    card = card_in(bot.sim, "pending")
    bot.kill()
    bot.start(failpoint=failpoint)
    bot.sim.act(
        "press",
        user="ben",
        channel="ops-harbor",
        ts=card["ts"],
        action_id="approve",
        wait=False,
    )
    bot.died()
    bot.start()
    done = card_in(bot.sim, "succeeded", payload(card)["request"])
    assert text_of(done).count("Approved by") == 1
    assert len(cards(bot.sim)) == 1


def test_a_kill_before_the_ack_is_redelivered_once(bot: Bot) -> None:
    """A mention that was stored and not acknowledged comes again, and makes one request."""
    bot.start(failpoint="inbox:stored")
    bot.sim.act("message", user="ana", channel="ops", text="<@U0INTERLK> start harbor")
    bot.died()
    bot.start()
    card_in(bot.sim, "pending")
    wait_until(lambda: "interlock_repeated_total" in bot.metrics(), "the second delivery")
    assert len(cards(bot.sim)) == 1


def test_sigterm_ends_it_well(bot: Bot) -> None:
    """SIGTERM ends with exit code 0, and the same state goes on."""
    bot.start()
    assert bot.health().json() == {"ok": True, "slack": True, "database": True}
    assert bot.stop() == 0
    bot.start()
    assert "prod/harbor" in ask(bot.sim, "status")


def test_two_bots_on_one_database_refuse(bot: Bot) -> None:
    """A second bot on the same SQLite file ends with a message that names it."""
    bot.start()
    second = Bot(bot.folder, bot.sim)
    try:
        second.start(wait=False)
        assert second.died(30) != 0
        assert "already works on" in second.log()
    finally:
        second.end()


def test_a_dropped_socket_is_replaced(bot: Bot) -> None:
    """After a lost connection the bot hears again."""
    bot.start()
    bot.sim.act("faults", kind="disconnect")
    wait_until(lambda: bot.health().json().get("slack"), "connected again", 30)

    def answered() -> bool:
        answer = bot.sim.command("help")
        return answer["status"] == "ok" and bool(answer["response"])

    wait_until(answered, "an answer over the new connection", 30)


@pytest.fixture
def by_http(tmp_path: Path) -> Iterator[Bot]:
    """A bot that is reached by signed HTTP, started."""
    port = free_port()
    with (
        running_workspace(
            state=tmp_path / "workspace",
            rates=False,
            deliver_to=f"http://127.0.0.1:{port}/slack/events",
        ) as workspace,
        httpx.Client(base_url=workspace.url, timeout=20) as http,
        bot_beside(Sim(workspace, http), tmp_path / "bot", mode="http", port=port) as bot,
    ):
        bot.start()
        yield bot


def test_http_mode_does_the_same(by_http: Bot) -> None:
    """Commands, buttons and mentions work over signed HTTP."""
    assert "/ops" in ask(by_http.sim, "help")
    ask(by_http.sim, "start harbor")
    card = card_in(by_http.sim, "pending")
    press(by_http.sim, card, "approve", "ben")
    card_in(by_http.sim, "succeeded", payload(card)["request"])
    by_http.sim.act("message", user="ana", channel="ops", text="<@U0INTERLK> status harbor")
    wait_until(
        lambda: any("services up" in text_of(each) for each in by_http.sim.messages()),
        "the answer to a mention",
    )


def test_the_same_event_twice_is_one_request(by_http: Bot) -> None:
    """An event that Slack sends again is acknowledged and does nothing more."""
    event = {
        "type": "event_callback",
        "event_id": "Ev0TWICE",
        "team_id": "T0HARBOR1",
        "api_app_id": "A0INTERLK",
        "event": {
            "type": "app_mention",
            "user": "U0ANA",
            "channel": "C0OPS",
            "text": "<@U0INTERLK> start harbor",
            "ts": "1795310000.000100",
        },
    }
    assert signed_post(by_http, event) == 200
    card_in(by_http.sim, "pending")
    assert signed_post(by_http, event) == 200
    wait_until(lambda: "interlock_repeated_total" in by_http.metrics(), "the second delivery")
    assert len(cards(by_http.sim)) == 1


def test_a_bad_signature_is_refused(by_http: Bot) -> None:
    """A body that the secret did not sign is not read."""
    assert signed_post(by_http, {"type": "event_callback"}, secret="another") == 401


def test_unknown_payloads_are_acknowledged(by_http: Bot) -> None:
    """What nobody asked Slack for is acknowledged and ignored."""
    assert signed_post(by_http, {"type": "something_new", "team_id": "T0HARBOR1"}) == 200


def test_a_press_on_another_plan_is_refused(by_http: Bot) -> None:
    """A button that carries another digest than the request's plan is stale: told in private."""
    ask(by_http.sim, "start harbor")
    card = card_in(by_http.sim, "pending")
    action = {
        "type": "button",
        "action_id": "approve",
        "block_id": "b",
        "value": f"{payload(card)['request']}:{'0' * 64}",
        "action_ts": "1795310000.000200",
    }
    pressed = {
        "type": "block_actions",
        "team": {"id": "T0HARBOR1"},
        "api_app_id": "A0INTERLK",
        "user": {"id": "U0BEN", "team_id": "T0HARBOR1"},
        "channel": {"id": "C0OPSHARBOR"},
        "trigger_id": "1.2.stale",
        "actions": [action],
    }
    form = urlencode({"payload": json.dumps(pressed)}).encode()
    assert signed(by_http, form, "application/x-www-form-urlencoded") == 200
    wait_until(lambda: ephemeral_to(by_http.sim, "ben"), "a private refusal")
    assert "plan" in ephemeral_to(by_http.sim, "ben")[-1].lower()
    assert "0 of 1" in text_of(card_in(by_http.sim, "pending"))


def signed_post(bot: Bot, body: dict[str, object], secret: str | None = None) -> int:
    """Posts JSON as Slack would; the status code."""
    return signed(bot, json.dumps(body).encode(), "application/json", secret)


def signed(bot: Bot, raw: bytes, content_type: str, secret: str | None = None) -> int:
    """Posts these bytes as Slack would; the status code."""
    now = str(int(time.time()))
    key = secret or bot.sim.workspace.secrets.signing_secret
    headers = {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": signature(key, now, raw),
    }
    answer = httpx.post(f"{bot.address}/slack/events", content=raw, headers=headers, timeout=10)
    return answer.status_code
