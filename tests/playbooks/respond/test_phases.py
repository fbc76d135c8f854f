"""Phases: their clocks, what is ticked by whom, what is asked for and when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from playbooks.errors import BadArgument
from playbooks.model.checks import HealthCheck, IncidentCheck, Ticked
from playbooks.model.routines import Phase
from playbooks.model.stack_file import load_stack
from playbooks.respond import phases
from playbooks.respond.checking.finding import green, red
from playbooks.respond.incident import Incident, IncidentState, Priority, Role
from playbooks.respond.phases import Checklist, Place, Tick
from playbooks.respond.review import Review

STACKS = Path(__file__).parents[3] / "playbooks" / "stacks"
OPENED = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PHASES = (
    Phase(name="First", until=15 * MINUTE, items=(Ticked(text="a"), Ticked(text="b"))),
    Phase(
        name="Then",
        until=60 * MINUTE,
        items=(
            HealthCheck(text="well", check="health"),
            HealthCheck(text="well, say people", check="health", ask=True),
        ),
    ),
    Phase(name="Whenever", items=(Ticked(text="c"),)),
    Phase(name="Next day", until=timedelta(days=1), items=(Ticked(text="d"),)),
)


def incident(**values: object) -> Incident:
    known: dict[str, object] = {
        "id": "inc-1",
        "title": "It is slow",
        "priority": Priority.P2,
        "opened_by": "ana",
        "opened_at": OPENED,
        "detected_at": OPENED,
    }
    return Incident.model_validate(known | values)


def begun() -> Checklist:
    return phases.begun(incident(), PHASES)


def done(checklist: Checklist, *places: tuple[int, int]) -> Checklist:
    for place in places:
        checklist = phases.ticked(checklist, Place(*place), Tick(by="ana", at=OPENED))
    return checklist


@pytest.mark.parametrize(
    ("minutes", "ticked", "stage"),
    [
        (0, [], 0),
        (14.9, [], 0),
        (15, [], 1),
        (3, [(0, 0), (0, 1)], 1),
        (59, [(0, 0)], 1),
        (61, [], 2),
        (61, [(2, 0)], 3),
        (3000, [(2, 0)], 3),
    ],
)
def test_whose_time_it_is(minutes: float, ticked: list[tuple[int, int]], stage: int) -> None:
    """The first phase that is neither over by its clock nor done; one without a clock lasts until
    it is done; at the end, the last one."""
    checklist = done(begun(), *ticked)
    assert phases.current(checklist, OPENED + minutes * MINUTE) == stage


@pytest.mark.covers("R5", "S", only="clocks")
@pytest.mark.parametrize(
    ("minutes", "state", "ticked", "late"),
    [
        (14, IncidentState.OPEN, [], []),
        (15, IncidentState.OPEN, [], [0]),
        (15, IncidentState.OPEN, [(0, 0), (0, 1)], []),
        (70, IncidentState.OPEN, [], [0, 1]),
        (70, IncidentState.MITIGATED, [(0, 0), (0, 1)], [1]),
        (70, IncidentState.RESOLVED, [], []),
        (1441, IncidentState.RESOLVED, [], [3]),
        (1441, IncidentState.OPEN, [], [0, 1, 3]),
        (1441, IncidentState.CLOSED, [], []),
    ],
)
def test_what_is_asked_for(
    minutes: float, state: IncidentState, ticked: list[tuple[int, int]], late: list[int]
) -> None:
    """Phases whose time is over with something left; once it is resolved only the last one, once it
    is closed none, and none twice."""
    now, its = OPENED + minutes * MINUTE, incident(state=state)
    checklist = done(begun(), *ticked)
    assert list(phases.overdue(checklist, its, now)) == late
    asked = phases.asked(checklist, late, now)
    assert not phases.overdue(asked, its, now)
    assert not set(phases.overdue(asked, its, now + timedelta(days=9))) & set(late)


def test_a_tick_says_who_and_when_and_stays_the_first() -> None:
    """A second tick changes nothing, also not the version."""
    first = phases.ticked(begun(), Place(0, 0), Tick(by="ana", at=OPENED))
    assert phases.item_at(first, Place(0, 0)).tick == Tick(by="ana", at=OPENED)
    assert first.version == begun().version + 1
    assert phases.ticked(first, Place(0, 0), Tick(by="ben", at=OPENED + MINUTE)) == first
    assert phases.counts(first) == (1, 6)
    back = phases.unticked(first, Place(0, 0))
    assert phases.counts(back) == (0, 6)
    assert phases.unticked(back, Place(0, 0)) == back


def test_checks_tick_what_is_well_and_say_what_is_not() -> None:
    """Red and unknown are shown beside it; green ticks with what was seen, unless people have to,
    or somebody took that tick back."""
    checklist, now = begun(), OPENED + 20 * MINUTE
    places = list(phases.to_look_at(checklist, now))
    assert places == [Place(1, 0), Place(1, 1)]
    assert list(phases.to_look_at(checklist, OPENED)) == []
    shown = phases.looked_at(checklist, Place(1, 0), red("2 of 3"), now)
    seen = phases.item_at(shown, Place(1, 0)).seen
    assert seen is not None and seen.finding == red("2 of 3")
    assert phases.looked_at(shown, Place(1, 0), red("2 of 3"), now + MINUTE) == shown
    well = phases.looked_at(shown, Place(1, 0), green("3 of 3"), now)
    assert phases.item_at(well, Place(1, 0)).tick == Tick(by="interlock", at=now, note="3 of 3")
    by_people = phases.looked_at(well, Place(1, 1), green("3 of 3"), now)
    assert phases.item_at(by_people, Place(1, 1)).tick is None
    back = phases.unticked(well, Place(1, 0))
    again = phases.looked_at(back, Place(1, 0), green("3 of 3"), now)
    assert phases.item_at(again, Place(1, 0)).tick is None


def test_the_incident_itself_is_looked_at() -> None:
    """Each thing that can hold is found once it does."""
    over = incident(
        acknowledged_at=OPENED,
        told_at=OPENED,
        mitigated_at=OPENED,
        resolved_at=OPENED,
        roles={Role.COMMANDER: "U0ANA"},
    )
    written = Review(incident="inc-1", cause="The pool was full", edited_by="ana")
    for holds in ("acknowledged", "led", "told", "mitigated", "resolved", "reviewed"):
        check = IncidentCheck.model_validate({"text": "x", "check": "incident", "holds": holds})
        before = phases.standing(check, incident(), Review(incident="inc-1"))
        assert before == red(before.said)
        after = phases.standing(check, over, written)
        assert after == green(after.said)


@pytest.mark.parametrize(
    ("state", "days", "looks", "over"),
    [
        (IncidentState.OPEN, 40, True, False),
        (IncidentState.MITIGATED, 40, True, False),
        (IncidentState.RESOLVED, 0.9, True, False),
        (IncidentState.RESOLVED, 1.1, False, False),
        (IncidentState.RESOLVED, 16, False, True),
        (IncidentState.CLOSED, 0.1, False, True),
    ],
)
def test_for_how_long_somebody_looks(
    state: IncidentState, days: float, looks: bool, over: bool
) -> None:
    """While it goes on; once it is resolved until the last clock runs out; what nobody closes is
    given up two weeks later."""
    now, its = OPENED + timedelta(days=days), incident(state=state)
    assert phases.worth_looking(begun(), its, now) is looks
    assert phases.given_up(begun(), its, now) is over


def test_places_are_counted_from_one() -> None:
    """`2.1` is the first item of the second phase; what is not there is named with what is."""
    assert phases.place_of(begun(), "2.1") == Place(1, 0)
    for wrong in ("0.1", "1.0", "1.3", "9.1", "x", "1", ""):
        with pytest.raises(BadArgument, match=r"the last one is 4\.1"):
            phases.place_of(begun(), wrong)


def test_the_usual_phases_and_those_of_a_kind() -> None:
    """A kind's own, else the stack's for any incident, else ours: 15 min, 1 h, 4 h, a day."""
    mine = {"incident": PHASES[:1], "data-breach": PHASES[1:]}
    assert phases.phases_for("data-breach", mine) == PHASES[1:]
    assert phases.phases_for("", mine) == PHASES[:1]
    assert phases.phases_for("unheard-of", mine) == PHASES[:1]
    ours = phases.phases_for("", {})
    assert [each.until for each in ours] == [15 * MINUTE, 60 * MINUTE, 240 * MINUTE, 1440 * MINUTE]


def test_spans_follow_each_other() -> None:
    """What is shaded in pictures: from the end of the one before, without those without clocks."""
    found = phases.spans(begun())
    assert [(name, begins - OPENED, ends - OPENED) for name, begins, ends in found] == [
        ("First", timedelta(0), 15 * MINUTE),
        ("Then", 15 * MINUTE, 60 * MINUTE),
        ("Next day", 60 * MINUTE, timedelta(days=1)),
    ]


@pytest.mark.parametrize("file", sorted(STACKS.glob("*.yaml")), ids=lambda each: each.stem)
def test_the_shipped_stacks_have_phases_that_begin(file: Path) -> None:
    """Of every kind they name, and the usual ones; those without clocks are never asked for."""
    stack = load_stack(file)
    for kind in ("", *stack.incidents):
        of_kind = phases.phases_for(kind, stack.incidents)
        checklist = phases.begun(incident(kind=kind), of_kind)
        done_, all_ = phases.counts(checklist)
        assert (done_, bool(all_)) == (0, True)
        clocks = [each for each in of_kind if each.until]
        late = phases.overdue(checklist, incident(), OPENED + timedelta(days=400))
        assert len(late) == len(clocks)
