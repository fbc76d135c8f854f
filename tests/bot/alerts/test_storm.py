"""Far too many alerts at once, by wire: all are kept, the channels stay readable."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import alerts
from bot.workspace.testing import running_workspace
from tests.support.bot import Bot, bot_beside, wait_until
from tests.support.talk import text_of
from tests.support.workspace import Sim

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TOKEN = "Sesame-alerts-2"
CHANNEL_OF = {
    "harbor": "ops-harbor",
    "relica": "ops",
    "neurocore": "ops",
    "arc": "incidents",
    "bay": "incidents",
}
STACKS = tuple(CHANNEL_OF)
CHANNELS = ("ops-harbor", "ops", "incidents")
ALERTS, GROUPS, BATCH = 10_000, 300, 10
_MOST_MESSAGES = 40
_FIRST = 10


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """A bot of five stacks, in a workspace that limits as Slack does."""
    with (
        pytest.MonkeyPatch.context() as environment,
        running_workspace(tmp_path / "workspace", rates=True) as workspace,
        httpx.Client(base_url=workspace.url, timeout=30, trust_env=False) as http,
        bot_beside(Sim(workspace, http), tmp_path / "home") as made,
    ):
        environment.setenv("ALERT_TOKEN", TOKEN)
        settings = made.folder / "interlock.yaml"
        described = json.loads(settings.read_text())
        for name in STACKS[1:]:
            stack = {"name": name, "environment": "prod", "channel": CHANNEL_OF[name]}
            (made.folder / f"{name}.yaml").write_text(json.dumps(stack))
        described["stacks"] = [f"{name}.yaml" for name in STACKS]
        described["alerts"] = {
            "sources": {"alertmanager": {"kind": "alertmanager", "bearer": "env:ALERT_TOKEN"}},
            "storm": {"quiet": "5s"},
        }
        settings.write_text(json.dumps(described))
        made.start()
        yield made


def batches() -> Iterator[dict[str, Any]]:
    """Ten alerts of one group each, groups and severities mixed."""
    for number in range(ALERTS // BATCH):
        group = number % GROUPS
        severity = "critical" if group % 7 == 0 else "warning"
        labels = {"alertname": f"Rule{group}", "stack": STACKS[group % 5], "severity": severity}
        yield {
            "alerts": [
                {
                    "status": "firing",
                    "labels": labels | {"instance": f"i{number}-{each}"},
                    "startsAt": datetime.now(UTC).isoformat(),
                }
                for each in range(BATCH)
            ]
        }


def test_ten_thousand_alerts_leave_readable_channels(bot: Bot) -> None:
    """Every one is stored; each stack's first critical one is among the first that its channel is
    told; at most forty messages; when it is quiet, a summary; Slack is never asked too often."""
    bot.sim.act("faults", method="chat.postMessage", kind="429", count=2, seconds=1)
    with (
        ThreadPoolExecutor(4) as hands,
        httpx.Client(base_url=bot.address, headers={"Authorization": f"Bearer {TOKEN}"}) as http,
    ):

        def send(batch: dict[str, Any]) -> int:
            return http.post("/alerts/alertmanager", json=batch, timeout=30).status_code

        answers = list(hands.map(send, batches()))
    assert set(answers) == {200}
    database = Database(f"sqlite:///{bot.folder / 'interlock.db'}")
    wait_until(lambda: count(database) == ALERTS, "all alerts in the database", 60)
    wait_until(lambda: "storm is over" in said(bot), "the summary of the storm", 120)
    messages = all_messages(bot)
    assert len(messages) <= _MOST_MESSAGES, [text_of(each)[:60] for each in messages]
    for stack, channel in CHANNEL_OF.items():
        told = [text_of(each) for each in bot.sim.messages(channel=channel)][:_FIRST]
        assert any(f"CRITICAL {stack}: " in each for each in told), (stack, told)
    refused = [call for call in bot.sim.calls("chat.postMessage") if call.get("status") == 429]
    assert len(refused) <= 2, "only the ones that were asked for"


def count(database: Database) -> int:
    with database.read() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(alerts)).scalar_one()
    return int(found)


def all_messages(bot: Bot) -> list[dict[str, Any]]:
    return [each for channel in CHANNELS for each in bot.sim.messages(channel=channel)]


def said(bot: Bot) -> str:
    return "\n".join(map(text_of, all_messages(bot)))
