"""Phases, reviews and actions over the database: said once, whoever is killed, late or many."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.facts import ThreadedFacts
from bot.incidents.afterwards import Afterwards
from bot.incidents.messages import Messages
from bot.incidents.phase_rounds import PhaseRounds
from bot.incidents.phases import Phases
from bot.incidents.reviews import StoredReviews
from bot.incidents.stored import StoredIncidents
from bot.store import alerts, incidents
from bot.store.tables import audit, outbox
from commands.ports import Opening, Wanted, Written
from playbooks.catalogue import READERS
from playbooks.model.people import Actor, Person
from playbooks.model.stack_file import load_stack
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.incident_rules import IncidentRules
from playbooks.respond.review import day_of
from tests.support import yard
from tests.support.nights import Clock, Night, Setting, night
from tests.support.postgres import Server

OPENED = datetime(2026, 11, 23, 13, tzinfo=UTC)
"""A Monday, 14:00 in Paris."""
STACKS = Path(__file__).parents[3] / "playbooks" / "stacks"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANA = Actor(slack="U0ANA", person=Person(name="ana", slack="U0ANA"))
PHASES = [
    {
        "name": "First",
        "until": "15m",
        "items": [
            {"text": "Take it on", "check": "incident", "holds": "acknowledged"},
            "Say what is wrong",
        ],
    },
    {"name": "Next day", "until": "1d", "items": ["Learn from it"]},
]


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Setting:
    """A harbor with two phases and office hours in Paris, on either database."""
    url = None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres_server")
        url = server.url(request.getfixturevalue("database"))
    hours = {"zone": "Europe/Paris"}
    return Setting(tmp_path, url, stack={"incidents": {"incident": PHASES}, "office_hours": hours})


@dataclass(frozen=True)
class Desk:
    """One bot's part in incidents."""

    night: Night
    incidents: StoredIncidents
    reviews: StoredReviews
    rounds: PhaseRounds
    afterwards: Afterwards

    def at(self, moment: datetime) -> None:
        """It is `moment`, and everything that looks again looks."""
        self.night.clock.turn_to(moment)
        self.rounds.turn()
        self.afterwards.turn()

    def said(self, part: str) -> list[str]:
        """The blocks of the messages whose key has that in it, as text."""
        query = sa.select(outbox.c.body).where(outbox.c.key.contains(part))
        with self.night.house.database.read() as connection:
            return [str(body["blocks"]) for body in connection.execute(query).scalars()]

    def kinds(self, incident: Incident) -> list[str]:
        """What its timeline says, in a word each."""
        return [each.kind for each in self.incidents.entries(incident.id)]

    def open(self) -> Incident:
        self.night.clock.turn_to(OPENED)
        opening = Opening(title="The api is slow", priority=Priority.P3, stack="harbor")
        return self.incidents.open(opening, ANA)


@contextmanager
def desk(setting: Setting, clock: Clock | None = None) -> Iterator[Desk]:
    with night(setting, clock) as one:
        ledger, bell = one.house.ledger, one.house.bell
        messages = Messages(ledger, IncidentRules(), lambda name: f"C-{name}")
        facts = ThreadedFacts(READERS, yard.NoSecrets(), one.clock)
        yield Desk(
            night=one,
            incidents=StoredIncidents(ledger, messages, bell),
            reviews=StoredReviews(ledger, messages, bell),
            rounds=PhaseRounds(ledger, Phases(ledger), facts, bell),
            afterwards=Afterwards(ledger, messages, bell),
        )


@pytest.mark.covers("R5", "S", only="asked for once")
def test_what_is_overdue_is_asked_for_once(setting: Setting) -> None:
    """The commander is mentioned when a phase's time is over; neither later looks nor another bot
    over the same database ask again."""
    with desk(setting) as one:
        incident = one.open()
        one.incidents.set_role(incident.id, ANA, Role.COMMANDER, "U0BEN")
        one.at(OPENED + MINUTE)
        one.at(OPENED + 14 * MINUTE)
        assert one.said(":phases:overdue") == []
        for minutes in (15, 16, 40):
            one.at(OPENED + minutes * MINUTE)
        with desk(setting, one.night.clock) as other:
            other.at(OPENED + 41 * MINUTE)
        [asked] = one.said(":phases:overdue")
        assert "<@U0BEN>" in asked and "Say what is wrong" in asked and "Take it on" not in asked
        kinds = one.kinds(incident)
        assert kinds.count("overdue") == 1 and kinds.count("ticked") == 1


