"""The card of a request: one message, edited in place until the truth is final."""

from collections.abc import Sequence
from typing import Literal

from notifiers.ports import Body
from notifiers.views import blocks, limits, text
from notifiers.views.buttons import actions, undoable
from notifiers.views.outcome import (
    clock,
    first_line,
    measured,
    outcome_line,
    over,
    resort_line,
    taken_back_line,
    why,
)
from notifiers.views.state import CardState
from notifiers.views.steps import Room, busy_lines, step_lines
from notifiers.views.values import spoken
from playbooks.model.base import JsonObject
from playbooks.model.plan import Plan, Risk
from playbooks.model.request import Vote

RISKS = {
    Risk.READ: "READ, interrupts and changes nothing",
    Risk.CHANGE: "CHANGE, interrupts or changes something",
    Risk.DESTROY: "DESTROY, can lose data or a service",
}
_ROOMS = (
    Room(steps=24, sentences=6, characters=300),
    Room(steps=12, sentences=4, characters=160),
    Room(steps=6, sentences=2, characters=80),
)
_MOST_VOTES = 20
ANSWERS = (
    "*Retry* does the step again. *Accept* takes it as done and goes on. "
    "*Abort* ends the run and undoes what is still safe to undo."
)


def card_key(request: str) -> str:
    """The outbox key of a request's card."""
    return f"request:{request}"


def card(state: CardState) -> Body:
    """What the card says now. The outbox stamps the version into the metadata."""
    said: list[JsonObject] = []
    for room in _ROOMS:
        said = _blocks(state, room)
        if blocks.length(said) <= limits.PAGE_CHARACTERS:
            break
    return Body(
        text=text.clip(first_line(state), limits.TEXT),
        blocks=tuple(said),
        metadata=metadata(state),
    )


def metadata(state: CardState) -> JsonObject:
    """What programs read from the card. Nothing else carries it."""
    request = state.request
    payload = {
        "key": card_key(request.id),
        "request": request.id,
        "run": state.run.id if state.run else None,
        "operation": request.plan.operation,
        "stack": request.plan.stack,
        "state": state.state,
        "supersedes": request.supersedes,
    }
    return {
        "event_type": "interlock.run",
        "event_payload": {name: value for name, value in payload.items() if value is not None},
    }


def bullets(title: str, sentences: Sequence[str], room: Room, more: str = "*Details*") -> str:
    """A titled list, or one line when there is one sentence; empty without any.

    What there is no room for is counted, followed by `more`: where to see it.
    """
    lines = [text.clip(sentence, room.characters) for sentence in sentences]
    if len(lines) == 1:
        return f"*{title}* · {lines[0]}"
    shown = [f"• {line}" for line in lines[: room.sentences]]
    rest = len(lines) - room.sentences
    if rest > 0:
        shown.append(f"{text.ELLIPSIS} and {rest:,} more, {more}")
    return "\n".join([f"*{title}*", *shown]) if shown else ""


def undo_hint(plan: Plan) -> str:
    """How to take the finished operation back, as a sentence in raw text; empty without a way."""
    hint = plan.undo_hint.removeprefix("/ops ")
    return f"Undo with `/ops {hint}`." if hint else ""


def _blocks(state: CardState, room: Room) -> list[JsonObject]:
    return [
        *blocks.headline(first_line(state)),
        *_standing(state, room),
        *_stakes(state, room),
        *actions(state),
        *_background(state, room),
        *_steps(state, room),
        *blocks.context(*_small_print(state)),
    ]


def _standing(state: CardState, room: Room) -> list[JsonObject]:
    """What is to be known first: what it is, or how far, or how it ended."""
    if over(state):
        lines = (
            outcome_line(state),
            why(state),
            measured(state),
            resort_line(state),
            taken_back_line(state),
        )
        return blocks.sections("\n".join(line for line in lines if line))
    if state.run is None:
        return blocks.fields(_pending_fields(state))
    said = blocks.fields(_running_fields(state))
    if busy := busy_lines(state.run, state.now, room):
        said += blocks.sections("\n".join(busy))
    if state.state == "uncertain":
        said += blocks.sections(f"{why(state)}\n{ANSWERS}".strip())
    elif state.run.cancel_requested_by:
        said += blocks.sections("*Cancelling*: it stops at the next safe place.")
    return said


