"""Which groups of alerts are one matter to whoever is paged. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbooks.model.thresholds import Severity
from playbooks.respond.alert import Group, GroupState
from playbooks.respond.storm import Storm

_WEIGHTS: Mapping[Severity, int] = {"critical": 2, "warning": 1, "info": 0}


@dataclass(frozen=True)
class Placed:
    """A group and where it is shown: on a card since `carded_at`, or in the digest of `storm`."""

    group: Group
    carded_at: datetime | None
    storm: str | None


@dataclass(frozen=True)
class Matter:
    """A group's episode, or all that a stack has in a storm. `began_at` is since when people could
    see it; `lead` is its worst group."""

    subject: str
    members: tuple[Placed, ...]
    unattended: bool
    began_at: datetime
    lead: Group
    storm: str | None


def matters(
    placed: Iterable[Placed], storms: Sequence[Storm], within: timedelta, now: datetime
) -> tuple[Matter, ...]:
    """Groups that fire, put together. What quiet hours hold back is none yet: nobody was told. A
    storm takes in what got its cards when it was about to begin."""
    found: dict[str, list[Placed]] = {}
    storm_of: dict[str, str | None] = {}
    for each in placed:
        if each.carded_at is None and each.storm is None:
            continue
        storm = each.storm or _just_before(each, storms, within)
        subject = subject_of(each.group, storm)
        found.setdefault(subject, []).append(each)
        storm_of[subject] = storm
    return tuple(
        _matter(subject, members, storm_of[subject], now) for subject, members in found.items()
    )


def subject_of(group: Group, storm: str | None) -> str:
    """What its escalation is called."""
    return f"storm:{storm}:{group.stack}" if storm else f"alert:{group.key}:{group.episode}"


def _just_before(placed: Placed, storms: Sequence[Storm], within: timedelta) -> str | None:
    at, channel = placed.carded_at, placed.group.channel
    fits = (
        storm.id
        for storm in storms
        if storm.channel == channel and at and storm.since - within <= at <= storm.since
    )
    return next(fits, None)


def _matter(subject: str, members: list[Placed], storm: str | None, now: datetime) -> Matter:
    waiting = [each for each in members if _waits(each.group, now)]
    taken = any(each.group.state(now) is GroupState.ACKNOWLEDGED for each in members)
    lead = max(waiting or members, key=lambda each: _rank(each.group))
    shown = [each.carded_at for each in members if each.carded_at is not None]
    return Matter(
        subject=subject,
        members=tuple(members),
        unattended=bool(waiting) and not taken,
        began_at=min(shown, default=now),
        lead=lead.group,
        storm=storm,
    )


def _waits(group: Group, now: datetime) -> bool:
    """Whether it waits for somebody. What an operation explains does not."""
    return group.state(now) is GroupState.FIRING and not group.explained_by


def _rank(group: Group) -> tuple[int, float]:
    """The most severe first, then the oldest."""
    return _WEIGHTS[group.severity], -group.since.timestamp()