@pytest.mark.covers("R5", "S")
def test_the_phases_of_spice_harvester_have_their_clocks(tmp_path: Path) -> None:
    """15 minutes, an hour, four hours and the next day, as its guide says: each is asked for at its
    time with what is left of it; what the incident shows is ticked by itself."""
    stack = load_stack(STACKS / "spice-harvester.yaml")
    phases = [each.model_dump(mode="json") for each in stack.incidents["incident"]]
    setting = Setting(tmp_path, stack={"incidents": {"incident": phases}})
    with desk(setting) as one:
        incident = one.open()
        one.incidents.tell(incident.id, ANA, "We look into it")
        asked: list[int] = []
        for minutes in (0, 14, 15, 16, 59, 60, 61, 239, 240, 241, 1439, 1440, 1441, 1500):
            one.at(OPENED + minutes * MINUTE)
            if len(one.said(":phases:overdue")) > len(asked):
                asked.append(minutes)
        assert asked == [15, 60, 240, 1440]
        said = one.said(":phases:overdue")
        assert any("Assess its severity" in each for each in said)
        assert not any("Notify who is concerned" in each for each in said)
        for part in ("Identify the cause", "Deploy the lasting fix", "Hold a post-mortem"):
            assert sum(part in each for each in said) == 1
        kinds = one.kinds(incident)
        assert kinds.count("overdue") == 4 and kinds.count("phase") == 3


def test_who_ticks_that_it_is_taken_on_has_taken_it_on(setting: Setting) -> None:
    """The incident's own clock has it; another item moves no clock."""
    with desk(setting) as one:
        incident = one.open()
        one.at(OPENED + MINUTE)
        one.reviews.tick(incident, "1.2", ANA, done=True)
        assert one.incidents.get(incident.id).acknowledged_at is None
        one.night.clock.turn_to(OPENED + 2 * MINUTE)
        one.reviews.tick(incident, "1.1", ANA, done=True)
        assert one.incidents.get(incident.id).acknowledged_at == OPENED + 2 * MINUTE


def test_they_follow_the_incident_to_another_place(setting: Setting) -> None:
    """Where its channel was lost, the list is said anew where it lives now."""
    with desk(setting) as one:
        incident = one.open()
        one.at(OPENED + MINUTE)
        assert len(one.said(":phases")) == 1
        with one.night.house.database.write() as connection:
            kept = incidents.hold(connection, incident.id)
            assert kept is not None
            place = kept.place.model_copy(update={"moved": 1})
            incidents.put(connection, kept.model_copy(update={"place": place}))
        for minutes in (2, 3):
            one.at(OPENED + minutes * MINUTE)
        assert len(one.said(":phases")) == 2


def test_nothing_is_asked_once_it_is_over(setting: Setting) -> None:
    """Resolved in time: only what comes the next day is asked for; closed: nothing, and the list
    says so."""
    with desk(setting) as one:
        incident = one.open()
        one.at(OPENED + MINUTE)
        one.incidents.turn(incident.id, ANA, "resolve")
        one.at(OPENED + HOUR)
        assert one.said(":phases:overdue") == []
        one.at(OPENED + 25 * HOUR)
        [asked] = one.said(":phases:overdue")
        assert "Learn from it" in asked and "Say what is wrong" not in asked
        one.incidents.turn(incident.id, ANA, "close")
        one.at(OPENED + 26 * HOUR)
        checklist = one.reviews.phases(one.incidents.get(incident.id))
        assert checklist.closed
        [listed] = [each for each in one.said(":phases") if "is closed" in each]
        assert "phase_tick" not in listed
        one.incidents.turn(incident.id, ANA, "reopen")
        one.at(OPENED + 27 * HOUR)
        assert not one.reviews.phases(one.incidents.get(incident.id)).closed


def test_a_review_is_asked_for_once_and_actions_once_a_day(setting: Setting) -> None:
    """The review when it is resolved; the owner of an action in office hours of the stack's own
    clocks from the day it is due, until it is done."""
    with desk(setting) as one:
        incident = one.open()
        one.at(OPENED + MINUTE)
        assert one.said(":review") == []
        one.incidents.turn(incident.id, ANA, "resolve")
        one.at(OPENED + HOUR)
        one.incidents.turn(incident.id, ANA, "reopen")
        one.incidents.turn(incident.id, ANA, "resolve")
        one.at(OPENED + 2 * HOUR)
        assert len(one.said(":review")) == 1
        today = day_of(OPENED, one.reviews.zone(incident))
        due = today + timedelta(days=1)
        wanted = Wanted(
            incident=incident.id, text="Limit the pool", owner="U0BEN", due=due, once="x"
        )
        made = one.reviews.add(incident, ANA, wanted)
        assert one.reviews.add(incident, ANA, wanted) == made
        for hours in range(3, 80, 3):
            one.at(OPENED + hours * HOUR)
        chases = one.said("followups:")
        assert len(chases) == 3 and all("<@U0BEN>" in each for each in chases)
        one.reviews.done(made.id, ANA)
        for hours in range(80, 120, 8):
            one.at(OPENED + hours * HOUR)
        assert len(one.said("followups:")) == 3
        assert one.reviews.followups() == []


