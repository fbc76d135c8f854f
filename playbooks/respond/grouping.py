"""How alerts change the group that they belong to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from playbooks.respond.alert import Alert, Group, worse

_FLAPS_FROM = 3
_REMEMBERED = timedelta(hours=1)
_MOST_CHANGES = 50
# One that comes back this soon is the same trouble, and stays on the same card.
SAME_TROUBLE = timedelta(minutes=15)
_KEY_LENGTH = 12


@dataclass(frozen=True)
class Change:
    """What a notice says of one alert, and whether that alert was firing before; None: unknown."""

    alert: Alert
    was_firing: bool | None


def key_of(source: str, stack: str, rule: str) -> str:
    """The same for all alerts of a rule in a stack, from a source."""
    return sha256("\0".join((source, stack, rule)).encode()).hexdigest()[:_KEY_LENGTH]


def new_group(source: str, alert: Alert, channel: str, now: datetime) -> Group:
    """A group in which nothing has happened yet."""
    return Group(
        key=key_of(source, alert.stack, alert.rule),
        source=source,
        stack=alert.stack,
        rule=alert.rule,
        severity=alert.severity,
        channel=channel,
        since=alert.since,
        last_at=now,
    )


def folded(group: Group, changes: Sequence[Change], now: datetime) -> Group:
    """The group after one notice. What was known already changes nothing but when it was said."""
    begun = [change.alert for change in changes if change.alert.firing and not change.was_firing]
    ended = [change.alert for change in changes if not change.alert.firing and change.was_firing]
    fresh = sum(change.was_firing is None for change in changes)
    firing = max(0, group.firing + len(begun) - len(ended))
    if group.firing == 0 and begun:
        group = _reopened(group, begun, now)
    current = [change.alert for change in changes if change.alert.firing] or ended
    newest = current[-1] if current else None
    severity = group.severity
    for alert in begun:
        severity = worse(severity, alert.severity)
    moved = [now] if bool(group.firing) != bool(firing) else []
    return group.model_copy(
        update={
            "firing": firing,
            "seen": group.seen + fresh,
            "notices": group.notices + 1,
            "last_at": now,
            "severity": severity,
            "since": min([group.since, *(alert.since for alert in begun)]),
            "resolved_at": None if firing else group.resolved_at or _ended_at(ended, now),
            "changes": _recent((*group.changes, *moved), now),
            "version": group.version + 1,
            **(_words(newest) if newest else {}),
        }
    )


def flaps(group: Group, now: datetime) -> bool:
    """Whether it began or ended so often of late that each time is no news."""
    return len(_recent(group.changes, now)) >= _FLAPS_FROM


def speaks_anew(before: Group | None, after: Group) -> bool:
    """Whether the group needs a message of its own: it is new, or an episode of its own."""
    return before is None or before.episode != after.episode


def acknowledged(group: Group, by: str, at: datetime) -> Group:
    """Somebody takes care of it."""
    return group.model_copy(
        update={"acknowledged_by": by, "acknowledged_at": at, "version": group.version + 1}
    )


def silenced(group: Group, by: str, until: datetime | None) -> Group:
    """Nobody wants to hear of it until then; None ends that."""
    return group.model_copy(
        update={
            "silenced_by": by if until else "",
            "silenced_until": until,
            "version": group.version + 1,
        }
    )


def all_ended(group: Group, now: datetime) -> Group:
    """None of its alerts fires any more, as its source says when it is asked."""
    return group.model_copy(
        update={
            "firing": 0,
            "resolved_at": now,
            "changes": _recent((*group.changes, now), now),
            "version": group.version + 1,
        }
    )


def silence_known(group: Group, silence: str, problem: str) -> Group:
    """What the source has of a silence of ours."""
    update = {"silence": silence, "silence_problem": problem, "version": group.version + 1}
    return group.model_copy(update=update)


def _reopened(group: Group, begun: Sequence[Alert], now: datetime) -> Group:
    """Firing again: as the same trouble when it ended just now, else as one of its own."""
    if not group.seen:
        # New, or known only because it is silent: nothing of it has begun before.
        first = min(alert.since for alert in begun)
        return group.model_copy(update={"since": first, "severity": begun[0].severity})
    if group.resolved_at is None or now - group.resolved_at < SAME_TROUBLE:
        return group.model_copy(update={"resolved_at": None})
    return group.model_copy(
        update={
            "episode": group.episode + 1,
            "since": min(alert.since for alert in begun),
            "severity": begun[0].severity,
            "notices": 0,
            "resolved_at": None,
            "acknowledged_by": "",
            "acknowledged_at": None,
        }
    )


def _ended_at(ended: Sequence[Alert], now: datetime) -> datetime:
    return max((alert.ended for alert in ended if alert.ended is not None), default=now)


def _recent(changes: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(moment for moment in changes if now - moment <= _REMEMBERED)[-_MOST_CHANGES:]


def _words(alert: Alert) -> dict[str, object]:
    return {
        "labels": alert.labels,
        "summary": alert.summary,
        "value": alert.value,
        "source_url": alert.source_url,
        "runbook_url": alert.runbook_url,
    }
