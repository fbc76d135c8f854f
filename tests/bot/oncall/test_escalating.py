"""Escalations: who is told when nobody takes care of an alert, and when it ends."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from commands.ports import Opening
from playbooks.model.stack import Stack
from playbooks.respond.incident import Priority, Role
from tests.support.oncall_house import Moved, OncallHouse, actor
from tests.support.outside import PAGERDUTY, Mail, Outside
from tests.support.postgres import Server

PAGER = "pagerduty://a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6@u+abcdefghijklmnopqr"
STEPS: list[dict[str, Any]] = [
    {"after": "5m", "to": ["primary"]},
    {"after": "10m", "to": ["secondary"], "by": ["slack", "email"]},
    {"after": "15m", "to": ["contacts", "duty"], "by": ["email"]},
]
PAGING: dict[str, Any] = {
    "email": "env:MAIL",
    "targets": {"duty": {"kind": "pagerduty", "url": "env:PAGER"}},
    "policies": [{"name": "urgent", "severities": ["critical"], "steps": STEPS}],
}


@pytest.fixture
def home(tmp_path: Path, mail: Mail, world: Outside) -> OncallHouse:
    environment = {"MAIL": mail.url, "PAGER": PAGER}
    return OncallHouse(f"sqlite:///{tmp_path / 'i.db'}", {"paging": PAGING}, environment, Moved())


@pytest.mark.covers(
    "R8", "NS", only="step by step: on-call, second and email, contacts and a pager"
)
@pytest.mark.covers("R3", "NS", only="by severity, with what became of it", by_contract=True)
def test_each_step_tells_more_people(home: OncallHouse, mail: Mail, world: Outside) -> None:
    """After 5, 10 and 15 minutes: mentions and direct messages, mail, contacts, the pager; every
    result is said in the thread and in the audit; nobody is told twice."""
    home.alert()
    home.look(minutes=4)
    assert home.told() == []
    home.look(minutes=1)
    home.look()
    assert [key.rpartition(":")[2] for key in home.told()] == ["1", "U0ANA"]
    assert "Nobody has taken care of it for 5 min.* <@U0ANA>" in home.said()[0]
    home.look(minutes=5)
    assert home.pages() == {"ben by email": "delivered"}
    assert [message["To"] for message in mail.messages] == ["ben@harbor.example"]
    (second,) = [text for text in home.said() if "step 2 of 3" in text]
    assert "<@U0BEN>" in second
    assert "ben by email: delivered <!date^" in second
    home.look(minutes=5)
    home.look(minutes=30)
    third = next(text for text in home.said() if "step 3, the last one" in text)
    assert "ops by email: delivered" in third
    assert "duty: delivered" in third
    assert "dba by email: delivered" in third
    assert "nobody is named for lead" in third
    assert len(world.at(PAGERDUTY)) == 1
    assert len(mail.messages) == 3
    assert home.audited("page.") == [
        "page.step",
        "page.step",
        "page.delivered",
        "page.step",
        "page.delivered",
        "page.delivered",
        "page.delivered",
    ]
    thread = f"alert:{home.key()}:1"
    assert {root for key, root in home.threads().items() if key.startswith("page:")} == {thread}


@pytest.mark.covers("R8", "NS", only="acknowledging, silencing and resolving end it")
@pytest.mark.parametrize("how", ["acknowledge", "silence", "resolve"])
def test_taking_care_of_it_ends_it(home: OncallHouse, world: Outside, how: str) -> None:
    """No further step is taken, a pager that was told is told that it is over, and so is, where it
    stands, what people were told directly."""
    home.alert()
    for minutes in (5, 5, 5):
        home.look(minutes=minutes)
    assert home.pages()["duty"] == "delivered"
    if how == "acknowledge":
        home.house.context.alerts.acknowledge(home.key(), actor("ana"))
    elif how == "silence":
        until = home.clock.at.replace(hour=23)
        home.house.context.alerts.silence(home.key(), actor("ana"), until)
    else:
        home.alert(firing=False)
    before = len(home.told())
    home.look(minutes=20)
    assert len(home.told()) == before
    ending = {"acknowledge": "ana takes care of it.", "silence": "It is silenced."}
    direct = [said for said in home.said() if "CRITICAL harbor" in said]
    assert direct
    for said in direct:
        assert ending.get(how, "It is over.") in said and "Acknowledge" not in said
    opened, closed = world.at(PAGERDUTY)
    assert (opened.body["event_action"], closed.body["event_action"]) == ("trigger", "resolve")
    assert closed.body["dedup_key"] == opened.body["dedup_key"]


def test_an_acknowledged_alert_is_escalated_to_nobody(home: OncallHouse) -> None:
    """Acknowledged in time, it stays with who took it."""
    home.alert()
    home.look(minutes=4)
    home.house.context.alerts.acknowledge(home.key(), actor("ben"))
    home.look(hours=2)
    assert home.told() == []


@pytest.mark.covers("R8", "NS", only="what flaps goes on from where it was")
def test_what_flaps_does_not_begin_anew(home: OncallHouse) -> None:
    """The clock stands still while it is over, and no step is taken twice within an episode."""
    home.alert()
    home.look(minutes=5)
    assert len(home.told()) == 2
    for _ in range(3):
        home.alert(firing=False)
        home.look()
        home.look(minutes=2)
        home.alert()
        home.look()
        home.look(minutes=1)
    assert len(home.told()) == 2
    home.look(minutes=2)
    assert [text for text in home.said() if "step 2" in text]
    assert len([text for text in home.said() if "step 1" in text]) == 1


def test_another_episode_begins_from_zero(home: OncallHouse) -> None:
    """What comes back later than the same trouble has steps of its own."""
    home.alert()
    home.look(minutes=5)
    home.alert(firing=False)
    home.look(minutes=20)
    home.alert()
    home.look(minutes=4)
    assert len([key for key in home.told() if key.endswith(":1")]) == 1
    home.look(minutes=1)
    assert len([key for key in home.told() if key.endswith(":1")]) == 2


@pytest.mark.covers("R8", "NS", only="a storm pages once a stack")
def test_a_storm_pages_once_a_stack(home: OncallHouse) -> None:
    """Thirty critical groups, some with cards, most in the digest: one page a step; whoever
    acknowledges one of them has taken it on."""
    for number in range(30):
        home.alert(f"Rule{number:02}")
    home.look(minutes=6)
    home.look(minutes=1)
    firsts = [key for key in home.told() if key.endswith(":1")]
    assert len(firsts) == 1
    assert firsts[0].startswith("page:storm:")
    home.look(minutes=5)
    assert len([key for key in home.told() if key.endswith(":2")]) == 1
    home.house.context.alerts.acknowledge(home.key("Rule00"), actor("ana"))
    home.look(minutes=30)
    assert not [key for key in home.told() if key.endswith(":3")]


def test_what_a_storm_began_with_goes_on_in_it(tmp_path: Path) -> None:
    """A stack that was paged for just before the storm is not paged for again in the same step."""
    steps = [{"after": "20s", "to": ["ana"]}, {"after": "60s", "to": ["ben"]}]
    described = {"paging": {"policies": [{"name": "urgent", "steps": steps}]}}
    home = OncallHouse(f"sqlite:///{tmp_path / 'b.db'}", described, {}, Moved())
    home.alert("First")
    home.look(seconds=20)
    for number in range(10):
        home.alert(f"Rule{number:02}")
    home.look(seconds=20)
    assert [key.rpartition(":")[2] for key in home.told()] == ["1", "U0ANA"]
    home.look(seconds=20)
    assert [key.rpartition(":")[2] for key in home.told()] == ["1", "U0ANA", "2", "U0BEN"]
    assert home.told()[2].startswith("page:storm:")
    home.clock.move(minutes=5)
    home.folding.tick()
    home.look(minutes=5)
    assert len(home.told()) == 4


def test_after_a_long_absence_steps_keep_their_distance(home: OncallHouse) -> None:
    """The bot was away for an hour: the first step is taken at once, the second 5 min later."""
    home.alert()
    home.look()
    home.clock.move(hours=1)
    home.open()
    home.look()
    home.look(minutes=1)
    assert [key for key in home.told() if key.endswith(":1")]
    assert not [key for key in home.told() if key.endswith(":2")]
    home.look(minutes=4)
    assert [key for key in home.told() if key.endswith(":2")]


def test_a_gap_in_the_rota_is_said_and_passed_over(tmp_path: Path, mail: Mail) -> None:
    """Nobody is primary: the thread says so, and the next step follows at once."""
    described = {
        "paging": {**PAGING, "targets": {}, "policies": [{"name": "urgent", "steps": STEPS[:2]}]},
        "oncall": {
            "night": {
                "rotation": "daily",
                "starts": "2026-11-25",
                "primary": ["ana"],
                "secondary": ["ben"],
                "hours": {"opens": "20:00", "closes": "23:00"},
            }
        },
    }
    home = OncallHouse(f"sqlite:///{tmp_path / 'g.db'}", described, {"MAIL": mail.url}, Moved())
    home.alert()
    home.look(minutes=5)
    home.look()
    said = home.said()
    assert "There is nobody to tell." in said[0]
    assert "nobody is on call as primary" in said[0]
    assert len([key for key in home.told() if key.endswith(":2")]) == 1


def test_steps_keep_to_their_hours(tmp_path: Path) -> None:
    """A step of office hours waits for them; off hours is the rest of the time."""
    steps = [
        {"after": "1m", "to": ["ana"], "hours": "office"},
        {"after": "2m", "to": ["ben"], "hours": "off"},
    ]
    policy = {"name": "calm", "severities": ["warning"], "steps": steps}
    described = {"paging": {"policies": [policy]}}
    home = OncallHouse(f"sqlite:///{tmp_path / 'h.db'}", described, {}, Moved())
    home.clock.move(hours=-4)  # 06:00
    home.alert(severity="warning")
    home.look(hours=2)
    assert home.told() == []
    home.look(hours=1)
    assert [key.rpartition(":")[2] for key in home.told()] == ["1", "U0ANA"]
    home.look(hours=7, minutes=59)
    assert not [key for key in home.told() if key.endswith("U0BEN")]
    home.look(minutes=1)
    assert [key for key in home.told() if key.endswith("U0BEN")]


def test_only_what_is_critical_goes_out_by_sms(tmp_path: Path) -> None:
    """A warning's step says that it does not."""
    steps = [{"after": "1m", "to": ["text", "ben"], "by": ["sms"]}]
    described = {
        "paging": {
            "targets": {"text": {"kind": "sms", "url": "env:SMS"}},
            "sms": "env:SMS",
            "policies": [{"name": "all", "severities": ["warning", "critical"], "steps": steps}],
        }
    }
    home = OncallHouse(f"sqlite:///{tmp_path / 's.db'}", described, {}, Moved())
    home.alert(severity="warning")
    home.look(minutes=1)
    (said,) = home.said()
    assert "text is not told of what is warning" in said
    assert "ben is not told by sms" in said
    assert home.pages() == {}


