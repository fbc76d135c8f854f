"""Routines over the database: each round once, whoever is killed, late or many."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa

from bot.engine.failpoints import VARIABLE, Failpoints
from bot.routines.clock import RoutineClock
from bot.routines.kept import StoredRoutines
from bot.store import routines as rows
from bot.store.tables import audit, outbox
from playbooks.errors import Refused, UnknownName
from playbooks.model.people import Actor, Person
from playbooks.respond.routine import Round, RoundState
from tests.support.forks import FORKS
from tests.support.lives import KILLED
from tests.support.nights import Clock, Night, Setting, night
from tests.support.postgres import Server

SUNDAY = datetime(2026, 11, 22, 6, tzinfo=UTC)
NINE = datetime(2026, 11, 22, 8, tzinfo=UTC)
"""9:00 in Paris."""
DAY = timedelta(days=1)
ROUTINES = {
    "morning": {
        "every": "daily",
        "at": "09:00",
        "zone": "Europe/Paris",
        "items": [
            {"text": "Alerts", "check": "alerts"},
            {"text": "Backup", "check": "backup"},
            "Look at sessions",
        ],
    }
}
REPORT = {"day": "monday", "at": "10:00", "zone": "Europe/Paris"}
ANA = Actor(slack="U0ANA", person=Person(name="ana", slack="U0ANA", roles=("operator",)))


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Setting:
    """A harbor with a list for the morning, on either database."""
    url = None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("database"))
    return _setting(tmp_path, url)


def _setting(folder: Path, url: str | None = None) -> Setting:
    return Setting(folder, url, stack={"routines": ROUTINES, "routine_report": REPORT})


@dataclass(frozen=True)
class Mornings:
    """One bot's routines."""

    night: Night
    kept: StoredRoutines
    clock: RoutineClock

    def at(self, moment: datetime) -> None:
        self.night.clock.turn_to(moment)
        self.clock.turn()

    def rounds(self) -> list[Round]:
        with self.night.house.database.read() as connection:
            return list(rows.since(connection, "harbor", SUNDAY - 30 * DAY))

    def newest(self) -> Round:
        return self.rounds()[-1]

    def said(self) -> dict[str, str]:
        """What messages say by their keys."""
        with self.night.house.database.read() as connection:
            found = connection.execute(sa.select(outbox.c.key, outbox.c.body))
            return {row.key: row.body["text"] for row in found}

    def noted(self) -> list[tuple[str, str]]:
        """What was audited: its kind and by whom."""
        query = sa.select(audit.c.kind, audit.c.actor).order_by(audit.c.number)
        with self.night.house.database.read() as connection:
            return [(row.kind, row.actor) for row in connection.execute(query)]


@contextmanager
def mornings(
    setting: Setting, clock: Clock | None = None, failpoint: str = ""
) -> Iterator[Mornings]:
    with night(setting, clock) as one:
        kept = StoredRoutines(one.house.ledger, one.equipment.facts, one.house.bell)
        failpoints = Failpoints({VARIABLE: failpoint} if failpoint else {})
        turning = RoutineClock(one.house.ledger, kept, one.house.bell, failpoints)
        one.clock.turn_to(SUNDAY if clock is None else clock.moment)
        turning.turn()
        yield Mornings(one, kept, turning)


@pytest.mark.covers("R9", "NSAC", only="at its hour, carried over, reported")
def test_a_round_begins_at_its_hour_and_is_looked_at(setting: Setting) -> None:
    """Before nine nothing; at nine one round, looked at, on one card; later turns add none."""
    with mornings(setting) as one:
        one.at(NINE - timedelta(seconds=1))
        assert one.rounds() == []
        one.at(NINE)
        one.at(NINE + timedelta(minutes=5))
        [round_] = one.rounds()
        assert (round_.id, round_.state) == ("harbor/morning:2026-11-22", RoundState.OPEN)
        verdicts = [line.finding and line.finding.verdict.value for line in round_.lines]
        assert verdicts == ["green", "red", None]
        assert one.said() == {
            "routine:harbor/morning:2026-11-22": "prod/harbor morning: 1 of 3 done, 1 red"
        }


def test_many_bots_begin_one_round(postgres_server: Server, database: str, tmp_path: Path) -> None:
    """Three bots at the same moments: one round a day, looked at once, one card each."""
    setting = _setting(tmp_path, postgres_server.url(database))
    clock, everybody = Clock(SUNDAY), Barrier(3, timeout=30)
    with (
        mornings(setting, clock) as one,
        mornings(setting, clock) as two,
        mornings(setting, clock) as three,
        ThreadPoolExecutor(3) as threads,
    ):

        def live(bot: Mornings) -> None:
            everybody.wait()
            bot.clock.turn()

        for count in range(3):
            clock.turn_to(NINE + count * DAY)
            list(threads.map(live, (one, two, three)))
        assert [each.key for each in one.rounds()] == ["2026-11-22", "2026-11-23", "2026-11-24"]
        cards = [key for key in one.said() if key.startswith("routine:")]
        assert len(cards) == 3
        assert [kind for kind, _ in one.noted()].count("routine.begun") == 3


