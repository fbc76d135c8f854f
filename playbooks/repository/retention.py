"""Which backups stay: grandfather, father, son, for each datastore by itself.

Pure. Whatever the rules say, the newest good backup of every datastore stays, the newest one that
was drilled stays, and what is broken stays until somebody has looked at it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

from playbooks.model.backup_rules import Retention
from playbooks.model.base import Model
from playbooks.repository.listing import Summary, Unfinished

SAFETY_LAST = 3
SAFETY_AGE = timedelta(days=7)
# An unfinished folder this old belongs to no living run.
DEAD_AFTER = timedelta(days=1)


class Ruling(Model):
    """What becomes of one backup, and why."""

    id: str
    keep: bool
    reason: str


def rule(
    backups: Sequence[Summary],
    rules: Retention,
    *,
    now: datetime,
    protected: Mapping[str, str],
    zone: tzinfo | None = None,
) -> tuple[Ruling, ...]:
    """A ruling on every backup, newest first.

    `protected` maps ids of backups, or of the runs that made them, to the reason why they stay.
    `zone` (None: this machine's) says where days, weeks and months begin.
    """
    ordered = sorted(backups, key=lambda b: (b.made_at, b.id), reverse=True)
    reasons: dict[str, str] = {}
    for backup, reason in _reasons(ordered, rules, now, protected, zone):
        reasons.setdefault(backup.id, reason)
    return tuple(
        Ruling(id=b.id, keep=b.id in reasons, reason=reasons.get(b.id, "no rule keeps it"))
        for b in ordered
    )


def dead(unfinished: Iterable[Unfinished], *, now: datetime, run: str) -> tuple[Unfinished, ...]:
    """Unfinished folders that nobody is writing any more: old ones, and those of this run."""
    return tuple(
        u
        for u in unfinished
        if u.since is not None and (now - u.since > DEAD_AFTER or u.id.endswith(f"-{run}"))
    )


def _reasons(
    ordered: Sequence[Summary],
    rules: Retention,
    now: datetime,
    protected: Mapping[str, str],
    zone: tzinfo | None,
) -> Iterable[tuple[Summary, str]]:
    for backup in ordered:
        if not backup.good:
            yield backup, f"it is broken ({backup.problem}): look at it before removing it"
        for key in (backup.id, backup.run):
            if key in protected:
                yield backup, protected[key]
    good = [b for b in ordered if b.good]
    for datastore in sorted({name for b in good for name in b.stores}):
        holding = [b for b in good if datastore in b.stores]
        yield from _of_datastore(datastore, holding, rules, zone)
        yield from _young(datastore, holding, rules.days, now)
    yield from _young_safety(good, now)


def _of_datastore(
    datastore: str, holding: Sequence[Summary], rules: Retention, zone: tzinfo | None
) -> Iterable[tuple[Summary, str]]:
    routine = [b for b in holding if b.routine]
    safety = [b for b in holding if b.origin == "safety"]
    yield holding[0], f"the last good backup of {datastore}"
    drilled = [(at, b.id, b) for b in holding if (at := b.drilled_at(datastore))]
    if drilled:
        *_, last = max(drilled, key=lambda each: each[:2])
        yield last, f"the last drilled backup of {datastore}"
    for backup in routine[: rules.last]:
        yield backup, f"one of the last {rules.last} of {datastore}"
    for backup in safety[:SAFETY_LAST]:
        yield backup, f"one of the last {SAFETY_LAST} safety backups of {datastore}"
    if not routine:
        return
    yield routine[0], f"the last good backup of {datastore}"
    for name, count, period in _periods(rules):
        for backup, when in _newest_of_each(routine, count, period, zone):
            yield backup, f"{name} backup of {datastore} for {when}"


def _young(
    datastore: str, holding: Sequence[Summary], days: int, now: datetime
) -> Iterable[tuple[Summary, str]]:
    for backup in holding:
        if backup.routine and now - backup.made_at < timedelta(days=days):
            yield backup, f"a backup of {datastore} younger than {days} days"


def _young_safety(good: Sequence[Summary], now: datetime) -> Iterable[tuple[Summary, str]]:
    for backup in good:
        if not backup.routine and now - backup.made_at < SAFETY_AGE:
            yield backup, f"a {backup.origin} backup younger than {SAFETY_AGE.days} days"


def _periods(rules: Retention) -> tuple[tuple[str, int, Callable[[date], str]], ...]:
    return (
        ("daily", rules.daily, date.isoformat),
        ("weekly", rules.weekly, lambda day: f"{day:%G-W%V}"),
        ("monthly", rules.monthly, lambda day: f"{day:%Y-%m}"),
    )


def _newest_of_each(
    ordered: Sequence[Summary], count: int, period: Callable[[date], str], zone: tzinfo | None
) -> Iterable[tuple[Summary, str]]:
    newest: dict[str, Summary] = {}
    for backup in ordered:
        newest.setdefault(period(backup.made_at.astimezone(zone).date()), backup)
    for when, backup in list(newest.items())[:count]:
        yield backup, when
