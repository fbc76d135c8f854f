"""`run ID`: one request and its run in full."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import dossier_for
from commands.paging import Paged, numbered
from commands.ports import Call, Context, Reply
from commands.state import state_of
from commands.subcommand import Room, Subcommand
from notifiers.views.details import details_pages


class RunParams(Paged):
    """Which one."""

    id: Annotated[str, Word("ID", "the id of a request or run, like `k3f9q2`")]


def _handle(context: Context, call: Call, params: RunParams) -> Reply:
    dossier = dossier_for(context, call, params.id, "read")
    parts = details_pages(state_of(context, dossier))
    return Reply(body=numbered(parts, params.page, f"run {dossier.request.id}"))


RUN = Subcommand(
    name="run",
    room=Room.GOVERN,
    summary="one request and its run in full: plan, votes, steps",
    examples=("run k3f9q2",),
    permission="read",
    params=RunParams,
    handle=_handle,
)
