"""When a channel gets one digest instead of many cards. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from playbooks.model.base import Model
from playbooks.respond import sources
from playbooks.respond.alert import Group

_TOP = 3


class Storm(Model):
    """So many groups at once in a channel that one digest speaks for them. `paged` are the stacks
    whose first critical group got a card of its own all the same."""

    id: str
    channel: str
    since: datetime
    last_new_at: datetime
    ended_at: datetime | None = None
    paged: tuple[str, ...] = ()
    version: int = 1


@dataclass(frozen=True)
class Flow:
    """What a channel has been told: how many cards of alerts of late, and the storm there is."""

    cards: int
    storm: Storm | None = None


def begins(flow: Flow, rules: sources.Storm) -> bool:
    """Whether one more group is too many."""
    return flow.storm is None and flow.cards >= rules.groups


def gets_a_card(group: Group, storm: Storm) -> bool:
    """Whether a group gets a card in a storm: the first critical one of its stack does."""
    return group.severity == "critical" and group.stack not in storm.paged


def is_over(storm: Storm, rules: sources.Storm, now: datetime) -> bool:
    """Whether it has been quiet for long enough."""
    return storm.ended_at is None and now - storm.last_new_at >= rules.quiet


@dataclass(frozen=True)
class Heap:
    """The groups of one stack in a storm, counted. `labels` are the most frequent ones."""

    stack: str
    groups: int
    firing: int
    critical: int
    alerts: int
    first: datetime
    last: datetime
    rules: tuple[tuple[str, int], ...]
    labels: tuple[tuple[str, int], ...]


def heaps(groups: Sequence[Group]) -> tuple[Heap, ...]:
    """By stack, the one with the most critical groups first."""
    stacks = {group.stack for group in groups}
    found = [_heap(stack, [g for g in groups if g.stack == stack]) for stack in stacks]
    return tuple(sorted(found, key=lambda heap: (-heap.critical, -heap.alerts, heap.stack)))


def _heap(stack: str, groups: Sequence[Group]) -> Heap:
    rules = Counter({group.rule: 0 for group in groups})
    labels: Counter[str] = Counter()
    for group in groups:
        rules[group.rule] += group.seen
        labels.update(
            f"{name}={value}"
            for name, value in group.labels.items()
            if name not in {"alertname", "severity", "stack"}
        )
    return Heap(
        stack=stack,
        groups=len(groups),
        firing=sum(group.firing > 0 for group in groups),
        critical=sum(group.severity == "critical" and group.firing > 0 for group in groups),
        alerts=sum(group.seen for group in groups),
        first=min(group.since for group in groups),
        last=max(group.last_at for group in groups),
        rules=tuple(rules.most_common(_TOP)),
        labels=tuple(labels.most_common(_TOP)),
    )
