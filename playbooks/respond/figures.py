"""How people responded over some time: alerts, incidents, approvals. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import mean, median

from playbooks.model.base import Model
from playbooks.respond.incident import Incident
from playbooks.respond.measures import measured

_WEEK = timedelta(days=7)
_NO_WEEK = timedelta(hours=1)
_NOISIEST = 12


class Change(Model):
    """Something that happened to a group of alerts: `kind` is fired, acknowledged, resolved, …"""

    group: str
    stack: str
    rule: str
    at: datetime
    kind: str


class Approval(Model):
    """A request that needed approvals, and when it had them or was denied."""

    stack: str
    operation: str
    asked_at: datetime
    decided_at: datetime


class Span(Model):
    """Many times of one kind in short. None: there was none."""

    count: int
    mean: timedelta | None = None
    median: timedelta | None = None
    longest: timedelta | None = None


class Noise(Model):
    """A rule, how often its groups fired, and how many of those times nobody took care of it."""

    stack: str
    rule: str
    fired: int
    ignored: int


class Week(Model):
    """Seven days from `begins` on; the last one may not be over."""

    begins: datetime
    alerts: int
    incidents: int


class Figures(Model):
    """All that is counted between `since` and `until`."""

    since: datetime
    until: datetime
    alerts: int
    incidents: int
    alerts_acknowledged: Span
    alerts_resolved: Span
    incidents_acknowledged: Span
    incidents_mitigated: Span
    incidents_resolved: Span
    approvals: Span
    noisiest: tuple[Noise, ...]
    weeks: tuple[Week, ...]


class Episode(Model):
    """One time that a group fired."""

    stack: str
    rule: str
    fired: datetime
    acknowledged: datetime | None = None
    resolved: datetime | None = None


def counted(
    changes: Iterable[Change],
    incidents: Sequence[Incident],
    approvals: Sequence[Approval],
    since: datetime,
    until: datetime,
) -> Figures:
    """`changes` in their order. What fired, was opened or asked for before `since` does not count,
    however late it ended."""
    found = [each for each in episodes(changes) if since <= each.fired <= until]
    opened = [each for each in incidents if since <= each.opened_at <= until]
    measures = [measured(each) for each in opened]
    asked = [each for each in approvals if since <= each.asked_at <= until]
    return Figures(
        since=since,
        until=until,
        alerts=len(found),
        incidents=len(opened),
        alerts_acknowledged=span(_between(e.fired, e.acknowledged) for e in found),
        alerts_resolved=span(_between(e.fired, e.resolved) for e in found),
        incidents_acknowledged=span(each.to_acknowledge for each in measures),
        incidents_mitigated=span(each.to_mitigate for each in measures),
        incidents_resolved=span(each.to_resolve for each in measures),
        approvals=span(each.decided_at - each.asked_at for each in asked),
        noisiest=_noisiest(found),
        weeks=_weeks(found, opened, since, until),
    )


def episodes(changes: Iterable[Change]) -> Sequence[Episode]:
    """From each firing of a group to its end. A second `fired` while it fires is the same one."""
    open_: dict[str, Episode] = {}
    found: list[Episode] = []
    for change in changes:
        known = open_.get(change.group)
        if change.kind == "fired" and known is None:
            open_[change.group] = Episode(stack=change.stack, rule=change.rule, fired=change.at)
        elif known is None:
            continue
        elif change.kind == "acknowledged" and known.acknowledged is None:
            open_[change.group] = known.model_copy(update={"acknowledged": change.at})
        elif change.kind == "resolved":
            found.append(open_.pop(change.group).model_copy(update={"resolved": change.at}))
    return sorted([*found, *open_.values()], key=lambda each: each.fired)


def span(times: Iterable[timedelta | None]) -> Span:
    """Of those that came to an end."""
    seconds = [each.total_seconds() for each in times if each is not None]
    if not seconds:
        return Span(count=0)
    return Span(
        count=len(seconds),
        mean=timedelta(seconds=mean(seconds)),
        median=timedelta(seconds=median(seconds)),
        longest=timedelta(seconds=max(seconds)),
    )


def _between(earlier: datetime, later: datetime | None) -> timedelta | None:
    return None if later is None else max(later - earlier, timedelta(0))


def _noisiest(found: Sequence[Episode]) -> tuple[Noise, ...]:
    fired = Counter((each.stack, each.rule) for each in found)
    ignored: Mapping[tuple[str, str], int] = Counter(
        (each.stack, each.rule) for each in found if each.acknowledged is None
    )
    ranked = sorted(fired.items(), key=lambda each: (-each[1], each[0]))
    return tuple(
        Noise(stack=stack, rule=rule, fired=count, ignored=ignored[stack, rule])
        for (stack, rule), count in ranked[:_NOISIEST]
    )


def _weeks(
    found: Sequence[Episode], opened: Sequence[Incident], since: datetime, until: datetime
) -> tuple[Week, ...]:
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for kind, moments in enumerate(
        ([each.fired for each in found], [each.opened_at for each in opened])
    ):
        for moment in moments:
            counts[(moment - since) // _WEEK][kind] += 1
    number = max(-((since - until + _NO_WEEK) // _WEEK), 1)
    for kind, late in enumerate(counts[number]):
        counts[number - 1][kind] += late
    return tuple(
        Week(begins=since + week * _WEEK, alerts=counts[week][0], incidents=counts[week][1])
        for week in range(number)
    )