def test_what_becomes_due_later_on_a_day_is_not_lost(setting: Setting) -> None:
    """An owner who was reminded in the morning hears of what is due since noon, too."""
    with desk(setting) as one:
        incident = one.open()
        due = day_of(OPENED, one.reviews.zone(incident))
        for text, hours in (("Limit the pool", 0), ("Alert on the pool", 1)):
            one.night.clock.turn_to(OPENED + hours * HOUR)
            wanted = Wanted(incident=incident.id, text=text, owner="U0BEN", due=due)
            one.reviews.add(incident, ANA, wanted)
            for minutes in (1, 2):
                one.at(OPENED + hours * HOUR + minutes * MINUTE)
        first, second = one.said("followups:")
        assert "Limit the pool" in first and "Alert on the pool" not in first
        assert "Alert on the pool" in second and "Limit the pool" not in second


def test_two_incidents_at_once_have_phases_of_their_own(setting: Setting) -> None:
    """What is ticked in one is to be done in the other; each is asked for."""
    with desk(setting) as one:
        both = (one.open(), one.open())
        one.at(OPENED + MINUTE)
        for place in ("1.1", "1.2"):
            one.reviews.tick(both[0], place, ANA, done=True)
        one.at(OPENED + 20 * MINUTE)
        [asked] = one.said(":phases:overdue")
        assert both[1].id in asked or "Say what is wrong" in asked
        assert one.kinds(both[0]).count("ticked") == 2
        assert one.kinds(both[1]).count("ticked") == 0
        assert [one.kinds(each).count("overdue") for each in both] == [0, 1]


@pytest.mark.covers("R6", "SN", only="the draft")
def test_a_draft_holds_what_happened_and_what_people_wrote(setting: Setting) -> None:
    """Changes before it, what was run, measures from the beginning that people wrote down; each
    change is in the audit."""
    with desk(setting) as one:
        incident = one.open()
        one.at(OPENED + MINUTE)
        one.reviews.tick(incident, "1.2", ANA, done=True)
        one.night.clock.turn_to(OPENED + 30 * MINUTE)
        one.incidents.turn(incident.id, ANA, "resolve")
        began = OPENED - 10 * MINUTE
        one.reviews.write(incident, ANA, Written(began_at=began, cause="A full pool"))
        one.reviews.write(incident, ANA, Written(impact="Nobody could pay"))
        post = one.reviews.postmortem(one.incidents.get(incident.id))
        assert post.incident.state is IncidentState.RESOLVED
        assert post.measures.to_detect == 10 * MINUTE
        assert post.measures.to_resolve == 40 * MINUTE
        assert (post.review.cause, post.review.impact) == ("A full pool", "Nobody could pay")
        assert post.zone == "Europe/Paris" and post.people["U0ANA"] == "ana"
        assert [each.at for each in post.entries] == sorted(each.at for each in post.entries)
        with one.night.house.database.read() as connection:
            kinds = set(connection.execute(sa.select(audit.c.kind)).scalars())
        assert {"incident.ticked", "incident.reviewed"} <= kinds


def test_figures_come_from_what_was_remembered(setting: Setting) -> None:
    """Alerts by their changes, incidents but private ones, of the stacks that were asked for."""
    with desk(setting) as one:
        one.open()
        private = Opening(title="x", priority=Priority.P3, stack="harbor", private=True)
        one.incidents.open(private, ANA)
        fired = {"group": "g", "stack": "harbor", "detail": {"rule": "ApiDown"}}
        with one.night.house.database.write() as connection:
            alerts.remember(
                connection,
                [
                    alerts.Change(**fired, at=OPENED, kind="fired"),
                    alerts.Change(**fired, at=OPENED + 3 * MINUTE, kind="acknowledged", by="ana"),
                    alerts.Change(**fired, at=OPENED + 9 * MINUTE, kind="resolved"),
                ],
            )
        one.night.clock.turn_to(OPENED + HOUR)
        found = one.reviews.figures(["harbor"], OPENED - HOUR)
        assert (found.alerts, found.incidents) == (1, 1)
        assert found.alerts_acknowledged.mean == 3 * MINUTE
        assert found.noisiest[0].rule == "ApiDown"
        assert one.reviews.figures(["elsewhere"], OPENED - HOUR).alerts == 0