def test_worse_is_another_policy_from_its_beginning(tmp_path: Path) -> None:
    """A warning that turns critical is escalated as what is critical."""
    described = {
        "paging": {
            "policies": [
                {"name": "urgent", "steps": [{"after": "0", "to": ["ben"]}]},
                {
                    "name": "calm",
                    "severities": ["warning"],
                    "steps": [{"after": "1m", "to": ["ana"]}, {"after": "2h", "to": ["cleo"]}],
                },
            ]
        }
    }
    home = OncallHouse(f"sqlite:///{tmp_path / 'w.db'}", described, {}, Moved())
    home.alert(severity="warning")
    home.look(minutes=1)
    home.alert(firing=False)
    home.clock.move(seconds=1)
    home.alert(severity="critical")
    home.look(minutes=1)
    assert [key for key in home.told() if ":urgent:1" in key]


@pytest.mark.covers("R3", "NSA", only="results, retries with backoff, refusals", by_contract=True)
def test_results_are_said_and_tried_again(home: OncallHouse, mail: Mail, world: Outside) -> None:
    """A refusal is final and asks those on call for help; what may pass is tried again, waiting
    longer, until it is given up."""
    mail.refuses, world.status[PAGERDUTY] = "451 later", 403
    home.alert()
    for minutes in (5, 5, 5):
        home.look(minutes=minutes)
    assert home.pages()["duty"] == "refused"
    assert [text for text in home.said() if "duty: refused: 403" in text]
    help_ = next(text for text in home.said() if "duty could not be told: 403" in text)
    assert "<@U0ANA>" in help_
    assert home.pages()["ops by email"] == "waiting"
    assert "tried again" in "\n".join(home.said())
    mail.refuses = ""
    home.look(seconds=16)
    assert home.pages()["ops by email"] == "delivered"
    mail.refuses = "451 later"
    home.alert("Other")
    for _ in range(3):
        home.look(minutes=5)
    for _ in range(4):
        home.look(minutes=30)
    assert "failed" in home.pages().values()
    assert [text for text in home.said() if "not delivered after 4 attempts" in text]


