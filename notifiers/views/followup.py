"""What follows from incidents: to be done by somebody, until a day."""

from collections.abc import Sequence
from datetime import date

from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.blocks import mrkdwn, plain
from notifiers.views.incident import title
from notifiers.views.text import clip, code, duration, escape, joined, person, plural
from playbooks.model.base import JsonObject
from playbooks.respond.incident import Incident
from playbooks.respond.review import FollowUp

DONE = "followup_done"
_LONGEST = 300
_CHASED = 20


def followup_line(each: FollowUp, today: date) -> str:
    """One line of a list, mrkdwn."""
    if each.done_at is not None:
        standing = f"done by {escape(each.done_by)}"
    else:
        standing = f"*late*, was due {each.due}" if each.late(today) else f"due {each.due}"
    return joined(
        [
            f"{code(each.id)} {clip(each.text, _LONGEST)}",
            person(each.owner_slack, each.owner),
            standing,
        ]
    )


def chase(followups: Sequence[FollowUp], today: date) -> Body:
    """One owner is reminded of what is due."""
    owner = person(followups[0].owner_slack, followups[0].owner)
    text = f"{plural(len(followups), 'action')} due: {', '.join(each.id for each in followups)}"
    content = blocks.sections(f"{owner}: {plural(len(followups), 'action')} from incidents due.")
    content += [_row(each, today) for each in followups[:_CHASED]]
    content += blocks.rest(len(followups) - _CHASED, "`/ops action list` has them all")
    content += blocks.context("Asked once a day, in office hours, until it is done.")
    return Body(text=text, blocks=tuple(content))


def review_wanted(incident: Incident, to: str) -> Body:
    """Somebody is asked to write down what happened."""
    whom = person(to) if to else escape(incident.opened_by)
    text = f"{incident.id} is {incident.state.value}: its post-mortem is to be written"
    ended = incident.resolved_at or incident.closed_at
    took = duration((ended - incident.opened_at).total_seconds()) if ended else ""
    adding = f'/ops action add {incident.id} "TEXT" @OWNER friday'
    lines = [
        f"{whom}: *{escape(title(incident))}* is {incident.state.value}"
        + (f" after {took}." if took else "."),
        f"{code(f'/ops postmortem {incident.id}')} drafts the post-mortem from its timeline; "
        f"{code(f'/ops postmortem {incident.id} --cause …')} writes the cause into it, and "
        "`--impact`, `--lessons` and `--began` what else people know.",
        f"{code(adding)} notes what is to be done so that it does not come back.",
    ]
    return Body(text=text, blocks=tuple(blocks.sections("\n".join(lines))))


def _row(each: FollowUp, today: date) -> JsonObject:
    return {
        "type": "section",
        "block_id": f"followup-{each.id}",
        "text": mrkdwn(followup_line(each, today)),
        "accessory": {
            "type": "button",
            "action_id": DONE,
            "text": plain("Done"),
            "value": each.id,
        },
    }
