"""`approvals`: requests that wait for votes."""

from commands.asking import channel
from commands.lookup import may_know_run, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Dossier, Reply
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import ago, code, escape, person, plural
from playbooks.model.request import RequestState

_MOST = 200


def _handle(context: Context, call: Call, params: Paged) -> Reply:
    open_to = stacks_open_to(context, call, "read")
    pending = [
        dossier
        for dossier in context.history.dossiers(states=(RequestState.PENDING,), limit=_MOST)
        if dossier.request.plan.stack in open_to and may_know_run(context, call, dossier)
    ]
    if not pending:
        text = "Nothing waits for an approval."
        return Reply(body=Body(text=text, blocks=tuple(blocks.sections(text))))
    title = f"{plural(len(pending), 'request')} waiting for approval"
    content = blocks.sections(f"*{title}*")
    for dossier in pending:
        content += _entry(context, call, dossier)
    return Reply(body=page(title, content, params.page, "approvals"))


def _entry(context: Context, call: Call, dossier: Dossier) -> list[dict[str, object]]:
    request = dossier.request
    approved = sum(vote.decision == "approve" for vote in dossier.votes)
    small = " · ".join(
        (
            f"{code(request.id)} asked by {person(request.requester_slack, request.requester)} "
            f"{ago(request.asked_at, context.now())}",
            f"{approved} of {request.needed}",
            f"expires {ago(request.expires_at, context.now())}",
            f"card in {channel(request.channel)}",
            _yours(context, call, dossier),
        )
    )
    return [
        *blocks.sections(f"*{escape(request.plan.summary)}*"),
        *blocks.context(small),
    ]


def _yours(context: Context, call: Call, dossier: Dossier) -> str:
    request = dossier.request
    if request.requester_slack == call.actor.slack:
        return "yours: somebody else approves it"
    if any(vote.slack == call.actor.slack for vote in dossier.votes):
        return "you have voted"
    stack = context.stacks[request.plan.stack]
    if context.access.may(call.actor, "approve", stack):
        return "*you may approve it*"
    return "others approve it"


APPROVALS = Subcommand(
    name="approvals",
    room=Room.GOVERN,
    summary="requests that wait for votes, and which of them are for you",
    examples=("approvals",),
    permission="read",
    params=Paged,
    handle=_handle,
)
