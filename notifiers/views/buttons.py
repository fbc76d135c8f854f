"""The buttons of a card, and what a press on one of them carries back.

`action_id` is the verb and never changes. `value` is opaque to people: the request and the plan's
digest, so that a press on another plan's button is told from a press on this one.
"""

from dataclasses import dataclass
from typing import Literal

from notifiers.views import limits
from notifiers.views.blocks import plain
from notifiers.views.outcome import unhelpful
from notifiers.views.state import CardState
from notifiers.views.text import clip_plain
from notifiers.views.values import spoken
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.model.plan import Plan, Risk
from playbooks.model.request import Request, RunState

Verb = Literal["approve", "deny", "details", "cancel", "undo", "retry", "accept", "abort", "next"]


@dataclass(frozen=True)
class Pressed:
    """What a button's value says: which request, and the digest of the plan that was shown."""

    request: str
    digest: str


def button_value(request: Request) -> str:
    """`REQUEST:DIGEST`."""
    return f"{request.id}:{request.digest}"


def pressed(value: str) -> Pressed:
    """Reads `button_value` back. Raises BadArgument when it is none of ours."""
    request, separator, digest = value.partition(":")
    if not (separator and request and digest):
        raise BadArgument(
            f"The button carries {clip_plain(value, 80)!r}, which is no request and digest.",
            "Open the newest card with `/ops approvals`.",
        )
    return Pressed(request, digest)


def actions(state: CardState) -> list[JsonObject]:
    """The row of buttons that makes sense now: at most one row, none when nothing can be done."""
    elements = _elements(state)
    return [{"type": "actions", "elements": elements}] if elements else []


def undoable(state: CardState) -> bool:
    """Whether the finished operation can be taken back by another one."""
    if state.taken_back is not None:
        return False
    return state.state == RunState.SUCCEEDED.value and bool(state.request.plan.undo_hint)


def _elements(state: CardState) -> list[JsonObject]:
    match state.state:
        case "pending":
            return [_approve(state), *_plain_ones(state, "deny", "details", "cancel")]
        case "approved" | "queued" | "running":
            return [_cancel_run(state), _button(state.request, "details", "Details")]
        case "uncertain":
            return _answers(state)
        case _:
            return [
                *([_button(state.request, "undo", "Undo")] if undoable(state) else []),
                *([_button(state.request, "next", "Next Rung")] if unhelpful(state) else []),
            ]


def _approve(state: CardState) -> JsonObject:
    plan = spoken(state.request.plan, state.request.id)
    if plan.risk is not Risk.DESTROY:
        confirm = _checked(plan) if plan.checklist else None
        return _button(state.request, "approve", "Approve", style="primary", confirm=confirm)
    lost = _lost(plan)
    if plan.checklist:
        lost = f"{lost} You confirm: {' '.join(f'{item}.' for item in plan.checklist)}"
    confirm = _confirm(
        f"Approve this {plan.operation}?",
        f"{plan.summary}. {lost}",
        yes="Approve",
        no="Not Yet",
    )
    return _button(state.request, "approve", "Approve", style="danger", confirm=confirm)


def _lost(plan: Plan) -> str:
    if not plan.loses:
        return "It can lose data or a service."
    return f"Loses: {'; '.join(each.rstrip('.') for each in plan.loses)}."


def _checked(plan: Plan) -> JsonObject:
    items = " ".join(f"{item}." for item in plan.checklist)
    return _confirm(
        f"Approve this {plan.operation}?",
        f"You confirm that this is done: {items}",
        yes="Confirm",
        no="Not Yet",
    )


def _cancel_run(state: CardState) -> JsonObject:
    confirm = _confirm(
        f"Cancel this {state.request.plan.operation}?",
        "It stops at the next safe place. What was done is undone and what was stopped is started "
        "again.",
        yes="Cancel It",
        no="Let It Run",
    )
    return _button(state.request, "cancel", "Cancel", confirm=confirm)


def _answers(state: CardState) -> list[JsonObject]:
    abort = _confirm(
        "Abort this run?",
        "The run ends here. What was done is undone where that is still safe, and what was stopped "
        "is started again.",
        yes="Abort",
        no="Not Yet",
    )
    return [
        _button(state.request, "retry", "Retry"),
        _button(state.request, "accept", "Accept"),
        _button(state.request, "abort", "Abort", style="danger", confirm=abort),
        _button(state.request, "details", "Details"),
    ]


def _plain_ones(state: CardState, *verbs: Verb) -> list[JsonObject]:
    return [_button(state.request, verb, verb.capitalize()) for verb in verbs]


def _button(
    request: Request,
    verb: Verb,
    label: str,
    *,
    style: Literal["primary", "danger", ""] = "",
    confirm: JsonObject | None = None,
) -> JsonObject:
    element: JsonObject = {
        "type": "button",
        "action_id": verb,
        "text": plain(label),
        "value": button_value(request),
        "accessibility_label": clip_plain(f"{label}: {request.plan.summary}", limits.BUTTON_TEXT),
    }
    if style:
        element["style"] = style
    if confirm is not None:
        element["confirm"] = confirm
    return element


def _confirm(title: str, text: str, *, yes: str, no: str) -> JsonObject:
    return {
        "title": plain(clip_plain(title, limits.CONFIRM_TITLE)),
        "text": plain(clip_plain(text, limits.CONFIRM_TEXT)),
        "confirm": plain(clip_plain(yes, limits.CONFIRM_BUTTON)),
        "deny": plain(clip_plain(no, limits.CONFIRM_BUTTON)),
        "style": "danger",
    }
