"""The work on an incident in phases: clocks from its opening, checklists, and what is overdue.

Pure: the time and what was seen come in, another checklist goes out.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.checks import HealthCheck, IncidentCheck, PhaseItem, Ticked
from playbooks.model.routines import Phase
from playbooks.respond.checking.finding import Finding, Verdict, green, red
from playbooks.respond.incident import Incident, IncidentState, Role
from playbooks.respond.review import Review

USUAL_KIND = "incident"
BOT = "interlock"
"""Who ticked what was found by a check."""

_PATIENCE = timedelta(days=14)

USUAL = (
    Phase(
        name="Initial response",
        until=timedelta(minutes=15),
        items=(
            IncidentCheck(text="Acknowledge the incident", check="incident", holds="acknowledged"),
            Ticked(text="Assess its severity (P1–P4)"),
            IncidentCheck(text="Notify who is concerned", check="incident", holds="told"),
            Ticked(text="Begin the investigation"),
        ),
    ),
    Phase(
        name="Investigation",
        until=timedelta(hours=1),
        items=(
            Ticked(text="Identify the cause"),
            IncidentCheck(text="Put a temporary fix in place", check="incident", holds="mitigated"),
            Ticked(text="Test whether it helps"),
        ),
    ),
    Phase(
        name="Resolution",
        until=timedelta(hours=4),
        items=(
            Ticked(text="Deploy the lasting fix"),
            HealthCheck(text="Verify that all services are healthy", check="health"),
            Ticked(text="Tell users that it is resolved"),
        ),
    ),
    Phase(
        name="Afterwards",
        until=timedelta(days=1),
        items=(
            IncidentCheck(text="Write the post-mortem", check="incident", holds="reviewed"),
            Ticked(text="Update runbooks"),
            Ticked(text="Share what was learned"),
        ),
    ),
)
"""The phases where a stack file has none."""


class Tick(Model):
    """An item is done: who found so, and when. `note` is what a check saw."""

    by: str
    at: datetime
    note: str = ""


class Seen(Model):
    """What a check saw of something that is not done yet."""

    finding: Finding
    at: datetime


class Task(Model):
    """One thing to do. `tick` says that it is done; `seen` is what a check saw before that.
    `by_hand`: somebody took a tick back, so that only people tick it from then on."""

    what: PhaseItem
    by_hand: bool = False
    tick: Tick | None = None
    seen: Seen | None = None

    @property
    def text(self) -> str:
        return self.what.text

    @property
    def checked(self) -> bool:
        """Whether the bot can look at it."""
        return self.what.check != "people"


class Stage(Model):
    """A phase of one incident. `until` counts from the opening; None: it has no clock.
    `asked_at` is when those at work were told that it is overdue."""

    name: str
    until: timedelta | None = None
    items: tuple[Task, ...]
    asked_at: datetime | None = None

    @property
    def left(self) -> tuple[Task, ...]:
        return tuple(item for item in self.items if item.tick is None)

    @property
    def done(self) -> bool:
        return not self.left


class Checklist(Model):
    """The phases of one incident, as the stack file had them when it was opened. `at_stage` is the
    one whose time it was when somebody last looked."""

    incident: str
    stack: str = ""
    opened_at: datetime
    stages: tuple[Stage, ...]
    at_stage: int = 0
    closed: bool = False
    version: int = 1


class Place(NamedTuple):
    """Which item: of which stage, both counted from 0."""

    stage: int
    item: int

    @property
    def shown(self) -> str:
        """`2.3`, as people type it."""
        return f"{self.stage + 1}.{self.item + 1}"


def phases_for(kind: str, incidents: dict[str, tuple[Phase, ...]]) -> tuple[Phase, ...]:
    """The phases of that kind of incident, or the usual ones: the stack's, else ours."""
    return incidents.get(kind) or incidents.get(USUAL_KIND) or USUAL


def begun(incident: Incident, phases: Sequence[Phase]) -> Checklist:
    """All there is to do about an incident that was just opened."""
    stages = tuple(
        Stage(
            name=phase.name,
            until=phase.until,
            items=tuple(Task(what=item) for item in phase.items),
        )
        for phase in phases
    )
    return Checklist(
        incident=incident.id, stack=incident.stack, opened_at=incident.opened_at, stages=stages
    )


