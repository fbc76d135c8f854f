"""How well a stack's data is protected: pure, from what its repository holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from playbooks.datastores.catalogue import can_be_drilled
from playbooks.model.drill import DrillNote
from playbooks.model.objectives import Scenario
from playbooks.model.stack import Stack
from playbooks.repository.listing import Summary

_USUAL = 14
_FEWEST = 3
_UNUSUAL = 0.5


@dataclass(frozen=True)
class Drilled:
    """A rehearsed restore of one datastore, and the backup it was of."""

    backup: str
    note: DrillNote


@dataclass(frozen=True)
class Standing:
    """One datastore against its stack's objectives. Seconds; None where nothing is known.

    `newest` is its newest good backup, safety backups left aside as `latest` does. `restore` is
    what the newest restore took, or, where there was none, the newest good drill. `drill` is the
    newest drill, however it ended; `drill_age` how long ago one passed. `on_change` says that it is
    backed up when it changes: then the age of a backup is no loss, and has no objective.
    """

    datastore: str
    newest: Summary | None
    age: float | None
    age_objective: float | None
    restore: float | None
    restore_objective: float | None
    drill: Drilled | None = None
    drill_age: float | None = None
    drill_objective: float | None = None
    on_change: bool = False

    @property
    def too_old(self) -> bool:
        """Whether more would be lost than the objective allows."""
        return _over(self.age, self.age_objective)

    @property
    def too_slow(self) -> bool:
        return _over(self.restore, self.restore_objective)

    @property
    def drill_failed(self) -> bool:
        return self.drill is not None and not self.drill.note.passed

    @property
    def drill_overdue(self) -> bool:
        """Whether the last drill that passed is too long ago. One that never was is not told by
        this: that takes how long the stack is known."""
        return _over(self.drill_age, self.drill_objective)


def good_backups(backups: Sequence[Summary], datastore: str) -> tuple[Summary, ...]:
    """Those that hold the datastore whole, newest first."""
    fitting = (b for b in backups if b.good and b.routine and datastore in b.stores)
    return tuple(sorted(fitting, key=lambda backup: backup.made_at, reverse=True))


def finished_before(backups: Sequence[Summary], datastore: str, moment: datetime) -> Summary | None:
    """The newest good one of the datastore that was written, and compared with what was written,
    before that moment."""
    done = (
        each
        for each in good_backups(backups, datastore)
        if each.made_at + timedelta(seconds=each.stores[datastore].seconds) < moment
    )
    return next(done, None)


def drills(backups: Sequence[Summary], datastore: str) -> tuple[Drilled, ...]:
    """The drills that are noted of the datastore, newest first."""
    noted = [
        Drilled(backup.id, backup.drills[datastore])
        for backup in backups
        if datastore in backup.drills
    ]
    return tuple(sorted(noted, key=lambda drilled: drilled.note.at, reverse=True))


def drilled_within(stack: Stack, datastore: str) -> timedelta | None:
    """How old the last good drill of the datastore may become; None when nothing says so."""
    rules = stack.drill
    if rules is None or not can_be_drilled(stack, datastore):
        return None
    if rules.schedule is not None and datastore not in stack.scheduled(rules.schedule):
        return None
    return rules.due_within


def standings(
    stack: Stack, backups: Sequence[Summary], restores: Mapping[str, float], now: datetime
) -> tuple[Standing, ...]:
    """Every datastore; `restores` are measured seconds."""
    return tuple(
        _standing(stack, name, backups, restores.get(name), now) for name in stack.datastores
    )


def _standing(
    stack: Stack, name: str, backups: Sequence[Summary], restored: float | None, now: datetime
) -> Standing:
    newest = next(iter(good_backups(backups, name)), None)
    noted = drills(backups, name)
    unchanged = newest is not None and _on_change(stack, name)
    passed = next((each.note for each in noted if each.note.passed), None)
    rehearsed = passed.seconds if passed else None
    return Standing(
        datastore=name,
        newest=newest,
        age=(now - newest.made_at).total_seconds() if newest else None,
        age_objective=None if unchanged else _seconds(stack.objectives.rpo_of(name)),
        restore=restored if restored is not None else rehearsed,
        restore_objective=_seconds(stack.objectives.rto),
        drill=next(iter(noted), None),
        drill_age=(now - passed.at).total_seconds() if passed else None,
        drill_objective=_seconds(drilled_within(stack, name)),
        on_change=unchanged,
    )


def _on_change(stack: Stack, name: str) -> bool:
    schedules = stack.backup.schedules.values() if stack.backup else ()
    return any(each.on_change and name in stack.scheduled(each) for each in schedules)


@dataclass(frozen=True)
class ScenarioStanding:
    """A kind of trouble against what it may cost. `age` is that of the oldest of the newest good
    backups, `restore` the sum of what restores take; None where one of them is not known, and
    where nothing may be lost: then no backup is what helps."""

    name: str
    scenario: Scenario
    age: float | None
    restore: float | None

    @property
    def missed(self) -> tuple[str, ...]:
        """RPO, RTO, both or none."""
        rpo = _over(self.age, _seconds(self.scenario.rpo))
        rto = _over(self.restore, _seconds(self.scenario.rto))
        return tuple(word for word, late in (("RPO", rpo), ("RTO", rto)) if late)


def scenarios(stack: Stack, found: Sequence[Standing]) -> tuple[ScenarioStanding, ...]:
    """Every scenario of the stack, over its own datastores, or over all."""
    return tuple(_scenario(n, s, found) for n, s in stack.objectives.scenarios.items())


def _scenario(name: str, scenario: Scenario, found: Sequence[Standing]) -> ScenarioStanding:
    held = [s for s in found if not scenario.datastores or s.datastore in scenario.datastores]
    ageing = [standing for standing in held if not standing.on_change]
    old = [standing.age for standing in ageing if standing.age is not None]
    took = [standing.restore for standing in held if standing.restore is not None]
    lossless = scenario.rpo == timedelta(0)
    return ScenarioStanding(
        name=name,
        scenario=scenario,
        age=max(old) if old and len(old) == len(ageing) and not lossless else None,
        restore=sum(took) if took and len(took) == len(held) and not lossless else None,
    )


def ages(
    backups: Sequence[Summary], datastore: str, now: datetime, span: timedelta
) -> tuple[tuple[datetime, float], ...]:
    """The age in seconds of the newest good backup, as corners of a line over the last `span`.

    It climbs until the next backup, where there are two corners: the age before and nought.
    """
    made = [b.made_at for b in reversed(good_backups(backups, datastore))]
    begin = now - span
    corners: list[tuple[datetime, float]] = []
    last = next((m for m in reversed(made) if m <= begin), None)
    if last is not None:
        corners.append((begin, (begin - last).total_seconds()))
    for moment in (m for m in made if m > begin):
        if last is not None:
            corners.append((moment, (moment - last).total_seconds()))
        corners.append((moment, 0.0))
        last = moment
    if last is not None:
        corners.append((now, (now - last).total_seconds()))
    return tuple(corners)


def unusual_size(backup: Summary, datastore: str, backups: Sequence[Summary]) -> float | None:
    """The usual size in bytes of what the datastore gave, when this backup's is far from it.

    None when it is as usual, or there are too few earlier ones to say.
    """
    earlier = [b for b in good_backups(backups, datastore) if b.made_at < backup.made_at]
    sizes = [b.stores[datastore].bytes for b in earlier[:_USUAL]]
    if len(sizes) < _FEWEST:
        return None
    usual = float(median(sizes))
    size = backup.stores[datastore].bytes
    return usual if abs(size - usual) > _UNUSUAL * max(usual, 1.0) else None


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None


def _over(measured: float | None, objective: float | None) -> bool:
    return measured is not None and objective is not None and measured > objective
