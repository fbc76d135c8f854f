"""`phases [ID]`: how far the work on an incident is, and ticking its items."""

from typing import Annotated, Literal

from commands.grammar import Word
from commands.ports import Call, Context, Reply
from commands.respond.incident_words import incident_meant, take_id
from commands.subcommand import Room, Subcommand
from notifiers.views.phases import phases_message
from playbooks.errors import BadArgument
from playbooks.model.base import Model

Verb = Literal["tick", "untick"]


class PhasesWords(Model):
    """Of which incident, and what is done."""

    words: Annotated[
        tuple[str, ...],
        Word("[ID] [tick|untick 1.2]", "an incident's id, and what is done", rest=True),
    ] = ()


def _handle(context: Context, call: Call, params: PhasesWords) -> Reply:
    id_, words = take_id(params.words)
    if not words:
        incident = incident_meant(context, call, id_, "read")
        checklist = context.reviews.phases(incident)
        return Reply(body=phases_message(checklist, context.now()))
    if len(words) != 2 or words[0] not in {"tick", "untick"}:
        raise BadArgument(
            f"`{' '.join(words)}` is nothing to do with phases.",
            "`tick 1.2` says that the second item of the first phase is done, `untick 1.2` that "
            "it is not.",
        )
    incident = incident_meant(context, call, id_, "ask")
    after = context.reviews.tick(incident, words[1], call.actor, done=words[0] == "tick")
    return Reply(body=phases_message(after, context.now()))


PHASES = Subcommand(
    name="phases",
    room=Room.RESPOND,
    summary="the checklists of an incident's phases, and their clocks",
    examples=("phases", "phases inc-7 tick 1.2"),
    permission="read",
    params=PhasesWords,
    handle=_handle,
    notes=("Ticking needs the permission to `ask`. What Interlock can look at it ticks itself.",),
)