def place_of(checklist: Checklist, text: str) -> Place:
    """From `2.3`. Raises BadArgument with the places there are."""
    stage, _, item = text.partition(".")
    if stage.isdecimal() and item.isdecimal():
        place = Place(int(stage) - 1, int(item) - 1)
        if _there(checklist, place):
            return place
    raise BadArgument(
        f"{checklist.incident} has no item {text!r}.",
        f"They are counted like 1.1; the last one is {_last(checklist).shown}.",
    )


def ticked(checklist: Checklist, place: Place, tick: Tick) -> Checklist:
    """The item is done. One that is done already stays as it was first."""
    item = item_at(checklist, place)
    if item.tick is not None:
        return checklist
    return _with_item(checklist, place, item.model_copy(update={"tick": tick, "seen": None}))


def unticked(checklist: Checklist, place: Place) -> Checklist:
    """It is to be done after all; no check ticks it again."""
    item = item_at(checklist, place)
    if item.tick is None:
        return checklist
    fresh = item.model_copy(update={"tick": None, "by_hand": True})
    return _with_item(checklist, place, fresh)


def looked_at(checklist: Checklist, place: Place, finding: Finding, now: datetime) -> Checklist:
    """A check looked: what is as it should be is done, unless people have to say so themselves;
    else what was seen stands beside it."""
    task = item_at(checklist, place)
    if finding.verdict is Verdict.GREEN and not (task.what.asked or task.by_hand):
        return ticked(checklist, place, Tick(by=BOT, at=now, note=finding.said))
    if task.tick is not None or (task.seen is not None and task.seen.finding == finding):
        return checklist
    seen = Seen(finding=finding, at=now)
    return _with_item(checklist, place, task.model_copy(update={"seen": seen}))


def standing(check: IncidentCheck, incident: Incident, review: Review) -> Finding:
    """What the incident itself shows."""
    if check.holds == "reviewed":
        if review.cause:
            return green(f"written down by {review.edited_by}")
        return red(f"`/ops postmortem {incident.id} --cause …` writes the cause down")
    held = {
        "acknowledged": (incident.acknowledged_at, "nobody took it on"),
        "led": (incident.roles.get(Role.COMMANDER), "nobody commands it"),
        "told": (incident.told_at, "nobody told those who wait for news"),
        "mitigated": (incident.mitigated_at or incident.resolved_at, "it goes on"),
        "resolved": (incident.resolved_at, "it is not over"),
    }
    holds, lacking = held[check.holds]
    return green(check.holds) if holds else red(lacking)


def item_at(checklist: Checklist, place: Place) -> Task:
    """Raises BadArgument for a place that is not there."""
    if not _there(checklist, place):
        raise BadArgument(f"{checklist.incident} has no item {place.shown}.")
    return checklist.stages[place.stage].items[place.item]


def due(checklist: Checklist, stage: int) -> datetime | None:
    """When the stage should be done."""
    until = checklist.stages[stage].until
    return None if until is None else checklist.opened_at + until


def current(checklist: Checklist, now: datetime) -> int:
    """The stage whose time it is: the first that is neither over by its clock nor done; where all
    are, the last."""
    for number, stage in enumerate(checklist.stages):
        ends = due(checklist, number)
        if not stage.done and (ends is None or now < ends):
            return number
    return len(checklist.stages) - 1


def moved(checklist: Checklist, now: datetime) -> Checklist:
    """With the stage whose time it is now."""
    at_stage = current(checklist, now)
    if at_stage == checklist.at_stage:
        return checklist
    return _changed(checklist, at_stage=at_stage)


def closed(checklist: Checklist) -> Checklist:
    """Nobody goes through it any more."""
    return checklist if checklist.closed else _changed(checklist, closed=True)


def taken_up(checklist: Checklist) -> Checklist:
    """Its incident was opened again."""
    return _changed(checklist, closed=False) if checklist.closed else checklist