def test_secrets_of_targets_are_shown_nowhere(home: OncallHouse, world: Outside) -> None:
    """Neither keys of the pager nor its address appear in messages or in the audit."""
    world.status[PAGERDUTY] = 400
    home.alert()
    for minutes in (5, 5, 5):
        home.look(minutes=minutes)
    said = "\n".join(home.said())
    assert "a1b2c3d4" not in said
    redacted = home.house.redactor.redact("key a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6 of it")
    assert "a1b2c3d4" not in redacted


def test_a_missing_secret_is_said(tmp_path: Path) -> None:
    """The page is tried again, for somebody may set it."""
    described = {"paging": PAGING}
    home = OncallHouse(f"sqlite:///{tmp_path / 'm.db'}", described, {}, Moved())
    home.alert()
    for minutes in (5, 5):
        home.look(minutes=minutes)
    assert home.pages() == {"ben by email": "waiting"}
    assert "env:MAIL is not set" in "\n".join(home.said())


@pytest.mark.covers("R8", "NS", only="the same on PostgreSQL")
def test_escalations_live_in_postgresql_too(postgres_server: Server) -> None:
    """Steps, an acknowledgement and another life, on the other database."""
    name = f"oncall_{uuid4().hex[:8]}"
    with postgres_server.connect("template1") as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
    url = postgres_server.url(name)
    steps = [STEPS[0], {"after": "10m", "to": ["secondary"]}]
    described = {"paging": {"policies": [{"name": "urgent", "steps": steps}]}}
    home = OncallHouse(url, described, {}, Moved())
    home.alert()
    home.look(minutes=5)
    home.open()
    home.look(minutes=5)
    assert len(home.told()) == 4
    home.house.context.alerts.acknowledge(home.key(), actor("ana"))
    home.look(minutes=5)
    assert len(home.told()) == 4


