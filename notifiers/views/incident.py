"""The card of an incident and what is said beside it. Pure; times are aware datetimes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks, limits
from notifiers.views.blocks import plain
from notifiers.views.text import ago, clip, code, duration, escape, joined, person, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.course import Turn, is_live
from playbooks.respond.incident import Incident, IncidentState, Role
from playbooks.respond.timeline import Entry

_FORM = "{date_short_pretty} {time_secs}"
_SHORT = "{date_short_pretty} {time}"
_LONGEST_UPDATE = 1_500
_LONGEST_ENTRY = 600
_ENTRY_ROOMS = (_LONGEST_ENTRY, 250, 120, 60)
_ROOM_FOR_THE_REST = 1_500
NOTE, UPDATE, SHOW = "incident_note", "incident_update", "incident_show"
OPEN = "incident_open"
TURNS: dict[str, Turn] = {
    "incident_mitigate": "mitigate",
    "incident_resolve": "resolve",
    "incident_reopen": "reopen",
    "incident_close": "close",
}
"""What the buttons that change the state do."""
ROLES = {f"role_{role.value}": role for role in Role}
"""Whose the buttons of the roles are."""
MEANS = {
    "P1": "P1, nothing works",
    "P2": "P2, much is broken",
    "P3": "P3, something is broken",
    "P4": "P4, hardly anybody notices",
}


@dataclass(frozen=True)
class Shown:
    """What the card shows beside the incident itself: the last update, why it is not where it
    should be, and when those who wait for news are told next."""

    incident: Incident
    update: str = ""
    problem: str = ""
    next_update: datetime | None = None


def incident_key(incident: str, moved: int = 0) -> str:
    """The outbox key of its card; each place that it had to leave makes another one."""
    return f"incident:{incident}:moved-{moved}" if moved else f"incident:{incident}"


def incident_card(shown: Shown) -> Body:
    """How it stands, who does what, and what can be done."""
    incident = shown.incident
    content = blocks.headline(title(incident))
    if shown.problem:
        content += blocks.sections(f"*Moved* · {escape(shown.problem)}")
    content += blocks.fields(
        [
            ("State", _state(incident)),
            ("Severity", MEANS[incident.priority.value]),
            ("Stack", escape(incident.stack)),
            ("Opened", f"{when(incident.opened_at, _FORM)} by {escape(incident.opened_by)}"),
            ("Clocks", _clocks(incident)),
            ("Roles", _roles(incident)),
            ("Alerts", plural(len(incident.alerts), "group") if incident.alerts else ""),
            ("Next update", when(shown.next_update, _SHORT) if shown.next_update else ""),
        ]
    )
    if shown.update:
        said = clip(shown.update, _LONGEST_UPDATE)
        at = f" {when(incident.told_at)}" if incident.told_at else ""
        content += blocks.sections(f"*Last update*{at}\n{said}")
    content += _actions(incident)
    content += blocks.context(_how_to(incident))
    return Body(
        text=f"{title(incident)} ({incident.state.value})",
        blocks=tuple(content),
        metadata={
            "event_type": "interlock.incident",
            "event_payload": {
                "key": incident_key(incident.id),
                "incident": incident.id,
                "stack": incident.stack,
                "severity": incident.priority.value,
                "state": incident.state.value,
            },
        },
    )


def title(incident: Incident) -> str:
    """`inc-7 P1 harbor: payments fail`."""
    whose = f"{incident.stack}: " if incident.stack else ""
    return f"{incident.id} {incident.priority.value} {whose}{incident.title}"


def incident_line(incident: Incident, now: datetime) -> str:
    """One line of a list, mrkdwn."""
    commander = incident.roles.get(Role.COMMANDER, "")
    lasted = duration(((incident.resolved_at or now) - incident.opened_at).total_seconds())
    return joined(
        [
            f"*{escape(title(incident))}*",
            incident.state.value,
            f"for {lasted}" if is_live(incident) else f"took {lasted}",
            f"commander {person(commander)}" if commander else "nobody commands it",
            f"<#{incident.channel}>" if incident.channel and not incident.private else "",
            "private" if incident.private else "",
        ]
    )


def timeline_part(entries: Sequence[Entry]) -> list[JsonObject]:
    """A page of a timeline that fits into a message: where texts are long, each gets less room."""
    content: list[JsonObject] = []
    for longest in _ENTRY_ROOMS:
        lines = [entry_line(each, longest) for each in entries]
        content = blocks.sections("\n".join(lines) or "Nothing yet")
        if blocks.length(content) <= limits.PAGE_CHARACTERS - _ROOM_FOR_THE_REST:
            break
    return content


def entry_line(entry: Entry, longest: int = _LONGEST_ENTRY) -> str:
    """One line of a timeline, mrkdwn; what was deleted or taken back is struck, not lost."""
    said = " ".join(clip(entry.text, longest).split())
    if entry.deleted_at is not None:
        said = f"~{said.replace('~', '˜')}~ ({_gone(entry)} {when(entry.deleted_at)})"
    also = entry.detail.get("also") or ()
    marks = [
        f"noted {when(entry.noted_at)}" if entry.late else "",
        "edited" if entry.edited_at else "",
        f"also in {', '.join(map(str, also))}" if also else "",
    ]
    by = f" · {escape(entry.by)}" if entry.by else ""
    link = f" · <{entry.link}|message>" if entry.link else ""
    more = f" ({'; '.join(mark for mark in marks if mark)})" if any(marks) else ""
    return f"{when(entry.at, _FORM)} {said}{by}{link}{more}"


def summary(incident: Incident, now: datetime, entries: int) -> list[JsonObject]:
    """What `show` begins with."""
    lines = [incident_line(incident, now), _clocks(incident), _roles(incident)]
    lines.append(f"{plural(entries, 'entry', 'entries')} in its timeline")
    more = (
        f"{code(f'/ops timeline {incident.id} --picture')} draws it · "
        f"{code(f'/ops postmortem {incident.id}')} is the draft of its post-mortem"
    )
    return [*blocks.sections("\n".join(line for line in lines if line)), *blocks.context(more)]


def announcement(incident: Incident, problem: str = "") -> Body:
    """Said where everybody reads of incidents, of one that has a channel of its own; `problem` says
    why it has none any more."""
    text = f"{title(incident)}, {incident.state.value}, opened by {incident.opened_by}"
    place = f"<#{incident.channel}>"
    where = f"{escape(problem)} Its card is in {place} now." if problem else place
    lines = [f"*{escape(title(incident))}* is {incident.state.value}", where]
    return Body(text=text, blocks=tuple(blocks.sections("\n".join(lines))))


def change_line(by: str, what: str) -> Body:
    """One line of what somebody changed."""
    said = f"{by}: {what}" if by else what
    return Body(text=said, blocks=tuple(blocks.sections(escape(said))))


def update_post(incident: Incident, by: str, text: str, due: datetime | None) -> Body:
    """An update for those who wait for news."""
    said = f"{title(incident)} is {incident.state.value}: {text}"
    lines = [
        f"*{escape(title(incident))}* is {incident.state.value}",
        clip(text, _LONGEST_UPDATE),
    ]
    follows = f"The next update follows by {when(due, _SHORT)}." if due else ""
    small = blocks.context(f"Update by {escape(by)}", follows)
    return Body(text=said, blocks=(*blocks.sections("\n".join(lines)), *small))


def reminder(incident: Incident, to: str, due: datetime, now: datetime) -> Body:
    """Whoever tells others is asked to."""
    whom = person(to) if to else f"{escape(incident.opened_by)}, nobody has the communications"
    text = f"An update on {incident.id} was due {ago(due, now)}"
    lines = [
        f"{whom}: *{escape(text)}*.",
        f"*Update…* on the card or {code('/ops incident status TEXT')} gives it; the reminders end "
        "when the incident is resolved.",
    ]
    return Body(text=text, blocks=tuple(blocks.sections("\n".join(lines))))


def text_modal(incident: Incident, what: str, channel: str) -> JsonObject:
    """The window for a note or an update; `what` is NOTE or UPDATE."""
    note = what == NOTE
    label = "What happened?" if note else "What should those who wait for news know?"
    elements = [_input("text", label, multiline=True)]
    if note:
        hint = "Only for what happened earlier: 14:30, or 15m for fifteen minutes ago (UTC)"
        elements.append(_input("at", "When?", optional=True, hint=hint))
    return {
        "type": "modal",
        "callback_id": what,
        "private_metadata": json.dumps({"channel": channel, "value": incident.id}),
        "title": plain(f"{'Note' if note else 'Update'}: {incident.id}"),
        "submit": plain("Add" if note else "Send"),
        "close": plain("Cancel"),
        "blocks": elements,
    }


def opening_modal(
    channel: str, said: str, stacks: Sequence[str], stack: str, link: str
) -> JsonObject:
    """The window that a message's shortcut opens, filled in with what it says."""
    severities = [{"text": plain(MEANS[each]), "value": each} for each in MEANS]
    chosen = [{"text": plain(each), "value": each} for each in stacks]
    elements = [
        _input("title", "What is wrong?", initial=said[:150]),
        _choice("severity", "Severity", severities, severities[2]),
    ]
    if chosen:
        first = next((each for each in chosen if each["value"] == stack), None)
        elements.append(_choice("stack", "Stack", chosen, first, optional=True))
    elements.append(
        {
            "type": "input",
            "block_id": "private",
            "optional": True,
            "label": plain("Who sees it"),
            "element": {
                "type": "checkboxes",
                "action_id": "private",
                "options": [{"text": plain("Only those who are asked in"), "value": "private"}],
            },
        }
    )
    return {
        "type": "modal",
        "callback_id": OPEN,
        "private_metadata": json.dumps({"channel": channel, "value": link}),
        "title": plain("Open an incident"),
        "submit": plain("Open"),
        "close": plain("Cancel"),
        "blocks": elements,
    }


