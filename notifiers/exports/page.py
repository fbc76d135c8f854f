"""An incident as one HTML file that needs nothing else."""

from base64 import b64encode
from collections.abc import Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

from notifiers.exports.words import (
    Clock,
    entry_words,
    impact,
    plain_words,
    roles,
    shown_entries,
    times,
)
from playbooks.respond.phases import due
from playbooks.respond.postmortem import Postmortem
from playbooks.respond.review import FollowUp, day_of
from playbooks.respond.timeline import Entry

_PAGES = Path(__file__).parent / "pages"


def postmortem(post: Postmortem, picture: bytes | None) -> str:
    """The whole draft, with the picture in it where there is one."""
    return _rendered(
        "postmortem.html",
        **_common(post, picture),
        kind="Post-mortem",
        impact=[plain_words(each, post.people) for each in impact(post)],
        times=times(post),
        cause=plain_words(post.review.cause, post.people),
        lessons=plain_words(post.review.lessons, post.people),
        changes=_rows(post, post.changes),
        ran=_rows(post, post.ran),
        followups=[_followup(post, each) for each in post.followups],
        stages=_stages(post),
    )


def timeline(post: Postmortem, picture: bytes | None) -> str:
    """What happened, and no more."""
    return _rendered("timeline.html", **_common(post, picture), kind="Timeline")


def _common(post: Postmortem, picture: bytes | None) -> dict[str, Any]:
    clock, incident = Clock(post.zone), post.incident
    entries, remark = shown_entries(post.entries)
    return {
        "heading": post.title,
        "state": f"{incident.state.value.capitalize()}, {incident.priority}",
        "opened": clock.both(incident.opened_at),
        "opened_by": incident.opened_by,
        "roles": roles(post),
        "picture": b64encode(picture).decode() if picture else "",
        "remark": remark,
        "days": _days(post, entries),
        "written": clock.both(post.written_at),
        "zone": post.zone,
    }


def _days(post: Postmortem, entries: Sequence[Entry]) -> list[tuple[str, list[dict[str, str]]]]:
    clock = Clock(post.zone)
    return [
        (f"{day:%A}, {day}", _rows(post, list(group)))
        for day, group in groupby(entries, key=lambda each: clock.day(each.at))
    ]


def _rows(post: Postmortem, entries: Sequence[Entry]) -> list[dict[str, str]]:
    clock = Clock(post.zone)
    return [
        {
            "at": clock.both(each.at),
            "time": clock.time(each.at),
            "lane": each.lane.value,
            "words": entry_words(each, post.people),
        }
        for each in entries
    ]


def _followup(post: Postmortem, each: FollowUp) -> dict[str, str]:
    clock = Clock(post.zone)
    if each.done_at:
        state, when = "Done", f"done {clock.day(each.done_at)} by {each.done_by}"
    else:
        late = each.late(day_of(post.written_at, post.zone))
        state, when = "Late" if late else "Open", f"due {each.due}"
    text = plain_words(each.text, post.people)
    return {"state": state, "text": text, "id": each.id, "owner": each.owner, "when": when}


def _stages(post: Postmortem) -> list[dict[str, Any]]:
    if post.checklist is None:
        return []
    clock, checklist = Clock(post.zone), post.checklist
    return [
        {
            "name": stage.name,
            "until": clock.both(ends) if (ends := due(checklist, number)) else "",
            "tasks": [
                {
                    "state": "Done" if task.tick else "Open",
                    "text": task.text,
                    "told": f"{task.tick.by}, {clock.both(task.tick.at)} {task.tick.note}".strip()
                    if task.tick
                    else (task.seen.finding.said if task.seen else ""),
                }
                for task in stage.items
            ],
        }
        for number, stage in enumerate(checklist.stages)
    ]


def _rendered(name: str, **values: Any) -> str:
    # Loaded when the first page is written: a bot that writes none does not carry it.
    jinja2 = import_module("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return str(environment.get_template(name).render(**values)).lstrip()
