"""New messages for what needs somebody: they mention those who can act, or who asked.

They carry no buttons and no metadata: the card is the one place to act, and it never goes stale.
"""

from collections.abc import Sequence

from notifiers.ports import Body
from notifiers.views import blocks, limits, text
from notifiers.views.buttons import undoable
from notifiers.views.card import ANSWERS, bullets, undo_hint
from notifiers.views.outcome import measured, news, resort_line, why
from notifiers.views.state import CardState
from notifiers.views.steps import Room
from notifiers.views.values import spoken
from playbooks.model.base import JsonObject

_ROOM = Room(steps=0, sentences=8, characters=400)


def asked_anew(state: CardState, old_id: str, changes: Sequence[str]) -> Body:
    """`state` is the new request; `changes` say, in sentences, why `old_id` is void."""
    needed = text.plural(state.request.needed, "approval")
    point = f"Asked anew, needs {needed}: {state.request.plan.summary}"
    said = [
        f"*{text.clip(point, 400)}*\n{text.code(old_id)} is void: what it rested on changed "
        "before anything was done.",
        bullets("What changed", changes, _ROOM, f"`/ops run {text.escape(old_id)}`"),
    ]
    return _body(state, point, said, state.approvers, "earlier votes do not count, vote again.")


def uncertain(state: CardState, step: str, why: str) -> Body:
    """Nobody knows whether `step` happened; `why` is what the probe saw."""
    point = f"Needs an answer: {state.request.plan.summary}"
    said = [
        f"*{text.clip(point, 400)}*\nNobody knows whether *{text.clip(step, 200)}* happened: "
        f"{text.clip(why, 600) or 'the probe could not tell.'}",
        ANSWERS,
    ]
    return _body(state, point, said, state.approvers, "answer on the card. It waits until then.")


def finished(state: CardState) -> Body:
    """The request is over, with or without a run; tells the requester how it ended.

    Where no person asked (a schedule), an ending that is no success is for the approvers.
    """
    asked_by = state.request.requester_slack
    told: tuple[str, ...] = (asked_by,) if text.is_slack_id(asked_by) else ()
    if not told and state.state != "succeeded":
        told = state.approvers
    plan = spoken(state.request.plan, state.request.id)
    hint = undo_hint(plan) if undoable(state) else ""
    said = [
        f"*{text.clip(news(state), 400)}*",
        "\n".join(part for part in (why(state), measured(state), hint, resort_line(state)) if part),
    ]
    return _body(state, news(state), said, told, "")


def _body(
    state: CardState, point: str, said: Sequence[str], told: tuple[str, ...], request: str
) -> Body:
    """`request` says what is asked of those who are `told`. A lock screen shows the point."""
    names = text.people(told) if told else ""
    asked = f"{names}: {request}" if names and request else names or request.capitalize()
    parts = [part for part in (*said, asked) if part]
    shown: list[JsonObject] = [block for part in parts for block in blocks.sections(part)]
    return Body(
        text=text.joined([text.clip(point, limits.TEXT - 600), names]),
        blocks=(*shown, *blocks.context(f"Details: `/ops run {text.escape(state.request.id)}`")),
    )