def _state(incident: Incident) -> str:
    match incident.state:
        case IncidentState.OPEN:
            return "Open"
        case IncidentState.MITIGATED:
            return "Mitigated, not yet resolved"
        case IncidentState.RESOLVED:
            return "Resolved"
        case IncidentState.CLOSED:
            return "Closed"


def _clocks(incident: Incident) -> str:
    marks = [
        ("Detected", incident.detected_at),
        ("Acknowledged", incident.acknowledged_at),
        ("Mitigated", incident.mitigated_at),
        ("Resolved", incident.resolved_at),
        ("Closed", incident.closed_at),
    ]
    since = incident.detected_at
    return "\n".join(
        f"{name} {when(at, _FORM)}"
        + (f", after {duration((at - since).total_seconds())}" if at > since else "")
        for name, at in marks
        if at is not None
    )


def _roles(incident: Incident) -> str:
    named = {role: person(who) for role, who in incident.roles.items()}
    return "\n".join(f"{role.value.capitalize()}: {named.get(role, 'nobody')}" for role in Role)


def _actions(incident: Incident) -> list[JsonObject]:
    turns: list[JsonObject] = []
    if incident.state is IncidentState.OPEN:
        turns.append(_button(incident, "incident_mitigate", "Mitigated"))
    if is_live(incident):
        turns.append(_button(incident, "incident_resolve", "Resolved", style="primary"))
        turns.append(_button(incident, NOTE, "Note…"))
        turns.append(_button(incident, UPDATE, "Update…"))
    elif incident.state is IncidentState.RESOLVED:
        turns.append(_button(incident, NOTE, "Note…"))
        turns.append(_button(incident, "incident_close", "Close"))
        turns.append(_button(incident, "incident_reopen", "Reopen"))
    else:
        turns.append(_button(incident, "incident_reopen", "Reopen"))
    turns.append(_button(incident, SHOW, "Timeline"))
    rows: list[JsonObject] = [{"type": "actions", "elements": turns}]
    if is_live(incident):
        roles = [
            _button(incident, name, f"Take {role.value.capitalize()}")
            for name, role in ROLES.items()
        ]
        rows.append({"type": "actions", "elements": roles})
    return rows


