"""How alerts are shown, over both databases, with a clock that the test moves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.alerts.folding import Folding
from bot.store import maintenances
from bot.store.database import Database
from bot.store.inbox import ALERTS, Received
from bot.store.migrate import migrate
from bot.store.tables import outbox
from notifiers.ports import Lane
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance
from playbooks.respond.sources import AlertRules
from tests.support.postgres import Server

_STACKS = {
    name: Stack(name=name, environment="prod", channel=f"ops-{name}") for name in ("harbor", "bay")
}
_RULES = AlertRules.model_validate(
    {
        "settle": "1m",
        "quiet": {"from": "22:00", "to": "07:00", "zone": "Europe/Paris"},
        "routes": [
            {"severity": ["critical"], "tell": ["ben"]},
            {"owner": ["night"], "channel": "night-shift", "quiet": "never"},
        ],
    }
)
_NOON = datetime(2026, 10, 24, 10, 0, tzinfo=UTC)
# The night in which clocks go back: it is an hour longer, and ends at seven all the same.
_NIGHT = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)
_MORNING = datetime(2026, 10, 25, 6, 0, tzinfo=UTC)


@dataclass
class Alerts:
    """Notices handed to the folding, and what the outbox is to say."""

    database: Database
    now: datetime = _NOON
    handed: int = 0
    folding: Folding = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another life, which knows only what is in the database."""
        self.folding = Folding(
            database=self.database,
            rules=_RULES,
            stacks=_STACKS,
            channels={},
            people={"ben": "U0BEN"},
            now=lambda: self.now,
        )
        self.folding.restate()

    def tell(
        self, rule: str, severity: str = "warning", *, firing: bool = True, **more: str
    ) -> None:
        """One notice of one alert."""
        labels = {"stack": "harbor", **more}
        alert = {
            "fingerprint": f"{rule}-{severity}",
            "rule": rule,
            "severity": severity,
            "firing": firing,
            "since": self.now.isoformat(),
            "ended": None if firing else self.now.isoformat(),
            "labels": labels,
        }
        self.handed += 1
        notice = Received(
            id=f"n{self.handed}",
            kind=ALERTS,
            payload={"source": "am", "alerts": [alert]},
            received_at=self.now,
            tries=1,
        )
        self.folding.fold([notice])

    def pass_time(self, span: timedelta) -> None:
        self.now += span
        self.folding.tick()

    def said(self) -> dict[str, tuple[str, Lane, str]]:
        """Body, lane and channel by the key."""
        query = sa.select(outbox).order_by(outbox.c.key)
        with self.database.read() as connection:
            return {
                row.key: (str(row.body), Lane(row.lane), row.channel)
                for row in connection.execute(query)
            }

    def of(self, text: str, kind: str = "alert:") -> list[tuple[str, Lane, str]]:
        """What is said that has the text in it."""
        found = self.said().items()
        return [what for key, what in found if key.startswith(kind) and text in what[0]]


@pytest.fixture(params=["sqlite", "postgresql"])
def alerts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Alerts]:
    url = f"sqlite:///{tmp_path / 'interlock.db'}"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        name = f"folding_{tmp_path.name.replace('-', '_')}".lower()[:60]
        with server.connect("template1") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        url = server.url(name)
    database = Database(url)
    migrate(database)
    yield Alerts(database)
    database.close()


def test_a_night_is_collected_and_said_in_the_morning_once(alerts: Alerts) -> None:
    """Nothing below critical in the night of the change of clocks; at seven one message a channel,
    whatever life of the bot it is; what is over is in it, what fires has its card in its thread."""
    alerts.now = _NIGHT
    alerts.tell("Slow")
    alerts.tell("Brief")
    alerts.tell("Bay", stack="bay")
    alerts.tell("Watched", owner="night")
    alerts.tell("Burning", "critical")
    alerts.tell("Brief", firing=False)
    assert not alerts.of("Slow") and not alerts.of("Bay")
    assert [channel for *_, channel in alerts.of("Watched")] == ["night-shift"]
    [(text, lane, _)] = alerts.of("Burning")
    assert lane is Lane.CRITICAL and "<@U0BEN>" in text
    alerts.restart()
    alerts.now = _MORNING - timedelta(seconds=1)
    alerts.pass_time(timedelta(0))
    assert not alerts.of("", "quiet:")
    alerts.pass_time(timedelta(seconds=1))
    told = {channel: text for text, _, channel in alerts.of("", "quiet:")}
    assert set(told) == {"ops-harbor", "ops-bay"}
    assert "2 groups of alerts came, 1 still firing" in told["ops-harbor"]
    assert "Slow" in told["ops-harbor"] and "Brief" in told["ops-harbor"]
    assert alerts.of("Slow") and alerts.of("Bay") and not alerts.of("Brief")
    before = alerts.said()
    alerts.restart()
    alerts.pass_time(timedelta(minutes=5))
    assert set(alerts.said()) == set(before)


def test_what_becomes_critical_in_the_night_speaks_up(alerts: Alerts) -> None:
    """At once, and is not said again in the morning."""
    alerts.now = _NIGHT
    alerts.tell("Disk")
    assert not alerts.of("Disk")
    alerts.tell("Disk", "critical")
    assert [lane for _, lane, _ in alerts.of("Disk")] == [Lane.CRITICAL]
    alerts.now = _MORNING
    alerts.pass_time(timedelta(0))
    assert not alerts.of("", "quiet:")


def test_what_maintenance_explains_is_quieter_and_comes_back_with_its_end(alerts: Alerts) -> None:
    """Shown at once, but in less haste and without mentions; a minute after the end what still
    fires is said aloud, once; what ended by then is not."""
    with alerts.database.write() as connection:
        maintenances.remember(connection, maintenance(alerts.now))
    alerts.tell("Down", "critical")
    alerts.tell("Blip", "critical")
    [(text, lane, _)] = alerts.of("Down")
    assert "is under maintenance until" in text and "<@U0BEN>" not in text
    assert lane is Lane.UPDATE
    alerts.pass_time(timedelta(hours=1))
    alerts.tell("Blip", "critical", firing=False)
    with alerts.database.write() as connection:
        maintenances.forget(connection, "harbor")
    alerts.pass_time(timedelta(seconds=10))
    assert not alerts.of("", "alert:over:")
    alerts.pass_time(timedelta(minutes=1))
    [(text, lane, channel)] = alerts.of("", "alert:over:")
    assert "Down" in text and "Blip" not in text and "<@U0BEN>" in text
    assert (lane, channel) == (Lane.CRITICAL, "ops-harbor")
    alerts.restart()
    alerts.pass_time(timedelta(minutes=5))
    assert len(alerts.of("", "alert:over:")) == 1


def maintenance(now: datetime) -> UnderMaintenance:
    return UnderMaintenance(
        stack="harbor",
        since=now,
        until=now + timedelta(hours=2),
        message="Back soon",
        run="k3f9q2",
        person="ana",
    )
