"""Posts alerts as Alertmanager does, and finds their cards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import HARBOR, text_of
from tests.support.workspace import Sim

Json = dict[str, Any]
TOKEN = "Sesame-alerts-4"
_SINCE = datetime.now(UTC) - timedelta(minutes=3)
_SOURCE = {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN"}


@contextmanager
def alerted_bot(
    folder: Path, alerts: Json, stack: Json | None = None, *, rates: bool = False
) -> Iterator[Bot]:
    """A bot that takes alerts of Alertmanager's, with more in `alerts` of its interlock.yaml and in
    its stack file. It runs."""
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(folder / "workspace", rates=rates) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), folder / "home") as made,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        _merge(made.folder / "interlock.yaml", {"alerts": {"sources": {"am": _SOURCE}, **alerts}})
        _merge(made.folder / "harbor.yaml", stack or {})
        made.start()
        yield made


def fire(bot: Bot, rule: str, severity: str = "warning", **labels: str) -> None:
    """One alert of the rule begins."""
    _send(bot, _alert(rule, severity, labels))


def resolve(bot: Bot, rule: str, severity: str = "warning", **labels: str) -> None:
    """It ends."""
    ended = {"status": "resolved", "endsAt": datetime.now(UTC).isoformat()}
    _send(bot, _alert(rule, severity, labels) | ended)


def alert_card(bot: Bot, rule: str, state: str, channel: str = HARBOR) -> Json:
    """The newest card of the rule's alerts, once it is in that state."""

    def look() -> Json | None:
        found = [
            each
            for each in alert_cards(bot, channel)
            if rule in text_of(each) and each["metadata"]["event_payload"]["state"] == state
        ]
        return found[-1] if found else None

    card: Json = wait_until(look, f"a card of {rule} that is {state}")
    return card


def alert_cards(bot: Bot, channel: str = HARBOR) -> list[Json]:
    """All cards of alerts in a channel, those in threads too."""
    seen = bot.sim.messages(channel=channel)
    roots = [each["ts"] for each in seen if each.get("thread_ts") in (None, each["ts"])]
    inside = [each for ts in roots for each in bot.sim.messages(channel=channel, thread_ts=ts)]
    known = {each["ts"]: each for each in [*seen, *inside]}
    return [
        each
        for _, each in sorted(known.items())
        if (each.get("metadata") or {}).get("event_type") == "interlock.alert"
    ]


def thread_of(bot: Bot, message: Json, channel: str = HARBOR) -> list[str]:
    """What stands in the thread of a message."""
    found = bot.sim.messages(channel=channel, thread_ts=message["ts"])
    return [text_of(each) for each in found if each["ts"] != message["ts"]]


def _alert(rule: str, severity: str, labels: Json) -> Json:
    return {
        "status": "firing",
        "labels": {"alertname": rule, "stack": "harbor", "severity": severity, **labels},
        "annotations": {"summary": f"{rule} is not well", "value": "0.93"},
        "startsAt": _SINCE.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
    }


def _send(bot: Bot, alert: Json) -> None:
    answer = httpx.post(
        f"{bot.address}/alerts/am",
        json={"version": "4", "alerts": [alert]},
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text


def _merge(file: Path, more: Json) -> None:
    described = json.loads(file.read_text())
    file.write_text(json.dumps({**described, **more}))
