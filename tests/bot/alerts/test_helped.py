"""What people do from the card of an alert, and what it is tied to."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.alerting import alert_card, alert_cards, alerted_bot, fire, thread_of
from tests.support.bot import Bot, wait_until
from tests.support.talk import HARBOR, ask, card_in, ephemeral_to, payload, press, text_of

_HELP = {"WebDown": {"actions": ["restart web", "status"], "runbook": "https://wiki/web-down"}}
# Paints until somebody says that it is done.
_REPAINT = "import pathlib, time\nwhile not pathlib.Path('painted').exists(): time.sleep(0.1)"
_ROUTES = [{"severity": ["critical"], "tell": ["ben", "S0DBATEAM"]}]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot whose stack file says what helps."""
    alerts = {"routes": _ROUTES, "settle": "1s", "storm": {"groups": 50}}
    folder = tmp_path_factory.mktemp("helped")
    script = {"argv": [sys.executable, "-c", _REPAINT], "directory": str(folder / "home")}
    stack = {"alerts": _HELP, "scripts": {"repaint": {**script, "risk": "CHANGE"}}}
    with alerted_bot(folder, alerts, stack) as made:
        yield made


def test_silence_until_a_time_that_is_picked(bot: Bot) -> None:
    """The window proposes a time; what is picked counts; a time of before is refused."""
    fire(bot, "Loud")
    press(bot.sim, alert_card(bot, "Loud", "firing"), "silence_until", "ben")
    view = wait_until(lambda: [v for v in bot.sim.views("ben") if "Loud" in str(v)], "the window")
    past = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    submit(bot, view[0]["id"], past)
    wait_until(lambda: "not within the next" in str(ephemeral_to(bot.sim, "ben")), "the refusal")
    press(bot.sim, alert_card(bot, "Loud", "firing"), "silence_until", "ben")
    view = wait_until(lambda: [v for v in bot.sim.views("ben") if "Loud" in str(v)], "the window")
    until = datetime(2030, 1, 1, tzinfo=UTC).timestamp()
    until = min(until, (datetime.now(UTC) + timedelta(days=2)).timestamp())
    submit(bot, view[0]["id"], int(until))
    assert f"<!date^{int(until)}^" in text_of(alert_card(bot, "Loud", "silenced"))


def submit(bot: Bot, view: str, until: int) -> None:
    values = {"until": {"until": {"type": "datetimepicker", "selected_date_time": until}}}
    bot.sim.act("submit", user="ben", view_id=view, values=values)


@pytest.mark.covers("R2", "RNSAC", only="buttons for what to do next, on a stack of the tests")
def test_the_stacks_own_ways_are_buttons(bot: Bot) -> None:
    """What the stack file names for a rule is on its card, and goes through the gate; the page to
    work by is a link."""
    fire(bot, "WebDown")
    card = alert_card(bot, "WebDown", "firing")
    assert "https://wiki/web-down" in text_of(card)
    assert "Restart web" in text_of(card) and "Restart api" not in text_of(card)
    press(bot.sim, card, "alert_do_0", "ana")
    asked = card_in(bot.sim, "pending")
    assert "RESTART prod/harbor web" in text_of(asked)
    press(bot.sim, asked, "cancel", "ana")


def test_an_incident_is_opened_from_the_card_once(bot: Bot) -> None:
    """The second press shows the one that there is."""
    fire(bot, "Flooded", "critical")
    card = alert_card(bot, "Flooded", "firing")
    for _ in range(2):
        press(bot.sim, card, "open_incident", "ana")
    said = wait_until(
        lambda: [t for t in ephemeral_to(bot.sim, "ana") if "Flooded is not well" in t][1:],
        "the second answer",
    )
    [first] = [t for t in ephemeral_to(bot.sim, "ana") if "Flooded is not well" in t][:1]
    assert first.startswith("Incident inc-") and "hannel" in first
    assert said[0].split(", ")[0] == first.split(", ")[0]


