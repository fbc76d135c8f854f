"""The phases of an incident: one message, with buttons to tick what is done."""

from collections.abc import Sequence
from datetime import datetime

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.blocks import mrkdwn, plain
from notifiers.views.text import clip, code, escape, joined, person, plural, when
from playbooks.model.base import JsonObject
from playbooks.respond.checking.finding import Verdict
from playbooks.respond.incident import Incident, Role
from playbooks.respond.phases import Checklist, Place, Stage, Task, counts, due

TICK, UNTICK = "phase_tick", "phase_untick"
_FORM = "{date_short_pretty} {time}"
_MOST_ROWS = 24
_LONGEST = 240
_LOOKS = {Verdict.GREEN: "looks good", Verdict.RED: "not yet", Verdict.UNKNOWN: "cannot tell"}


def phases_message(checklist: Checklist, now: datetime) -> Body:
    """All phases: the items of those whose time it is, or was, with buttons."""
    done, all_ = counts(checklist)
    title = f"{checklist.incident}: {done} of {plural(all_, 'item')} of its phases done"
    content = blocks.headline(title)
    room = _MOST_ROWS
    for number, stage in enumerate(checklist.stages):
        content += blocks.sections(_heading(checklist, number, now))
        rows = number <= checklist.at_stage and not stage.done and not checklist.closed
        if rows and len(stage.items) <= room:
            room -= len(stage.items)
            content += [_row(checklist, Place(number, at)) for at in range(len(stage.items))]
        else:
            content += blocks.sections(_lines(number, stage))
    content += blocks.context(_how_to(checklist))
    return Body(text=title, blocks=tuple(content))


def overdue_message(
    checklist: Checklist, incident: Incident, stages: Sequence[int], to: str
) -> Body:
    """Somebody is asked for what is left of phases whose time is over."""
    names = ", ".join(checklist.stages[number].name for number in stages)
    text = f"{incident.id}: overdue: {names}"
    whom = person(to) if to else f"{escape(incident.opened_by)}, nobody commands it"
    lines = [f"{whom}: the time for *{escape(names)}* is over, and there is something left:"]
    for number in stages:
        ends = due(checklist, number)
        since = f" (until {when(ends, _FORM)})" if ends else ""
        left = "; ".join(escape(task.text) for task in checklist.stages[number].left)
        lines.append(f"• {escape(checklist.stages[number].name)}{since}: {left}")
    lines.append("Tick what is done on the list of phases. This is asked once.")
    return Body(text=text, blocks=tuple(blocks.sections("\n".join(lines))))


def commander_of(incident: Incident) -> str:
    """Slack's id of who is asked; empty where nobody commands it."""
    return incident.roles.get(Role.COMMANDER, "")


def phase_value(checklist: Checklist, place: Place) -> str:
    """What the buttons carry: `inc-7:1.2`."""
    return f"{checklist.incident}:{place.shown}"


def _heading(checklist: Checklist, number: int, now: datetime) -> str:
    stage, ends = checklist.stages[number], due(checklist, number)
    done = len(stage.items) - len(stage.left)
    late = ends is not None and ends <= now and not stage.done and not checklist.closed
    return joined(
        [
            f"*{number + 1}. {escape(stage.name)}*",
            f"until {when(ends, _FORM)}" if ends else "",
            "all done" if stage.done else f"{done} of {len(stage.items)} done",
            "*overdue*" if late else "",
        ]
    )


def _row(checklist: Checklist, place: Place) -> JsonObject:
    task = checklist.stages[place.stage].items[place.item]
    button: JsonObject = {
        "type": "button",
        "action_id": UNTICK if task.tick else TICK,
        "text": plain("Not Done" if task.tick else "Done"),
        "value": phase_value(checklist, place),
    }
    return {
        "type": "section",
        "block_id": f"phase-{place.shown}",
        "text": mrkdwn(f"{place.shown} {_said(task)}"),
        "accessory": button,
    }


def _lines(number: int, stage: Stage) -> str:
    return "\n".join(
        f"{Place(number, at).shown} {_said(task)}" for at, task in enumerate(stage.items)
    )


def _said(task: Task) -> str:
    """`~Acknowledge the incident~ done by ana 14:03`, or what is known of it."""
    text = clip(task.text, _LONGEST)
    if task.tick is not None:
        note = f" ({clip(task.tick.note, _LONGEST)})" if task.tick.note else ""
        return (
            f"~{text.replace('~', '˜')}~ done by {escape(task.tick.by)} {when(task.tick.at)}{note}"
        )
    if task.seen is not None:
        found = task.seen.finding
        return f"{text} · _{_LOOKS[found.verdict]}: {clip(found.said, _LONGEST)}_"
    return f"{text} · _Interlock looks_" if task.checked else text


def _how_to(checklist: Checklist) -> str:
    if checklist.closed:
        return "The incident is closed."
    return (
        f"{code(f'/ops phases {checklist.incident} tick 1.1')} ticks, too; what Interlock can look "
        "at it ticks by itself"
    )
