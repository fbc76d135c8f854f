"""The course of an incident: states, clocks, names, and whose things that happen are."""

from datetime import UTC, datetime, timedelta

import pytest

from playbooks.errors import Refused
from playbooks.model.stakeholders import Stakeholders
from playbooks.respond import course
from playbooks.respond.belonging import belongs_to
from playbooks.respond.course import Turn
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.incident_rules import IncidentRules

OPENED = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)
LATER = OPENED + timedelta(minutes=20)
OPEN, MITIGATED, RESOLVED, CLOSED = IncidentState


def incident(**changes: object) -> Incident:
    given = {
        "id": "inc-7",
        "title": "Payments fail",
        "priority": Priority.P1,
        "stack": "harbor",
        "opened_by": "ana",
        "opened_at": OPENED,
        "detected_at": OPENED,
    }
    return Incident.model_validate({**given, **changes})


@pytest.mark.parametrize(
    ("state", "turn", "after"),
    [
        (OPEN, "mitigate", MITIGATED),
        (OPEN, "resolve", RESOLVED),
        (OPEN, "close", None),
        (OPEN, "reopen", OPEN),
        (MITIGATED, "mitigate", MITIGATED),
        (MITIGATED, "resolve", RESOLVED),
        (MITIGATED, "reopen", OPEN),
        (MITIGATED, "close", None),
        (RESOLVED, "mitigate", None),
        (RESOLVED, "close", CLOSED),
        (RESOLVED, "reopen", OPEN),
        (CLOSED, "resolve", None),
        (CLOSED, "reopen", OPEN),
    ],
)
def test_states_follow_each_other(
    state: IncidentState, turn: Turn, after: IncidentState | None
) -> None:
    """What is no step is refused; what is so already changes nothing."""
    before = incident(state=state)
    if after is None:
        with pytest.raises(Refused):
            course.turned(before, turn, LATER)
        return
    turned = course.turned(before, turn, LATER)
    assert turned.state is after
    assert turned.version == before.version + (state is not after)


def test_taking_command_takes_it_on_once() -> None:
    """The first commander is when it was acknowledged; giving the role away changes no clock."""
    taken = course.assigned(incident(), Role.COMMANDER, "U0BEN", LATER)
    again = course.assigned(taken, Role.COMMANDER, "", LATER + timedelta(hours=1))
    assert taken.acknowledged_at == again.acknowledged_at == LATER
    assert again.roles == {}
    assert course.assigned(incident(), Role.SCRIBE, "U0BEN", LATER).acknowledged_at is None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Payments fail", "inc-7-payments-fail"),
        ("Zahlung schl\u00e4gt fehl!", "inc-7-zahlung-schlagt-fehl"),
        ("\u652f\u6255\u3044", "inc-7"),
        ("a" * 90, f"inc-7-{'a' * 54}"),
    ],
)
def test_channels_have_names_that_slack_takes(title: str, name: str) -> None:
    """Small letters, digits and dashes, short."""
    assert course.channel_name(incident(title=title)) == name


@pytest.mark.parametrize(
    ("changes", "of_stack", "minutes"),
    [
        ({}, {}, 30),
        ({"priority": "P2"}, {}, 60),
        ({"priority": "P3"}, {}, 240),
        ({"priority": "P4"}, {}, None),
        ({}, {"P1": "10m"}, 10),
        ({"told_at": LATER}, {}, 50),
        ({"state": "mitigated"}, {}, 30),
        ({"state": "resolved"}, {}, None),
    ],
)
def test_updates_are_due_by_the_severity(
    changes: dict[str, object], of_stack: dict[str, str], minutes: int | None
) -> None:
    """Counted from the last update, over the night when clocks are put ahead, too."""
    given = incident(**changes)
    stakeholders = Stakeholders.model_validate({"updates": of_stack})
    every = IncidentRules().updates_every(given.priority, stakeholders)
    due = None if minutes is None else OPENED + timedelta(minutes=minutes)
    assert course.update_due(given, every) == due


@pytest.mark.parametrize(
    ("happened", "ids"),
    [
        ({"stack": "harbor"}, ["inc-1", "inc-2"]),
        ({"stack": "harbor", "group": "g1"}, ["inc-1"]),
        ({"stack": "harbor", "group": "g9"}, ["inc-1", "inc-2"]),
        ({"stack": "harbor", "incident": "inc-3"}, ["inc-3"]),
        ({"stack": "relica"}, []),
        ({"stack": ""}, []),
        ({"stack": "", "group": "g1"}, ["inc-1"]),
    ],
)
def test_what_happens_belongs_to(happened: dict[str, str], ids: list[str]) -> None:
    """One that is named, those that have the group, else all that go on there."""
    known = [
        incident(id="inc-1", alerts=("g1",)),
        incident(id="inc-2"),
        incident(id="inc-3", state="resolved"),
        incident(id="inc-4", stack=""),
    ]
    given = {name: value for name, value in happened.items() if name != "stack"}
    assert list(belongs_to(known, happened["stack"], **given)) == ids
