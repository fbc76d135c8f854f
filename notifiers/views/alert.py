"""The card of a group of alerts."""

import re
from collections.abc import Sequence
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.blocks import plain
from notifiers.views.text import clip, clip_plain, duration, escape, joined, person, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.alert import Group, GroupState
from playbooks.respond.grouping import flaps

_LABELS_SHOWN = 8
_HIDDEN = frozenset({"alertname", "severity", "stack"})
_LONGEST_SUMMARY = 600
_LONGEST_LABEL = 75
_GROUP_ID = re.compile(r"S[A-Z0-9]{6,}")
SILENCE_HOURS = 1
DO = "alert_do_"
"""What the ids of the buttons begin with that the stack file names; a number from 0 follows."""


def alert_key(group: Group) -> str:
    """The outbox key of the card of a group's episode."""
    return f"alert:{group.key}:{group.episode}"


def alert_value(group: Group) -> str:
    """What the buttons of a group's card carry: `KEY:EPISODE`."""
    return f"{group.key}:{group.episode}"


def alert_card(group: Group, now: datetime) -> Body:
    """What is known of the group, and what can be done about it."""
    state = group.state(now)
    content = blocks.headline(_title(group, state))
    if group.summary:
        content += blocks.sections(escape(clip(group.summary, _LONGEST_SUMMARY)))
    content += blocks.fields(
        [
            ("State", _state(group, state)),
            ("Since", when(group.since, "{date_short_pretty} {time}")),
            ("Alerts", _counts(group)),
            ("Last value", escape(group.value)),
            ("Labels" if group.seen < 2 else "Labels of the newest", _labels(group)),
        ]
    )
    if group.tell and state is GroupState.FIRING and not group.explained_by:
        content += blocks.sections(f"For {mentions(group.tell)}")
    content += _links(group)
    content += blocks.context(*(escape(sentence) for sentence in group.meanwhile))
    if group.silence_problem:
        content += blocks.context(escape(group.silence_problem))
    if flaps(group, now):
        said = plural(len(group.changes), "time")
        content += blocks.context(f"It flaps: it began or ended {said} in the last hour.")
    content += _actions(group, state)
    return Body(
        text=escape(f"{_title(group, state)}: {group.summary or _counts(group)}"[:400]),
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


def mentions(tell: Sequence[str]) -> str:
    """People and user groups, so that Slack tells them; other names as they are."""
    return ", ".join(
        f"<!subteam^{each}>" if _GROUP_ID.fullmatch(each) else person(each) for each in tell
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
        for url, name in (
            (group.runbook_url or group.runbook, "Runbook"),
            (group.source_url, "Source"),
        )
        if url
    ]
    return blocks.context(" · ".join(links)) if links else []


def _actions(group: Group, state: GroupState) -> list[JsonObject]:
    if state is GroupState.RESOLVED:
        return []
    elements: list[JsonObject] = []
    if state is GroupState.FIRING:
        elements.append(_button(group, "ack", "Acknowledge", style="primary"))
    if state is GroupState.SILENCED:
        elements.append(_button(group, "unsilence", "End silence"))
    else:
        elements.append(_button(group, "silence", f"Silence {SILENCE_HOURS} h"))
        elements.append(_button(group, "silence_until", "Silence until…"))
    elements.append(_button(group, "open_incident", "Open incident"))
    if group.stack:
        elements.append(_button(group, "alert_status", "Status"))
    if group.stack and (service := group.labels.get("service")):
        elements.append(_button(group, "alert_logs", "Logs"))
        if f"restart {service}" not in group.actions:
            elements.append(_button(group, "alert_restart", _label(f"restart {service}")))
    for place, line in enumerate(group.actions):
        elements.append(_button(group, f"{DO}{place}", _label(line)))
    return [{"type": "actions", "elements": elements}]


def _label(line: str) -> str:
    """A subcommand as a button says it."""
    return clip_plain(line[:1].upper() + line[1:], _LONGEST_LABEL)


def _button(group: Group, verb: str, label: str, style: str = "") -> JsonObject:
    button: JsonObject = {
        "type": "button",
        "action_id": verb,
        "text": plain(label),
        "value": alert_value(group),
    }
    return {**button, "style": style} if style else button
