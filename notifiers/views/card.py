"""The card of a request: one message, edited in place until the truth is final."""

from notifiers.ports import Body
from notifiers.views.state import CardState


def card_key(request: str) -> str:
    """The outbox key of a request's card."""
    return f"request:{request}"


def card(state: CardState) -> Body:
    """What the card says now. The outbox stamps the version into the metadata."""
    plan = state.request.plan
    line = f"{plan.summary}, {state.approvals} of {state.request.needed}, {state.state}"
    return Body(text=line, metadata=_metadata(state))


def _metadata(state: CardState) -> dict[str, object]:
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