def test_whom_a_route_names_is_mentioned(bot: Bot) -> None:
    """People by their names in the policy, user groups by Slack's id; only by the route's own."""
    fire(bot, "Burning", "critical")
    card = text_of(alert_card(bot, "Burning", "firing"))
    assert "<@U0BEN>" in card and "<!subteam^S0DBATEAM>" in card
    fire(bot, "Smoking")
    assert "<@U0BEN>" not in text_of(alert_card(bot, "Smoking", "firing"))


@pytest.mark.covers("R2", "RNSAC", only="alerts during a run, on a stack of the tests")
def test_what_a_run_explains_is_tied_to_it_and_comes_back_with_its_end(bot: Bot) -> None:
    """The card names the run and mentions nobody, the run's thread names the alert; when the run is
    over and it still fires, a message says so, once."""
    ask(bot.sim, "script harbor repaint")
    request = str(payload(card_in(bot.sim, "pending"))["request"])
    press(bot.sim, card_in(bot.sim, "pending", request), "approve", "ben")
    running = card_in(bot.sim, "running", request)
    fire(bot, "Explained", "critical")
    card = text_of(alert_card(bot, "Explained", "firing"))
    assert f"Run {request} (script) was going on" in card
    assert "<@U0BEN>" not in card
    wait_until(lambda: any("Explained" in t for t in thread_of(bot, running)), "the run's thread")
    assert not after(bot)
    (bot.folder / "painted").touch()
    card_in(bot.sim, "succeeded", request, 60)
    wait_until(lambda: after(bot), "that it still fires", 60)
    assert "Explained" in after(bot)[0] and "<@U0BEN>" in after(bot)[0]
    assert "It is over, and this still fires" in text_of(alert_card(bot, "Explained", "firing"))
    fire(bot, "Marker")
    alert_card(bot, "Marker", "firing")
    assert len(after(bot)) == 1


def after(bot: Bot) -> list[str]:
    """What was said of alerts that outlast an operation."""
    texts = [text_of(each) for each in bot.sim.messages(channel=HARBOR)]
    return [text for text in texts if text.startswith("What explained them is over")]


@pytest.mark.slow
@pytest.mark.covers("R2", "RNSAC", only="quiet hours, on a stack of the tests")
def test_quiet_hours_collect_and_are_told_of_once(tmp_path: Path) -> None:
    """Below critical nothing is said until they end, also over a restart; then one message has all
    of it, with the cards of what still fires in its thread."""
    hour = datetime.now(UTC)
    begins, ends = hour - timedelta(hours=1), hour + timedelta(hours=1)
    quiet = {"from": f"{begins:%H:%M}", "to": f"{ends:%H:%M}"}
    with alerted_bot(tmp_path, {"quiet": quiet}) as bot:
        for rule in ("Slow", "Full"):
            fire(bot, rule)
        fire(bot, "Worse")
        fire(bot, "Burning", "critical")
        alert_card(bot, "Burning", "firing")
        fire(bot, "Worse", "critical", instance="two")
        alert_card(bot, "Worse", "firing")
        bot.kill()
        assert len(alert_cards(bot)) == 2, "only what is critical, and what became so"
        bot.ahead = timedelta(hours=2).total_seconds()
        bot.start()
        told = wait_until(lambda: digests(bot), "what was collected")
        assert len(told) == 1 and "2 groups of alerts came, 2 still firing" in told[0]
        card = alert_card(bot, "Slow", "firing")
        assert card["thread_ts"] not in (None, card["ts"])
        press(bot.sim, card, "ack", "ana")
        assert alert_card(bot, "Slow", "acknowledged")["ts"] == card["ts"]
        assert len(digests(bot)) == 1


def digests(bot: Bot) -> list[str]:
    texts = [text_of(each) for each in bot.sim.messages(channel=HARBOR)]
    return [text for text in texts if "Quiet hours are over" in text]