@pytest.mark.covers("R3", "NSA", only="incidents are told to the targets that are named for them")
def test_targets_are_told_of_incidents(tmp_path: Path, mail: Mail) -> None:
    """Opened, an update, resolved; of a private one nothing leaves the house."""
    described = {
        "paging": {
            "targets": {"office": {"kind": "email", "url": "env:OFFICE"}},
            "tell": [
                {
                    "events": ["incident.opened", "incident.update", "incident.resolved"],
                    "to": ["office"],
                }
            ],
        }
    }
    environment = {"OFFICE": f"{mail.url}&to=office@harbor.example"}
    home = OncallHouse(f"sqlite:///{tmp_path / 'n.db'}", described, environment, Moved())
    incidents = home.house.context.incidents
    opened = incidents.open(
        Opening(title="The quay is closed", priority=Priority.P1, stack="harbor"), actor("ana")
    )
    incidents.set_role(opened.id, actor("ana"), Role.SCRIBE, "U0BEN")
    incidents.tell(opened.id, actor("ana"), "Half of it is open again")
    incidents.turn(opened.id, actor("ana"), "resolve")
    incidents.open(
        Opening(title="Data was taken", priority=Priority.P1, stack="harbor", private=True),
        actor("ana"),
    )
    home.look()
    subjects = sorted(str(message["Subject"]) for message in mail.messages)
    assert [subject.partition("inc-1 ")[2] for subject in subjects] == [
        "open)",
        "open)",
        "resolved)",
    ]
    assert not [subject for subject in subjects if "Data was taken" in subject]
    assert "Half of it is open again" in "".join(m.get_content() for m in mail.messages)


def test_contacts_are_mentioned_by_their_ids(tmp_path: Path) -> None:
    """A user group by its id, whom nobody can mention with the reason; another policy takes over
    when the file has lost the one that it began with."""
    steps = [{"after": "1m", "to": ["contacts"]}, {"after": "1h", "to": ["ana"]}]
    described = {"paging": {"policies": [{"name": "first", "steps": steps}]}}
    contacts = {
        "ops": {"role": "Ops", "slack": "S0OPSTEAM", "hours": "always"},
        "dba": {"role": "DBA", "slack": "@dba", "hours": "always"},
    }
    stack = Stack.model_validate(
        {"name": "harbor", "environment": "prod", "channel": "C0OPSHARBOR", "contacts": contacts}
    )
    home = OncallHouse(f"sqlite:///{tmp_path / 'k.db'}", described, {}, Moved(), stack)
    home.alert()
    home.look(minutes=1)
    (said,) = home.said()
    assert "<!subteam^S0OPSTEAM>" in said
    assert "dba is @dba in Slack, which is no id to mention" in said
    home.described = {"paging": {"policies": [{"name": "second", "steps": steps}]}}
    home.open()
    home.look(minutes=1)
    home.look(minutes=1)
    assert [key for key in home.told() if ":second:1" in key]