def _pending_fields(state: CardState) -> list[tuple[str, str]]:
    request = state.request
    roles = " or ".join(sorted(request.approver_roles))
    needed = f"{state.approvals} of {request.needed}" + (
        f", by {text.escape(roles)}" if roles else ""
    )
    return [
        ("Risk", RISKS[request.plan.risk]),
        ("Approvals", needed),
    ]


def _running_fields(state: CardState) -> list[tuple[str, str]]:
    run = state.run
    started = text.when(run.started_at, "{time_secs}") if run and run.started_at else ""
    waits = text.clip(run.waiting_for, 200) if run else ""
    return [
        ("Waiting for", waits),
        ("Started", started),
        ("Takes", _estimate(state)),
        ("Recovery clock", clock(state)),
    ]


def _estimate(state: CardState) -> str:
    if state.estimate_seconds is None:
        return "not known yet, it never ran here"
    return f"about {text.duration(state.estimate_seconds)}, from earlier runs"


def _stakes(state: CardState, room: Room) -> list[JsonObject]:
    """Everything before it is decided; while it runs and when it is over, what still matters."""
    plan = spoken(state.request.plan, state.request.id)
    hint = "" if state.pending else undo_hint(plan)
    keeps = tuple(sentence for sentence in (*plan.keeps, hint) if sentence)
    lists = [
        ("Loses", plan.loses, state.pending),
        ("Affects", plan.affects, not over(state)),
        ("Approving confirms", plan.checklist, state.pending),
        ("Keeps" if plan.keeps else "Good to know", keeps, state.pending or undoable(state)),
    ]
    said = [bullets(title, lines, room) for title, lines, wanted in lists if wanted]
    return [block for part in said if part for block in blocks.sections(part)]


def _background(state: CardState, room: Room) -> list[JsonObject]:
    """What helps to decide and is not needed to: below the buttons, which stay in sight."""
    if not state.pending:
        return []
    plan = spoken(state.request.plan, state.request.id)
    rest = len(plan.shown) - room.sentences
    shown = [
        (text.clip(line.label, 60), text.clip(line.value, room.characters))
        for line in plan.shown[: room.sentences]
    ]
    first = [
        ("Takes", _estimate(state)),
        ("Expires", text.when(state.request.expires_at, "{date_short_pretty} {time}")),
    ]
    more = ("More", f"{rest:,} more facts in *Details*" if rest > 0 else "")
    notes = bullets("Good to know", [n for n in (*plan.notes, undo_hint(plan)) if n], room)
    return [*blocks.fields([*first, *shown, more]), *(blocks.sections(notes) if notes else [])]


def _steps(state: CardState, room: Room) -> list[JsonObject]:
    plan = state.request.plan
    if plan.nothing_to_do:
        return blocks.sections("*Nothing to do*")
    if over(state) and state.run is None:
        return []
    more = f"`/ops run {state.request.id}`"
    # How far the busy ones are is said once, near the top.
    run = state.run and state.run.model_copy(update={"progress": ()})
    lines = step_lines(plan, run, state.now, room, more)
    return blocks.sections("\n".join(["*Steps*", *lines]))


def _small_print(state: CardState) -> list[str]:
    request = state.request
    asked = f"Asked by {text.person(request.requester_slack, request.requester)}"
    asked += f" {text.when(request.asked_at)}"
    typed = text.code(request.typed, 200) if request.typed else ""
    marks = [
        f"ID {text.code(request.id)}",
        f"plan {text.code(request.digest[:8])}",
        f"replaces {text.code(request.supersedes)}" if request.supersedes else "",
        f"replaced by {text.code(request.superseded_by)}" if request.superseded_by else "",
    ]
    return [
        text.joined([asked, typed]),
        text.joined([_voters("Approved", state.votes), _voters("Denied", state.votes)]),
        text.joined(marks),
    ]


def _voters(word: Literal["Approved", "Denied"], votes: Sequence[Vote]) -> str:
    """`Approved by @ben 05:13, @cleo 05:14`."""
    decision = "approve" if word == "Approved" else "deny"
    found = [vote for vote in votes if vote.decision == decision]
    names = [f"{text.person(v.slack, v.person)} {text.when(v.at)}" for v in found[:_MOST_VOTES]]
    rest = len(found) - _MOST_VOTES
    more = f" and {rest:,} more" if rest > 0 else ""
    return f"{word} by {', '.join(names)}{more}" if names else ""