def _button(incident: Incident, action: str, label: str, style: str = "") -> JsonObject:
    button: JsonObject = {
        "type": "button",
        "action_id": action,
        "text": plain(label),
        "value": incident.id,
    }
    return {**button, "style": style} if style else button


def _how_to(incident: Incident) -> str:
    if not is_live(incident):
        return f"{code(f'/ops incident show {incident.id}')} has the whole timeline"
    return (
        f"{code('/ops incident note TEXT')} adds to the timeline, and so do :pushpin: and :star: "
        "on a message"
    )


def _gone(entry: Entry) -> str:
    return "mark taken back" if entry.detail.get("unmarked") else "deleted"


def _input(
    name: str,
    label: str,
    *,
    initial: str = "",
    multiline: bool = False,
    optional: bool = False,
    hint: str = "",
) -> JsonObject:
    element: JsonObject = {"type": "plain_text_input", "action_id": name, "multiline": multiline}
    if initial:
        element["initial_value"] = initial
    block: JsonObject = {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }
    return {**block, "hint": plain(hint)} if hint else block


def _choice(
    name: str,
    label: str,
    options: Sequence[JsonObject],
    initial: JsonObject | None,
    *,
    optional: bool = False,
) -> JsonObject:
    element: JsonObject = {
        "type": "static_select",
        "action_id": name,
        "options": list(options)[:100],
    }
    if initial is not None:
        element["initial_option"] = initial
    return {
        "type": "input",
        "block_id": name,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }
