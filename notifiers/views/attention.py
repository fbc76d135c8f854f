"""New messages for what needs somebody: they mention those who can act, or who asked.

They carry no buttons and no metadata: the card is the one place to act, and it never goes stale.
"""

from collections.abc import Sequence

from notifiers.ports import Body
from notifiers.views import blocks, limits, text
from notifiers.views.buttons import undoable
from notifiers.views.card import ANSWERS, bullets, undo_hint
from notifiers.views.outcome import first_line, outcome_line, why
from notifiers.views.state import CardState
from notifiers.views.steps import Room
from playbooks.model.base import JsonObject

_ROOM = Room(steps=0, sentences=8, characters=400)


def asked_anew(state: CardState, old_id: str, changes: Sequence[str]) -> Body:
    """`state` is the new request; `changes` say, in sentences, why `old_id` is void."""
    needed = text.plural(state.request.needed, "approval")
    point = f"Asked anew, needs {needed}: {state.request.plan.summary}"
    said = [
        f"*{text.clip(point, 400)}*\n{text.code(old_id)} is void: what it rested on changed "
        "before anything was done. Earlier votes do not count.",
        bullets("What changed", changes, _ROOM, f"`/ops run {text.escape(old_id)}`"),
    ]
    return _body(point, state.approvers, said, state)


def uncertain(state: CardState, step: str, why: str) -> Body:
    """Nobody knows whether `step` happened; `why` is what the probe saw."""
    point = f"Needs an answer: {state.request.plan.summary}"
    said = [
        f"*{text.clip(point, 400)}*\nNobody knows whether *{text.clip(step, 200)}* happened: "
        f"{text.clip(why, 600) or 'the probe could not tell.'}",
        f"{ANSWERS} The buttons are on the card. It waits, and nothing is repeated by itself.",
    ]
    return _body(point, state.approvers, said, state)


def finished(state: CardState) -> Body:
    """The request is over, with or without a run; tells the requester how it ended.

    Where no person asked (a schedule), an ending that is no success is for the approvers.
    """
    point = first_line(state)
    asked_by = state.request.requester_slack
    told: tuple[str, ...] = (asked_by,) if text.is_slack_id(asked_by) else ()
    if not told and state.state != "succeeded":
        told = state.approvers
    hint = undo_hint(state.request.plan) if undoable(state) else ""
    said = [
        f"*{text.clip(state.request.plan.summary, 400)}*\n{outcome_line(state)}",
        "\n".join(part for part in (why(state), hint) if part),
    ]
    return _body(point, told, said, state)


def _body(point: str, mentioned: tuple[str, ...], said: Sequence[str], state: CardState) -> Body:
    """The mentions come last in the text: a lock screen shows its beginning."""
    names = text.people(mentioned) if mentioned else ""
    shown: list[JsonObject] = [block for part in said if part for block in blocks.sections(part)]
    footer = blocks.context(f"Details: `/ops run {text.escape(state.request.id)}`")
    addressed = blocks.sections(names) if names else []
    return Body(
        text=text.joined([text.clip(point, limits.TEXT - 600), names]),
        blocks=(*shown, *addressed, *footer),
    )
