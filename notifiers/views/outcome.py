"""How a request stands, in a few words and in a line."""

from datetime import datetime

from notifiers.views import text
from notifiers.views.state import CardState
from notifiers.views.steps import position

_ENDINGS = {
    "denied": "Denied",
    "expired": "Expired",
    "void": "Void",
    "cancelled": "Cancelled",
    "succeeded": "Succeeded",
    "failed": "Failed",
    "undone": "Undone",
}
_MEANING = {
    "denied": "Nothing was done.",
    "expired": "Nothing was done.",
    "void": "What it rested on changed; nothing was done.",
    "undone": "What was done has been taken back.",
}


def over(state: CardState) -> bool:
    """Whether nothing more will happen."""
    return state.state in _ENDINGS


def first_line(state: CardState) -> str:
    """Plain text, fit for a lock screen: the plan's summary and how it stands."""
    return f"{state.request.plan.summary}{_standing(state)}"


def news(state: CardState) -> str:
    """Plain text for a message of its own: how it ended, then what it was."""
    word = _ENDINGS.get(state.state, state.state.capitalize())
    took = _took(state) if state.state == "succeeded" else ""
    return f"{word}{f' in {took}' if took else ''}: {state.request.plan.summary}"


def outcome_line(state: CardState) -> str:
    """mrkdwn: the outcome, by whom, how long it took."""
    word = _ENDINGS.get(state.state, state.state.capitalize())
    took = _took(state)
    span = "in" if state.state == "succeeded" else "after"
    parts = [f"*{word}*{f' {span} {took}' if took else ''}"]
    request = state.request
    if request.closed_by:
        parts.append(f"by {_who(state, request.closed_by)}")
    elif state.run is not None and state.state == "cancelled" and state.run.cancel_requested_by:
        parts.append(f"by {_who(state, state.run.cancel_requested_by)}")
    closed = (state.run.ended_at if state.run else None) or request.closed_at
    if closed:
        parts.append(text.when(closed, "{date_short_pretty} {time}"))
    return text.joined(parts)


def taken_back_line(state: CardState) -> str:
    """mrkdwn: which run undid it, who asked for that, and when; empty when none did."""
    undone = state.taken_back
    if undone is None:
        return ""
    by = f"by {text.person(undone.slack, undone.person)}"
    at = text.when(undone.at, "{date_short_pretty} {time}")
    return text.joined([f"*Undone* by {text.code(undone.run)}", by, at])


def why(state: CardState) -> str:
    """mrkdwn: what is to be known about the ending, or what it waits for."""
    run = state.run
    said = " ".join(part for part in (run.outcome if run else "", state.request.reason) if part)
    return text.clip(said or _MEANING.get(state.state, ""), 600)


def elapsed(state: CardState) -> str:
    """How long the run has taken so far, or took; empty before it started."""
    run = state.run
    if run is None or run.started_at is None:
        return ""
    end: datetime = run.ended_at or state.now
    return text.duration((end - run.started_at).total_seconds())


def clock(state: CardState) -> str:
    """Plain text while it runs: how long ago it was asked for, against the plan's objective.

    Empty without an objective. The time until it was approved counts: the stack waits then, too.
    """
    within = state.request.plan.within_seconds
    if within is None or state.run is None or over(state):
        return ""
    seconds = (state.now - state.request.asked_at).total_seconds()
    late = ", over the objective" if seconds > within else ""
    return f"{text.duration(seconds)} of {text.duration(within)} since it was asked for{late}"


def measured(state: CardState) -> str:
    """A sentence: how long it took from being asked for, against the plan's objective; empty
    without one, and unless it succeeded."""
    within, run = state.request.plan.within_seconds, state.run
    if within is None or run is None or run.ended_at is None or state.state != "succeeded":
        return ""
    seconds = (run.ended_at - state.request.asked_at).total_seconds()
    verdict = "kept" if seconds <= within else "missed"
    return (
        f"All was well {text.duration(seconds)} after it was asked for; the objective is "
        f"{text.duration(within)}: {verdict}."
    )


def unhelpful(state: CardState) -> bool:
    """Whether it is over without having helped, and there is something else to try."""
    if state.request.plan.resort is None or state.run is None:
        return False
    failed = state.state in {"failed", "undone"}
    return failed or any(step.output.get("well") is False for step in state.run.steps)


def resort_line(state: CardState) -> str:
    """mrkdwn: what is left to try, where it did not help; else empty."""
    resort = state.request.plan.resort
    if resort is None or not unhelpful(state):
        return ""
    return f"*Next* {text.code(resort.subcommand)}. {text.clip(resort.says, 300)}"


def _standing(state: CardState) -> str:
    match state.state:
        case "pending":
            return f", {state.approvals} of {state.request.needed}"
        case "approved":
            return ": approved"
        case "queued":
            return ": waiting its turn"
        case "running" if state.run is not None:
            stage, stages = position(state.request.plan, state.run)
            return f": running, {min(stage, stages)} of {stages}"
        case "uncertain":
            return ": uncertain, needs an answer"
        case ended:
            took = _took(state)
            since = ", undone since" if state.taken_back else ""
            return f": {ended}{f' in {took}' if took and ended == 'succeeded' else ''}{since}"


def _took(state: CardState) -> str:
    return elapsed(state) if over(state) else ""


def _who(state: CardState, name: str) -> str:
    """A mention when we know the Slack id of this person, else the name."""
    known = {vote.person: vote.slack for vote in state.votes}
    known[state.request.requester] = state.request.requester_slack
    return text.person(known.get(name, ""), name)
