"""New messages for what needs somebody: they mention those who can act, or who asked."""

from collections.abc import Sequence

from notifiers.ports import Body
from notifiers.views.state import CardState


def asked_anew(state: CardState, old_id: str, changes: Sequence[str]) -> Body:
    """`state` is the new request; `changes` say, in sentences, why `old_id` is void."""
    return Body(text=f"Asked anew: {state.request.plan.summary}. {' '.join(changes)} ({old_id})")


def uncertain(state: CardState, step: str, why: str) -> Body:
    """Nobody knows whether `step` happened; `why` is what the probe saw."""
    return Body(text=f"Uncertain: {state.request.plan.summary}, {step}: {why}")


def finished(state: CardState) -> Body:
    """The request is over, with or without a run; tells the requester how it ended."""
    return Body(text=f"{state.request.plan.summary}: {state.state}")
