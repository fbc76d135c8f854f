"""What is said of many alerts at once: in a storm, after quiet hours, after an operation."""

from collections.abc import Sequence
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.alert import alert_line, mentions
from notifiers.views.text import duration, escape, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.alert import Group
from playbooks.respond.storm import Heap, Storm

_HEAPS_SHOWN = 12
_LINES_SHOWN = 30


def storm_key(storm: Storm) -> str:
    """The outbox key of a storm's digest."""
    return f"storm:{storm.id}"


def storm_digest(storm: Storm, heaps: Sequence[Heap], now: datetime) -> Body:
    """All that a storm is, in one message."""
    lasted = duration(((storm.ended_at or now) - storm.since).total_seconds())
    groups, alerts = sum(heap.groups for heap in heaps), sum(heap.alerts for heap in heaps)
    firing = sum(heap.firing for heap in heaps)
    over = storm.ended_at is not None
    title = (
        f"Alert storm, {'over after' if over else 'for'} {lasted}: "
        f"{plural(alerts, 'alert')} in {plural(groups, 'group')}, {firing} of them firing"
    )
    content = blocks.headline(title)
    for heap in heaps[:_HEAPS_SHOWN]:
        content += blocks.sections(_heap_lines(heap))
    content += blocks.rest(len(heaps) - _HEAPS_SHOWN, "`/ops alerts` lists all")
    content += blocks.context(
        "New groups have no cards of their own until it is quiet again; the first critical one of "
        "each stack has. `/ops alerts STACK` lists them."
    )
    return Body(text=title, blocks=tuple(content))


def storm_over(storm: Storm, heaps: Sequence[Heap]) -> Body:
    """Said once, when it is quiet again."""
    ended = storm.ended_at or storm.last_new_at
    lasted = duration((ended - storm.since).total_seconds())
    groups, alerts = sum(heap.groups for heap in heaps), sum(heap.alerts for heap in heaps)
    firing = sum(heap.firing for heap in heaps)
    left = f"{plural(firing, 'group')} still firing: `/ops alerts`" if firing else "all resolved"
    worst = ", ".join(escape(heap.stack or "no stack") for heap in heaps[:3])
    return Body(
        text=(
            f"The alert storm is over after {lasted}: {plural(alerts, 'alert')} in "
            f"{plural(groups, 'group')}, most of all {worst}; {left}."
        )
    )


def quiet_digest(groups: Sequence[Group], now: datetime) -> Body:
    """All that was collected in quiet hours, what still fires first."""
    firing = [group for group in groups if group.firing]
    over = [group for group in groups if not group.firing]
    left = f"{len(firing)} still firing" if firing else "all of them over"
    title = f"Quiet hours are over: {plural(len(groups), 'group')} of alerts came, {left}"
    content = blocks.sections(f"*{escape(title)}*")
    content += _listed("Still firing", firing, now)
    content += _listed("Over", over, now)
    tell = tuple(dict.fromkeys(each for group in firing for each in group.tell))
    if tell:
        content += blocks.sections(f"For {mentions(tell)}")
    if firing:
        content += blocks.context("What still fires has its card in the thread of this message.")
    return Body(text=title, blocks=tuple(content))


def still_firing(groups: Sequence[Group], now: datetime) -> Body:
    """Alerts of one stack outlast what explained them."""
    stack = groups[0].stack
    rules = ", ".join(group.rule for group in groups[:3])
    more = f" and {len(groups) - 3} more" if len(groups) > 3 else ""
    title = f"What explained them is over, and alerts of {stack} still fire: {rules}{more}"
    content = blocks.sections(f"*{escape(title)}*")
    content += _listed("", groups, now)
    tell = tuple(dict.fromkeys(each for group in groups for each in group.tell))
    if tell:
        content += blocks.sections(f"For {mentions(tell)}")
    return Body(text=title, blocks=tuple(content))


def began_during(group: Group) -> Body:
    """For the thread of a run: an alert that began while it was going on."""
    said = f"{group.severity.upper()} alert {group.rule} began while this was going on"
    return Body(text=f"{said}: {group.summary}" if group.summary else f"{said}.")


def _listed(label: str, groups: Sequence[Group], now: datetime) -> list[JsonObject]:
    if not groups:
        return []
    lines = [f"• {alert_line(group, now)}" for group in groups[:_LINES_SHOWN]]
    titled = [f"{label}:", *lines] if label else lines
    return [
        *blocks.sections("\n".join(titled)),
        *blocks.rest(len(groups) - _LINES_SHOWN, "`/ops alerts` lists all"),
    ]


def _heap_lines(heap: Heap) -> str:
    rules = ", ".join(f"{escape(rule)} ({count})" for rule, count in heap.rules)
    labels = ", ".join(f"{escape(label)} ({count})" for label, count in heap.labels)
    lines = [
        f"*{escape(heap.stack or 'no stack')}*: {plural(heap.groups, 'group')}, "
        f"{heap.critical} critical firing, {plural(heap.alerts, 'alert')}",
        f"Rules: {rules}",
        f"Labels: {labels}" if labels else "",
        f"First {when(heap.first)}, last {when(heap.last)}",
    ]
    return "\n".join(line for line in lines if line)