def to_look_at(checklist: Checklist, now: datetime) -> Sequence[Place]:
    """Items that a check can find done, of the stages that have begun."""
    return [
        place
        for place, item in _items(checklist)
        if item.checked and item.tick is None and place.stage <= current(checklist, now)
    ]


def overdue(checklist: Checklist, incident: Incident, now: datetime) -> Sequence[int]:
    """Stages whose time is over with something left to do, and that nobody was asked about.

    Once it is resolved, only what comes last is still asked for; once it is closed, nothing.
    """
    if incident.state is IncidentState.CLOSED:
        return []
    last = len(checklist.stages) - 1
    resolved = incident.state is IncidentState.RESOLVED
    return [
        number
        for number, stage in enumerate(checklist.stages)
        if stage.asked_at is None
        and not stage.done
        and (ends := due(checklist, number)) is not None
        and ends <= now
        and (number == last or not resolved)
    ]


def given_up(checklist: Checklist, incident: Incident, now: datetime) -> bool:
    """Whether nobody goes through it any more: the incident is closed, or was resolved and the last
    clock ran out long ago."""
    if incident.state is IncidentState.CLOSED:
        return True
    return incident.state is IncidentState.RESOLVED and now > _last_clock(checklist) + _PATIENCE


def worth_looking(checklist: Checklist, incident: Incident, now: datetime) -> bool:
    """Whether checks should still look: while it goes on, then until the last clock runs out."""
    if incident.state in {IncidentState.OPEN, IncidentState.MITIGATED}:
        return True
    return incident.state is IncidentState.RESOLVED and now <= _last_clock(checklist)


def asked(checklist: Checklist, stages: Sequence[int], now: datetime) -> Checklist:
    """Those at work have been told that these stages are overdue."""
    fresh = tuple(
        stage.model_copy(update={"asked_at": now}) if number in stages else stage
        for number, stage in enumerate(checklist.stages)
    )
    return _newer(checklist, fresh)


def spans(checklist: Checklist) -> Sequence[tuple[str, datetime, datetime]]:
    """Stages with a clock: name, when each begins and ends."""
    ends = [checklist.opened_at + each.until for each in checklist.stages if each.until]
    named = [each.name for each in checklist.stages if each.until]
    latest = list(accumulate([checklist.opened_at, *ends], max))
    return [
        (name, begins, finishes)
        for name, begins, finishes in zip(named, latest, latest[1:], strict=False)
        if begins < finishes
    ]


def counts(checklist: Checklist) -> tuple[int, int]:
    """How many items are done, and how many there are."""
    items = [item for _, item in _items(checklist)]
    return sum(item.tick is not None for item in items), len(items)


def _last_clock(checklist: Checklist) -> datetime:
    clocks = [stage.until for stage in checklist.stages if stage.until is not None]
    return checklist.opened_at + max(clocks, default=timedelta(0))


def _items(checklist: Checklist) -> Iterator[tuple[Place, Task]]:
    for at, stage in enumerate(checklist.stages):
        for number, item in enumerate(stage.items):
            yield Place(at, number), item


def _there(checklist: Checklist, place: Place) -> bool:
    stages = checklist.stages
    return 0 <= place.stage < len(stages) and 0 <= place.item < len(stages[place.stage].items)


def _last(checklist: Checklist) -> Place:
    return Place(len(checklist.stages) - 1, len(checklist.stages[-1].items) - 1)


def _with_item(checklist: Checklist, place: Place, item: Task) -> Checklist:
    stage = checklist.stages[place.stage]
    items = (*stage.items[: place.item], item, *stage.items[place.item + 1 :])
    fresh = stage.model_copy(update={"items": items})
    before, after = checklist.stages[: place.stage], checklist.stages[place.stage + 1 :]
    return _newer(checklist, (*before, fresh, *after))


def _newer(checklist: Checklist, stages: tuple[Stage, ...]) -> Checklist:
    return _changed(checklist, stages=stages)


def _changed(checklist: Checklist, **values: object) -> Checklist:
    return checklist.model_copy(update={**values, "version": checklist.version + 1})
