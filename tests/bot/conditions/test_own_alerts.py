"""What fires by Interlock's own rules, on both databases: said once, whatever dies in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conditions.own_alerts import OwnAlerts
from bot.store import own_alerts as rows
from bot.store.database import Database
from bot.store.inbox import ALERTS, Inbox, Received
from bot.store.migrate import migrate
from notifiers.redactor import Redactor
from playbooks.model.thresholds import Threshold
from playbooks.respond.conditions import Reading, rule_of
from tests.support.postgres import fresh_database

_DOWN = rule_of("down", Threshold(measure="down", severity="critical"))
_FIRING = {"down": [Reading(subject="api", said="no answer, token sesame-9")]}
_WELL: dict[str, list[Reading]] = {"down": []}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        with fresh_database(server) as name:
            made = Database(server.url(name))
            migrate(made)
            yield made
            made.close()
        return
    made = Database(f"sqlite:///{tmp_path / 'own.db'}")
    migrate(made)
    yield made
    made.close()


class Life:
    """One life of a bot, its clock and what it handed on."""

    def __init__(self, database: Database, owner: str, hours: float = 0) -> None:
        self.at = datetime(2026, 11, 22, 9, tzinfo=UTC) + timedelta(hours=hours)
        self.handed: list[Received] = []
        self.inbox = Inbox(database, lambda: self.at, owner, kinds=(ALERTS,))
        redactor = Redactor()
        redactor.learn("sesame-9")
        self.own = OwnAlerts(
            family="thresholds",
            database=database,
            redactor=redactor,
            owner=owner,
            now=lambda: self.at,
            hand=self.handed.append,
        )

    def look(self, readings: dict[str, list[Reading]], minutes: float = 1) -> list[bool]:
        """What is said of it: whether each alert of new notices fires."""
        self.at += timedelta(minutes=minutes)
        before = len(self.handed)
        self.own.judge("harbor", [_DOWN], readings)
        new = self.handed[before:]
        return [each["firing"] for notice in new for each in notice.payload["alerts"]]


def test_what_fires_is_said_once_over_lives(database: Database) -> None:
    """It fires, a life ends, it goes on to fire: nothing is said; it ends: that is said."""
    first = Life(database, "one")
    assert first.look(_FIRING) == [True]
    assert first.look(_FIRING) == []
    second = Life(database, "two", 1)
    assert second.look(_FIRING) == []
    assert second.look(_WELL) == [False]
    assert second.look(_WELL) == []
    assert Life(database, "three", 2).look(_WELL) == []


def test_a_notice_that_was_not_folded_is_left_to_the_next_life(database: Database) -> None:
    """It is kept together with what it says: killed in between, the next life finds both, and
    secrets are in neither."""
    first = Life(database, "one")
    first.look(_FIRING)
    assert not first.inbox.take(), "what this life put it deals with itself"
    [left] = Life(database, "two").inbox.take()
    assert left.payload == first.handed[0].payload
    assert "sesame-9" not in left.model_dump_json()
    with database.read() as connection:
        [(stack, held)] = rows.firing(connection, "thresholds")
        assert (stack, held.firing, held.reading.subject) == ("harbor", True, "api")
        assert not rows.firing(connection, "security")


def test_a_store_that_fails_changes_nothing(database: Database) -> None:
    """What could not be kept is neither said nor believed: the next look says it."""
    life = Life(database, "one")
    life.look(_WELL)
    whole = database.engine
    database.engine = None  # type: ignore[assignment]  # away
    with pytest.raises(AttributeError):
        life.look(_FIRING)
    database.engine = whole
    assert life.handed == []
    assert life.look(_FIRING) == [True]


def test_what_fires_again_at_once_began_after_it_ended(database: Database) -> None:
    """An alert that began before its last end was known is no notice that came late."""
    life = Life(database, "one")
    life.look(_FIRING)
    life.look(_WELL)
    began = life.at - timedelta(seconds=10)
    life.look({"down": [Reading(subject="api", since=began)]}, minutes=0.05)
    ended, fired = (notice.payload["alerts"][0] for notice in life.handed[1:])
    assert datetime.fromisoformat(fired["since"]) > datetime.fromisoformat(ended["ended"])


def test_what_fired_in_a_stack_that_is_gone_is_over(database: Database) -> None:
    """A stack that was taken out leaves nothing firing behind."""
    Life(database, "one").look(_FIRING)
    life = Life(database, "two", 1)
    life.own.forget_others(["another"])
    assert [each["firing"] for each in life.handed[0].payload["alerts"]] == [False]
