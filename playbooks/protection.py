"""How well a stack's data is protected: pure, from what its repository holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from playbooks.model.stack import Stack
from playbooks.repository.catalogue import Summary

_USUAL = 14
_FEWEST = 3
_UNUSUAL = 0.5


@dataclass(frozen=True)
class Standing:
    """One datastore against its stack's objectives. Seconds; None where nothing is known.

    `newest` is its newest good backup, safety backups left aside as `latest` does.
    """

    datastore: str
    newest: Summary | None
    age: float | None
    age_objective: float | None
    restore: float | None
    restore_objective: float | None

    @property
    def too_old(self) -> bool:
        """Whether more would be lost than the objective allows."""
        return _over(self.age, self.age_objective)

    @property
    def too_slow(self) -> bool:
        return _over(self.restore, self.restore_objective)


def good_backups(backups: Sequence[Summary], datastore: str) -> tuple[Summary, ...]:
    """Those that hold the datastore whole, newest first."""
    fitting = (b for b in backups if b.good and b.routine and datastore in b.stores)
    return tuple(sorted(fitting, key=lambda backup: backup.made_at, reverse=True))


def standings(
    stack: Stack, backups: Sequence[Summary], restores: Mapping[str, float], now: datetime
) -> tuple[Standing, ...]:
    """Every datastore; `restores` are measured seconds."""
    return tuple(
        Standing(
            datastore=name,
            newest=newest,
            age=(now - newest.made_at).total_seconds() if newest else None,
            age_objective=_seconds(stack.objectives.rpo),
            restore=restores.get(name),
            restore_objective=_seconds(stack.objectives.rto),
        )
        for name in stack.datastores
        for newest in [next(iter(good_backups(backups, name)), None)]
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
