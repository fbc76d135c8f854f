"""The card of a group of alerts, and the digest of a storm of them."""

from collections.abc import Sequence
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.blocks import plain
from notifiers.views.text import clip, duration, escape, joined, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.alert import Group, GroupState
from playbooks.respond.grouping import flaps
from playbooks.respond.storm import Heap, Storm

_LABELS_SHOWN = 8
_HIDDEN = frozenset({"alertname", "severity", "stack"})
_HEAPS_SHOWN = 12
_LONGEST_SUMMARY = 600
SILENCE_HOURS = 1


def alert_key(group: Group) -> str:
    """The outbox key of the card of a group's episode."""
    return f"alert:{group.key}:{group.episode}"


def storm_key(storm: Storm) -> str:
    """The outbox key of a storm's digest."""
    return f"storm:{storm.id}"


def alert_value(group: Group) -> str:
    """What the buttons of a group's card carry: `KEY:EPISODE`."""
    return f"{group.key}:{group.episode}"


def alert_card(group: Group, now: datetime) -> Body:
    """What is known of the group, and what can be done about it."""
    state = group.state(now)
    content = blocks.headline(_title(group, state))
    if group.summary:
        content += blocks.sections(clip(group.summary, _LONGEST_SUMMARY))
    content += blocks.fields(
        [
            ("State", _state(group, state)),
            ("Since", when(group.since, "{date_short_pretty} {time}")),
            ("Alerts", _counts(group)),
            ("Last value", escape(group.value)),
            ("Labels", _labels(group)),
        ]
    )
    content += _links(group)
    content += blocks.context(*(escape(sentence) for sentence in group.meanwhile))
    if group.silence_problem:
        content += blocks.context(escape(group.silence_problem))
    if flaps(group, now):
        said = plural(len(group.changes), "time")
        content += blocks.context(f"It flaps: it began or ended {said} in the last hour.")
    content += _actions(group, state)
    return Body(
        text=f"{_title(group, state)}: {group.summary or _counts(group)}"[:400],
        blocks=tuple(content),
        metadata={
            "event_type": "interlock.alert",
            "event_payload": {
                "key": alert_key(group),
                "alert": group.key,
                "stack": group.stack,
                "state": state.value,
            },
        },
    )


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


def alert_line(group: Group, now: datetime) -> str:
    """One line of a list, mrkdwn."""
    state = group.state(now)
    lasted = duration((now - group.since).total_seconds())
    return joined(
        [
            f"*{escape(group.rule)}* {escape(group.stack or 'no stack')}",
            f"{group.severity}, {state.value}",
            _counts(group),
            f"for {lasted}" if group.firing else "",
            escape(group.value),
        ]
    )


def _title(group: Group, state: GroupState) -> str:
    """`CRITICAL harbor: ApiDown, firing`."""
    whose = f"{group.stack}: " if group.stack else ""
    return f"{group.severity.upper()} {whose}{group.rule}, {state.value}"


def _state(group: Group, state: GroupState) -> str:
    match state:
        case GroupState.RESOLVED:
            ended = group.resolved_at or group.last_at
            lasted = duration((ended - group.since).total_seconds())
            return f"Resolved {when(ended)} after {lasted}"
        case GroupState.ACKNOWLEDGED:
            at = when(group.acknowledged_at) if group.acknowledged_at else ""
            return f"Firing; {escape(group.acknowledged_by)} takes care of it since {at}"
        case GroupState.SILENCED:
            until = when(group.silenced_until) if group.silenced_until else ""
            return f"Firing; {escape(group.silenced_by)} silenced it until {until}"
        case GroupState.FIRING:
            return "Firing; nobody has acknowledged it"


def _counts(group: Group) -> str:
    return f"{group.firing} firing of {group.seen} seen" if group.seen else ""


def _labels(group: Group) -> str:
    said = [
        f"{escape(name)}={escape(value)}"
        for name, value in sorted(group.labels.items())
        if name not in _HIDDEN
    ]
    more = len(said) - _LABELS_SHOWN
    return ", ".join(said[:_LABELS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _links(group: Group) -> list[JsonObject]:
    links = [
        f"<{url}|{name}>"
        for url, name in ((group.runbook_url, "Runbook"), (group.source_url, "Source"))
        if url
    ]
    return blocks.context(" · ".join(links)) if links else []


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


def _actions(group: Group, state: GroupState) -> list[JsonObject]:
    if state is GroupState.RESOLVED:
        return []
    elements: list[JsonObject] = []
    if state is GroupState.FIRING:
        elements.append(_button(group, "ack", "Acknowledge", style="primary"))
    if state is GroupState.SILENCED:
        elements.append(_button(group, "unsilence", "End Silence"))
    else:
        elements.append(_button(group, "silence", f"Silence {SILENCE_HOURS} h"))
    if group.stack:
        elements.append(_button(group, "alert_status", "Status"))
    if group.stack and group.labels.get("service"):
        elements.append(_button(group, "alert_logs", "Logs"))
        elements.append(_button(group, "alert_restart", "Restart"))
    return [{"type": "actions", "elements": elements}]


def _button(group: Group, verb: str, label: str, style: str = "") -> JsonObject:
    button: JsonObject = {
        "type": "button",
        "action_id": verb,
        "text": plain(label),
        "value": alert_value(group),
    }
    return {**button, "style": style} if style else button
