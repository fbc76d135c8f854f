"""Alerts by wire: posted as their sources post them, seen in the channel."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, ask, card_in, cards, payload, press, text_of
from tests.support.workspace import Sim

TOKEN = "Sesame-alerts-1"
_HEADERS = {"Authorization": f"Bearer {TOKEN}"}
_SINCE = datetime.now(UTC) - timedelta(minutes=3)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot that takes alerts of three kinds."""
    folder = tmp_path_factory.mktemp("alerts")
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(folder / "workspace", rates=False) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        settings = made.folder / "interlock.yaml"
        described = json.loads(settings.read_text())
        described["alerts"] = {
            "sources": {
                "alertmanager": {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN"},
                "grafana": {
                    "kind": "grafana",
                    "basic": {"user": "grafana", "password": "env:ALERT_TOKEN"},
                },
                "cron": {
                    "kind": "generic",
                    "bearer": "env:ALERT_TOKEN",
                    "mapping": {"rule": "job.name", "state": "status", "stack": "where"},
                },
                "lost": {"kind": "alertmanager", "bearer": "env:NOT_SET"},
            },
            "storm": {"groups": 50},
        }
        settings.write_text(json.dumps(described))
        made.start()
        yield made


def notice(rule: str, status: str = "firing", since: datetime = _SINCE, **labels: str) -> Any:
    """What Alertmanager sends of one alert."""
    alert = {
        "status": status,
        "labels": {"alertname": rule, "stack": "harbor", "severity": "warning", **labels},
        "annotations": {"summary": f"{rule} is not well", "value": "0.93"},
        "startsAt": since.isoformat(),
        "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
    }
    return {"version": "4", "status": status, "groupKey": "{}", "alerts": [alert]}


def send(bot: Bot, name: str, payload: Any, **options: Any) -> httpx.Response:
    headers = options.pop("headers", _HEADERS)
    return httpx.post(
        f"{bot.address}/alerts/{name}", json=payload, headers=headers, timeout=10, **options
    )


def card(bot: Bot, rule: str, state: str, channel: str = HARBOR) -> dict[str, Any]:
    """The card of the rule's alerts, once it is in that state."""

    def look() -> dict[str, Any] | None:
        fitting = [
            each
            for each in bot.sim.messages(channel=channel)
            if rule in text_of(each)
            and (each.get("metadata") or {}).get("event_type") == "interlock.alert"
            and each["metadata"]["event_payload"]["state"] == state
        ]
        return fitting[-1] if fitting else None

    found: dict[str, Any] = wait_until(look, f"a card of {rule} that is {state}")
    return found


def test_fires_is_taken_over_and_resolves_on_one_card(bot: Bot) -> None:
    """One message from the first notice to the last; it says who took it over and how long."""
    assert send(bot, "alertmanager", notice("ApiSlow", service="api")).json() == {"alerts": 1}
    posted = card(bot, "ApiSlow", "firing")
    assert "0.93" in text_of(posted) and "ApiSlow is not well" in text_of(posted)
    press(bot.sim, posted, "ack", "ana")
    assert "ana takes care of it" in text_of(card(bot, "ApiSlow", "acknowledged"))
    assert "ApiSlow" in ask(bot.sim, "alerts harbor")
    send(bot, "alertmanager", notice("ApiSlow", "resolved", service="api"))
    resolved = card(bot, "ApiSlow", "resolved")
    assert resolved["ts"] == posted["ts"]
    assert re.search(r"after \d+ min", text_of(resolved))
    assert "ApiSlow" not in ask(bot.sim, "alerts harbor")


def test_the_same_notice_again_changes_nothing(bot: Bot) -> None:
    """A source that got no answer sends again: it is known, and counted once."""
    twice = notice("Twice")
    assert "known" not in send(bot, "alertmanager", twice).json()
    assert send(bot, "alertmanager", twice).json()["known"] is True
    assert "1 firing of 1 seen" in text_of(card(bot, "Twice", "firing"))


def test_a_late_notice_does_not_bring_back_what_is_over(bot: Bot) -> None:
    """A firing notice of before arrives after the resolved one: it stays resolved."""
    late = notice("Late")
    send(bot, "alertmanager", notice("Late", instance="x"))
    card(bot, "Late", "firing")
    send(bot, "alertmanager", notice("Late", "resolved", instance="x"))
    card(bot, "Late", "resolved")
    late["alerts"][0]["labels"]["instance"] = "x"
    late["alerts"][0]["annotations"]["summary"] = "of before"
    send(bot, "alertmanager", late)
    send(bot, "alertmanager", notice("Marker"))
    card(bot, "Marker", "firing")
    assert card(bot, "Late", "resolved")


def test_silence_and_its_end(bot: Bot) -> None:
    """Silenced by a button for an hour, by whom and until when; ended by another one."""
    send(bot, "alertmanager", notice("Loud"))
    press(bot.sim, card(bot, "Loud", "firing"), "silence", "ben")
    silenced = card(bot, "Loud", "silenced")
    assert "ben silenced it until" in text_of(silenced)
    press(bot.sim, silenced, "unsilence", "ben")
    assert card(bot, "Loud", "firing")


def test_a_viewer_may_not_take_it_over(bot: Bot) -> None:
    """A press by somebody without the role changes nothing, and says which role would do."""
    send(bot, "alertmanager", notice("Guarded"))
    answer = press(bot.sim, card(bot, "Guarded", "firing"), "ack", "eve")
    assert "operator" in json.dumps(answer)
    assert card(bot, "Guarded", "firing")


def test_restart_from_the_card_goes_through_the_gate(bot: Bot) -> None:
    """The button asks for a restart of the alert's service, which waits for approval."""
    send(bot, "alertmanager", notice("WebDown", service="web"))
    press(bot.sim, card(bot, "WebDown", "firing"), "alert_restart", "ana")

    def asked() -> bool:
        return any(
            "RESTART prod/harbor web" in text_of(m) for m in bot.sim.messages(channel=HARBOR)
        )

    wait_until(asked, "the request of the restart")


def test_an_alert_in_a_run_is_tied_to_it(bot: Bot) -> None:
    """What begins while a run is going on names it."""
    much = bot.folder / "uploads" / "much.bin"
    much.touch()
    os.truncate(much, 8_000_000_000)  # no bytes on the disk, seconds to read
    ask(bot.sim, "backup harbor uploads")
    request = str(payload(card_in(bot.sim, "running"))["request"])
    send(bot, "alertmanager", notice("Meanwhile"))
    assert f"Run {request} (backup) was going on" in text_of(card(bot, "Meanwhile", "firing"))
    ask(bot.sim, f"cancel {request}")
    wait_until(lambda: f"run {request}" not in going_on(bot), "the end of the run", 60)
    much.unlink()


def going_on(bot: Bot) -> set[str]:
    """The runs whose cards say that they run."""
    states = (payload(each) for each in cards(bot.sim))
    return {f"run {each['request']}" for each in states if each["state"] == "running"}


def test_without_a_proof_nothing_is_taken(bot: Bot) -> None:
    """No token, a wrong one, one that cannot be read, an unknown source: refused, and not shown."""
    wrong = {"Authorization": "Bearer wrong"}
    assert send(bot, "alertmanager", notice("Forged"), headers={}).status_code == 401
    assert send(bot, "alertmanager", notice("Forged"), headers=wrong).status_code == 401
    assert send(bot, "lost", notice("Forged")).status_code == 401
    assert send(bot, "nobody", notice("Forged")).status_code == 404
    assert "Forged" not in ask(bot.sim, "alerts")


def test_what_cannot_be_read_is_refused_with_the_field_and_shown(bot: Bot) -> None:
    """422 names the field; `/ops alerts` shows that something could not be read."""
    broken = notice("Broken")
    broken["alerts"][0]["startsAt"] = "yesterday"
    answer = send(bot, "alertmanager", broken)
    assert (answer.status_code, answer.json()["field"]) == (422, "alerts.0.startsAt")
    no_json = httpx.post(f"{bot.address}/alerts/cron", content=b"{", headers=_HEADERS, timeout=10)
    assert no_json.status_code == 422
    assert "alerts.0.startsAt" in ask(bot.sim, "alerts")


def test_what_is_too_large_is_refused(bot: Bot) -> None:
    """413 before it is read whole."""
    large = b'{"alerts": "' + b"x" * (5 * 1024 * 1024) + b'"}'
    answer = httpx.post(
        f"{bot.address}/alerts/alertmanager", content=large, headers=_HEADERS, timeout=10
    )
    assert answer.status_code == 413


def test_grafana_and_a_mapping_are_read(bot: Bot) -> None:
    """Grafana proves itself by a password; others' JSON is read as the mapping says."""
    grafana = notice("Panel")
    grafana["alerts"][0] |= {"values": {"B": 22.5}, "dashboardURL": "http://grafana:3000/d/1"}
    del grafana["alerts"][0]["annotations"]["value"]
    done = send(bot, "grafana", grafana, headers={}, auth=("grafana", TOKEN))
    assert done.status_code == 200
    assert "B=22.5" in text_of(card(bot, "Panel", "firing"))
    nightly = {"job": {"name": "nightly-report"}, "status": "failed", "where": "harbor"}
    send(bot, "cron", nightly)
    card(bot, "nightly-report", "firing")
    send(bot, "cron", nightly | {"status": "OK"})
    card(bot, "nightly-report", "resolved")
    send(bot, "cron", nightly)
    card(bot, "nightly-report", "firing")


def test_a_notice_that_breaks_holds_up_no_other(bot: Bot) -> None:
    """A moment that no store can keep breaks its own notice only: it is set aside, counted and
    shown, and what came with it and after it arrives."""
    poison = notice("Poison", since=datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))))
    for each in (notice("Before"), poison, notice("Behind")):
        assert send(bot, "alertmanager", each).status_code == 200
    card(bot, "Before", "firing")
    card(bot, "Behind", "firing")
    wait_until(lambda: "OverflowError" in ask(bot.sim, "alerts"), "that it is shown")
    assert 'interlock_set_aside_total{kind="alerts"} 1.0' in bot.metrics()
    assert "Poison" not in ask(bot.sim, "alerts harbor").split("could not be")[0]


def test_killed_between_taking_and_showing(bot: Bot) -> None:
    """What was answered with 200 is shown by the next life, once."""
    assert send(bot, "alertmanager", notice("Survivor")).status_code == 200
    bot.kill()
    bot.start()
    card(bot, "Survivor", "firing")
    shown = [m for m in bot.sim.messages(channel=HARBOR) if "Survivor" in text_of(m)]
    assert len(shown) == 1
