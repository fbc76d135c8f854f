"""`cancel ID`: withdraws a request, stops a run at the next safe place, or ends the following of a
log."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import dossier_for
from commands.ports import Call, Context, Dossier, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import escape
from playbooks.model.base import Model
from playbooks.model.followed import FOLLOW_PREFIX
from playbooks.model.people import Actor
from playbooks.model.request import RequestState


class CancelParams(Model):
    """Which request, run or followed log."""

    id: Annotated[str, Word("ID", "the id of a request, a run or a followed log, like `k3f9q2`")]


def _handle(context: Context, call: Call, params: CancelParams) -> Reply:
    if params.id.lower().startswith(FOLLOW_PREFIX):
        return Reply(body=stopped(context, call.actor, params.id.lower()))
    known = dossier_for(context, call, params.id, "read")
    dossier = context.gate.cancel(known.request.id, call.actor)
    text = cancelled(dossier)
    return Reply(body=Body(text=text, blocks=tuple(blocks.sections(escape(text)))))


def stopped(context: Context, actor: Actor, id_: str) -> Body:
    """Ends the following of a log. Raises UnknownName, Refused."""
    follow = context.follows.stop(id_, actor)
    text = f"{follow.title} is not followed any more."
    return Body(text=text, blocks=tuple(blocks.sections(escape(text))))


def cancelled(dossier: Dossier) -> str:
    """What is said to the person who cancelled."""
    request = dossier.request
    if request.state is RequestState.CANCELLED:
        return f"{request.plan.summary}: the request is withdrawn, nothing was done."
    return (
        f"{request.plan.summary}: it stops at the next safe place. What was done is undone, and "
        "what was stopped is started again."
    )


CANCEL = Subcommand(
    name="cancel",
    room=Room.GOVERN,
    summary="withdraw a request, or stop a run at the next safe place",
    examples=("cancel k3f9q2",),
    permission="read",
    params=CancelParams,
    handle=_handle,
    notes=("Who asked may cancel, and so may those who may approve.",),
)
