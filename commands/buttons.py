"""From a pressed button to what it does."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Literal

from commands.dispatch import answer
from commands.lookup import dossier_for
from commands.ports import Call, Context, Dossier, Reply
from commands.respond.buttons import ON_ALERTS
from commands.respond.incident_buttons import ON_INCIDENTS, OPEN_WINDOWS
from commands.respond.review_buttons import ON_REVIEWS
from commands.respond.routine_buttons import ON_ROUTINES
from commands.state import state_of
from notifiers.ports import Body
from notifiers.views.buttons import Pressed, pressed
from notifiers.views.details import details, details_pages
from notifiers.views.follow import STOP as STOP_FOLLOW
from notifiers.views.outcome import unhelpful
from notifiers.views.values import spoken
from playbooks.errors import Refused, UnknownName
from playbooks.model.base import Model
from playbooks.model.people import Actor
from playbooks.model.request import RequestState

# These open a window, for which Slack gives three seconds: it is opened before they are answered.
OPENS_VIEW = frozenset({"details", "silence_until"}) | OPEN_WINDOWS


class Press(Model):
    """One press: who, on which message, which button, with which value.

    `again` is set when an earlier life of the bot had begun to deal with this very press and may
    have finished; nothing is then done or said a second time.
    """

    actor: Actor
    channel: str
    thread_ts: str | None = None
    action: str
    value: str
    at: datetime
    once: str | None = None
    again: bool = False


def press(context: Context, given: Press) -> Reply:
    """Does what the button says. Raises InterlockError with the reason for the person."""
    responding = _RESPONDING.get(given.action)
    if responding is not None:
        return responding(context, _call(given, ""), given.value, given.at)
    handle = _BUTTONS.get(given.action)
    if handle is None:
        raise UnknownName(
            f"Nothing answers to the button `{given.action}`.", "Open the newest card of it."
        )
    return handle(context, given, pressed(given.value))


def _vote(
    decision: Literal["approve", "deny"], context: Context, given: Press, on: Pressed
) -> Reply:
    if given.again and _has_voted(context.history.dossier(on.request), given, on, decision):
        return Reply()
    context.gate.vote(on.request, on.digest, given.actor, decision)
    return Reply()


def _has_voted(dossier: Dossier, given: Press, on: Pressed, decision: str) -> bool:
    return any(
        (vote.slack, vote.digest, vote.decision) == (given.actor.slack, on.digest, decision)
        for vote in dossier.votes
    )


def _cancel(context: Context, given: Press, on: Pressed) -> Reply:
    if given.again and _is_cancelled(context.history.dossier(on.request), given):
        return Reply()
    context.gate.cancel(on.request, given.actor)
    return Reply()


def _is_cancelled(dossier: Dossier, given: Press) -> bool:
    withdrawn = dossier.request.state is RequestState.CANCELLED
    asked = dossier.run is not None and dossier.run.cancel_requested_by == given.actor.name
    return withdrawn or asked


def _settle(
    decision: Literal["retry", "accept", "abort"], context: Context, given: Press, on: Pressed
) -> Reply:
    if given.again and _is_settled(context.history.dossier(on.request), given):
        return Reply()
    context.gate.settle(on.request, given.actor, decision)
    return Reply()


def _is_settled(dossier: Dossier, given: Press) -> bool:
    """Whether the question that was on the card when it was pressed has had its answer."""
    run = dossier.run
    if run is None or run.uncertain_step is None:
        return True
    asked = [step for step in run.steps if step.key == run.uncertain_step]
    return any(step.started_at is not None and step.started_at > given.at for step in asked)


def _details(context: Context, given: Press, on: Pressed) -> Reply:
    dossier = dossier_for(context, _call(given, "details"), on.request, "read")
    state = state_of(context, dossier)
    body: Body = details_pages(state)[0]
    return Reply(view=details(state), body=body)


def _undo(context: Context, given: Press, on: Pressed) -> Reply:
    """Asks for the undo as a request of its own, by the line that the plan names."""
    dossier = context.history.dossier(on.request)
    if dossier.taken_back is not None and not given.again:
        undo = dossier.taken_back
        raise Refused(
            f"It was undone already, by run {undo.run}, which {undo.person} asked for.",
            f"Undo that one instead if you want it back: its card is in `/ops run {undo.run}`.",
        )
    hint = spoken(dossier.request.plan, on.request).undo_hint
    if not hint:
        raise Refused("What this run did cannot be undone by another one.")
    return answer(context, _call(given, hint.removeprefix("/ops "), dossier.request.incident))


def _stop_follow(context: Context, given: Press, on: Pressed) -> Reply:
    context.follows.stop(on.request, given.actor)
    return Reply()


def _next(context: Context, given: Press, on: Pressed) -> Reply:
    """Asks for what is left to try, by the line that the plan names."""
    dossier = context.history.dossier(on.request)
    resort = dossier.request.plan.resort
    if resort is None or not unhelpful(state_of(context, dossier)):
        raise Refused("There is nothing else to try after this.", "Open the newest card of it.")
    text = resort.subcommand.removeprefix("/ops ")
    return answer(context, _call(given, text, dossier.request.incident))


def _call(given: Press, text: str, incident: str = "") -> Call:
    """As if it had been typed, in the course of the incident that the pressed card belongs to."""
    return Call(
        actor=given.actor,
        channel=given.channel,
        thread_ts=given.thread_ts,
        text=text,
        origin="button",
        once=given.once,
        incident=incident,
    )


_Handler = Callable[[Context, Press, Pressed], Reply]
_BUTTONS: Mapping[str, _Handler] = MappingProxyType(
    {
        "approve": partial(_vote, "approve"),
        "deny": partial(_vote, "deny"),
        "details": _details,
        "cancel": _cancel,
        "undo": _undo,
        "retry": partial(_settle, "retry"),
        "accept": partial(_settle, "accept"),
        "abort": partial(_settle, "abort"),
        "next": _next,
        STOP_FOLLOW: _stop_follow,
    }
)
_RESPONDING = MappingProxyType({**ON_ALERTS, **ON_INCIDENTS, **ON_ROUTINES, **ON_REVIEWS})
ACTIONS = frozenset({*_BUTTONS, *_RESPONDING})
