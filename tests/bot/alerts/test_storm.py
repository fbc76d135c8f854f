"""Far too many alerts at once, by wire: all are kept, the channels stay readable."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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
_MOST_GROWTH = 100_000_000
_LIMITED = ("chat.postMessage", "chat.update")
_PAGED_SECONDS = 3.0
# More than is promised: a minute is.
SECONDS = 40.0


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


def batches() -> Iterator[tuple[str, dict[str, Any]]]:
    """Ten alerts of one group each, groups and severities mixed; the stack whose critical ones they
    are, or nothing."""
    for number in range(ALERTS // BATCH):
        group = number % GROUPS
        severity = "critical" if group % 7 == 0 else "warning"
        stack = STACKS[group % 5]
        labels = {"alertname": f"Rule{group}", "stack": stack, "severity": severity}
        alerts = [
            {
                "status": "firing",
                "labels": labels | {"instance": f"i{number}-{each}"},
                "startsAt": datetime.now(UTC).isoformat(),
            }
            for each in range(BATCH)
        ]
        yield stack if severity == "critical" else "", {"alerts": alerts}


@dataclass
class Sent:
    """How the sources fared: the answers, and when each stack's first critical alert was taken."""

    answers: set[int] = field(default_factory=set)
    critical_at: dict[str, float] = field(default_factory=dict)


def pour(bot: Bot) -> Sent:
    """All of them, evenly over SECONDS, some at once."""
    sent, began = Sent(), time.monotonic()
    with (
        ThreadPoolExecutor(4) as hands,
        httpx.Client(base_url=bot.address, headers={"Authorization": f"Bearer {TOKEN}"}) as http,
    ):

        def send(numbered: tuple[int, tuple[str, dict[str, Any]]]) -> None:
            number, (stack, batch) = numbered
            due = began + number * SECONDS / (ALERTS / BATCH)
            time.sleep(max(0.0, due - time.monotonic()))
            answer = http.post("/alerts/alertmanager", json=batch, timeout=30)
            sent.answers.add(answer.status_code)
            if stack:
                sent.critical_at.setdefault(stack, time.time())

        list(hands.map(send, enumerate(batches())))
    return sent


@pytest.mark.covers("R2", "RNSAC", only="a storm of 10,000 alerts, on stacks of the tests")
def test_ten_thousand_alerts_leave_readable_channels(bot: Bot) -> None:
    """Within a minute, and Slack says 429 in between: every one is stored; each stack's first
    critical one is in its channel within three seconds; at most forty messages; when it is quiet, a
    summary; Slack is never asked too often; the bot grows by less than 100 MB."""
    before = forget_peak(bot)
    for method in _LIMITED:
        bot.sim.act("faults", method=method, kind="429", count=2)
    sent = pour(bot)
    assert sent.answers == {200}
    database = Database(f"sqlite:///{bot.folder / 'interlock.db'}")
    wait_until(lambda: count(database) == ALERTS, "all alerts in the database", 60)
    wait_until(lambda: "storm is over" in said(bot), "the summary of the storm", 120)
    messages = all_messages(bot)
    assert len(messages) <= _MOST_MESSAGES, [text_of(each)[:60] for each in messages]
    for stack, channel in CHANNEL_OF.items():
        posted = first_critical(bot, stack, channel)
        late = posted - sent.critical_at[stack]
        assert late < _PAGED_SECONDS, f"{stack} was told {late:.1f} s late"
    limited = [
        call for method in _LIMITED for call in bot.sim.calls(method) if call.get("status") == 429
    ]
    assert len(limited) == 2 * len(_LIMITED), "only the ones that were asked for"
    grown = peak(bot) - before
    assert grown < _MOST_GROWTH, f"{grown / 1e6:.0f} MB more"


def first_critical(bot: Bot, stack: str, channel: str) -> float:
    """When the first card of a critical group of the stack was posted."""
    told = [
        float(each["ts"])
        for each in bot.sim.messages(channel=channel)
        if f"CRITICAL {stack}: " in text_of(each)
    ]
    assert told, f"no critical card of {stack}"
    return min(told)


def forget_peak(bot: Bot) -> int:
    """Begins to look for the bot's peak of memory anew; what it has now, in bytes."""
    assert bot.process is not None
    Path(f"/proc/{bot.process.pid}/clear_refs").write_text("5")
    return peak(bot)


def peak(bot: Bot) -> int:
    """The most memory that the bot has had at once, in bytes."""
    assert bot.process is not None
    status = Path(f"/proc/{bot.process.pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def count(database: Database) -> int:
    with database.read() as connection:
        found = connection.execute(sa.select(sa.func.count()).select_from(alerts)).scalar_one()
    return int(found)


def all_messages(bot: Bot) -> list[dict[str, Any]]:
    return [each for channel in CHANNELS for each in bot.sim.messages(channel=channel)]


def said(bot: Bot) -> str:
    return "\n".join(map(text_of, all_messages(bot)))