def _life(setting: Setting) -> None:
    with mornings(setting, failpoint="routine:begun") as one:
        one.at(NINE)


def test_killed_between_beginning_and_looking(setting: Setting) -> None:
    """kill -9 once the round is noted: the next life looks at it, and there is still one."""
    process = FORKS.Process(target=_life, args=(setting,))
    process.start()
    process.join(60)
    assert process.exitcode == KILLED
    with mornings(setting, Clock(NINE + timedelta(minutes=1))) as one:
        [round_] = one.rounds()
        assert round_.state is RoundState.OPEN
        assert list(one.said()) == ["routine:harbor/morning:2026-11-22"]


def test_ticks_are_kept_and_shown(setting: Setting) -> None:
    """Who ticked what and when is on the card and in the audit; the last tick ends the round."""
    with mornings(setting) as one:
        one.at(NINE)
        id_ = one.newest().id
        one.kept.tick(id_, 2, ANA)
        one.kept.tick(id_, 2, ANA)
        assert one.kept.untick(id_, 2, ANA).lines[2].ticked_at is None
        one.kept.tick(id_, 2, ANA)
        one.kept.tick(id_, 1, ANA)
        assert one.newest().state is RoundState.DONE
        assert one.said()[f"routine:{id_}"] == "prod/harbor morning: all done"
        assert one.noted()[1:] == [
            ("routine.ticked", "ana"),
            ("routine.unticked", "ana"),
            ("routine.ticked", "ana"),
            ("routine.ticked", "ana"),
        ]
        with pytest.raises(UnknownName, match="no item 8"):
            one.kept.tick(id_, 7, ANA)


def test_what_is_left_comes_again(setting: Setting) -> None:
    """The next morning says since when; the old card says that it is over, and takes no ticks."""
    with mornings(setting) as one:
        one.at(NINE)
        first = one.newest().id
        one.kept.tick(first, 2, ANA)
        one.at(NINE + DAY)
        assert [line.since for line in one.newest().lines] == ["", "2026-11-22", ""]
        assert one.said()[f"routine:{first}"].endswith("over, 2 of 3 done, 1 carried over")
        with pytest.raises(Refused, match="next round of morning has begun"):
            one.kept.tick(first, 1, ANA)


def test_days_without_a_bot_are_missed(setting: Setting) -> None:
    """After three days away the newest round is begun, late; the others are counted as missed."""
    with mornings(setting) as one:
        one.at(NINE + 2 * DAY + timedelta(hours=3))
        assert [(each.key, each.state) for each in one.rounds()] == [
            ("2026-11-22", RoundState.MISSED),
            ("2026-11-23", RoundState.MISSED),
            ("2026-11-24", RoundState.OPEN),
        ]


def test_one_begun_by_hand_takes_over(setting: Setting) -> None:
    """The same delivery again begins none; what was left is carried over into it."""
    with mornings(setting) as one:
        one.at(NINE)
        one.night.clock.turn_to(NINE + timedelta(hours=1))
        begun = one.kept.begin(one.night.stack, "morning", ANA, once="T1")
        again = one.kept.begin(one.night.stack, "morning", ANA, once="T1")
        assert begun.id == again.id
        assert (begun.by, begun.state, len(one.rounds())) == ("ana", RoundState.OPEN, 2)
        assert begun.lines[2].since == "2026-11-22"


def test_the_week_is_told_once(setting: Setting) -> None:
    """On Monday at ten: a table of the seven days before it and a picture, once."""
    with mornings(setting) as one:
        for count in range(9):
            one.at(NINE + count * DAY)
            one.at(NINE + count * DAY + timedelta(hours=1))
        reports = {key: text for key, text in one.said().items() if key.startswith("routines:")}
        assert reports == {
            "routines:harbor:2026-11-23": (
                "prod/harbor: routines of the week, 33 % of 3 items done, 2 missed"
            ),
            "routines:harbor:2026-11-23:picture": "Routines of harbor, the week until 2026-11-22",
            "routines:harbor:2026-11-30": (
                "prod/harbor: routines of the week, 33 % of 21 items done, 14 missed"
            ),
            "routines:harbor:2026-11-30:picture": "Routines of harbor, the week until 2026-11-29",
        }
        shown = one.kept.week(one.night.stack)
        assert [day.rounds for day in shown.days] == [1] * 7
