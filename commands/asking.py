"""From an intent to a request: the same road for every operation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from commands.ports import Asking, Call, Context, Dossier, Reply
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import code, escape, plural
from playbooks.errors import Refused
from playbooks.model.base import Model
from playbooks.model.people import Permission
from playbooks.model.plan import Plan
from playbooks.model.request import RequestState
from playbooks.model.stack import Stack

P = TypeVar("P", bound=Model)


@dataclass(frozen=True)
class Intent:
    """What somebody wants: an operation on a stack, its parameters resolved."""

    operation: str
    stack: Stack
    params: Model


@dataclass(frozen=True)
class Operation(Generic[P]):
    """How a subcommand's parameters become an intent.

    `locate` finds the stack and requires the permission there, before anything is read;
    `intend` resolves the rest ("latest" becomes an id), reading facts where it must.
    """

    locate: Callable[[Context, Call, P, Permission], Stack]
    intend: Callable[[Context, Stack, P], Intent]

    def plan(self, context: Context, call: Call, params: P, permission: Permission) -> Plan:
        """The plan as of now; asks nobody, changes nothing."""
        intent = self._intent(context, call, params, permission)
        return context.gate.plan(intent.operation, intent.stack, intent.params)

    def ask(self, context: Context, call: Call, params: P) -> Reply:
        """Requests that it runs. The reply says where the card is."""
        intent = self._intent(context, call, params, "ask")
        plan = context.gate.plan(intent.operation, intent.stack, intent.params)
        return ask_for(context, call, intent.stack, plan)

    def _intent(self, context: Context, call: Call, params: P, permission: Permission) -> Intent:
        return self.intend(context, self.locate(context, call, params, permission), params)


def ask_for(context: Context, call: Call, stack: Stack, plan: Plan) -> Reply:
    """Requests that the plan runs, unless there is nothing to do. Its card belongs into the channel
    of the stack; in the course of a private incident, into that one's. Whatever is asked for where
    such an incident lives is in its course."""
    if plan.nothing_to_do:
        return Reply(body=nothing_to_do(plan))
    incident = call.incident or _private_here(context, call)
    card = _private_channel(context, incident)
    asking = Asking(
        actor=call.actor,
        channel=call.channel,
        typed=f"/ops {call.text}",
        origin=call.origin,
        once=call.once,
        card=card,
        incident=incident,
    )
    return Reply(body=said(context.gate.ask(plan, asking), stack, call, card))


def _private_here(context: Context, call: Call) -> str:
    """The private incident whose channel this is, closed or not; empty elsewhere."""
    here = context.incidents.here(call.channel, call.thread_ts) if call.channel else ()
    private = (each.id for each in here if each.private and each.channel == call.channel)
    return next(private, "")


def _private_channel(context: Context, incident: str) -> str:
    """Slack's id of the channel of a private incident; empty of others. Raises Refused."""
    found = context.incidents.get(incident) if incident else None
    if found is None or not found.private:
        return ""
    if not found.channel:
        raise Refused(f"The channel of {found.id} is being made.", "Try again in a moment.")
    return found.channel


def nothing_to_do(plan: Plan) -> Body:
    """What is said when the world is already as it was asked to be."""
    text = f"Nothing to do for {plan.summary}"
    lines = "\n".join([f"*{escape(text)}*", *map(escape, plan.notes)])
    return Body(text=text, blocks=tuple(blocks.sections(lines)))


def said(dossier: Dossier, stack: Stack, call: Call, card: str = "") -> Body:
    """The private line that follows a request: what happens next, and where to look."""
    request = dossier.request
    here = request.channel == call.channel
    where = "the card is here" if here else f"the card is in {channel(card or stack.channel)}"
    match request.state:
        case RequestState.PENDING:
            line = f"Asked for: {plural(request.needed, 'approval')} needed, {where}."
        case RequestState.APPROVED:
            line = f"On its way, no approval needed; {where}."
        case state:
            line = f"The request is {state.value}; {where}."
    text = f"{request.plan.summary}. {line}"
    body = f"*{escape(request.plan.summary)}*\n{line}"
    return Body(
        text=text,
        blocks=(
            *blocks.sections(body),
            *blocks.context(f"Request {code(request.id)} · `/ops run {request.id}` shows it"),
        ),
    )


def channel(name: str) -> str:
    """A channel as mrkdwn: ids become links, names stay names."""
    if name[:1] in {"C", "G", "D"} and name.isalnum() and name.isupper():
        return f"<#{name}>"
    return escape(f"#{name.removeprefix('#')}")
