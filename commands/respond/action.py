"""`action add ID "TEXT" @OWNER DUE`: what is to be done so that an incident does not come back."""

from typing import Annotated, Literal

from commands.grammar import Word
from commands.lookup import may_know_incident, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply, Wanted
from commands.respond.incident_words import incident_meant, require, take_id, user_meant
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.followup import followup_line
from notifiers.views.text import escape, plural
from playbooks.errors import BadArgument
from playbooks.respond.review import DUE_EXPECTED, FollowUp, day_of, due_day

What = Literal["add", "done", "list"]
_USUAL = "7d"


class ActionWords(Paged):
    """What to do with which action."""

    what: Annotated[What, Word("add|done|list", "`add`, `done` or `list`")] = "list"
    words: Annotated[
        tuple[str, ...],
        Word('[ID] "TEXT" @OWNER DUE', "an id, the text, its owner, a day", rest=True),
    ] = ()


def _handle(context: Context, call: Call, params: ActionWords) -> Reply:
    match params.what:
        case "add":
            return _add(context, call, params)
        case "done":
            return _done(context, call, params)
        case "list":
            return _list(context, call, params)


def _add(context: Context, call: Call, params: ActionWords) -> Reply:
    id_, words = take_id(params.words)
    incident = incident_meant(context, call, id_, "ask")
    at = next((n for n, word in enumerate(words) if word.startswith(("@", "<@"))), None)
    if at is None or at == 0:
        raise BadArgument(
            "An action needs a text and an owner.",
            f'For example: `/ops action add {incident.id} "Limit the pool" @ben friday`',
        )
    today = day_of(context.now(), context.reviews.zone(incident))
    typed = " ".join(words[at + 1 :]) or _USUAL
    try:
        due = due_day(typed, today)
    except ValueError as error:
        raise BadArgument(f"{error}.", f"It should be {DUE_EXPECTED}.") from error
    wanted = Wanted(
        incident=incident.id,
        text=" ".join(words[:at]),
        owner=user_meant(context, call, words[at]),
        due=due,
        once=call.once,
    )
    made = context.reviews.add(incident, call.actor, wanted)
    line = followup_line(made, today)
    said = f"Action {made.id} is noted; its owner is reminded of it from {made.due} on"
    return Reply(body=Body(text=said, blocks=tuple(blocks.sections(f"{said}.\n{line}"))))


def _done(context: Context, call: Call, params: ActionWords) -> Reply:
    if len(params.words) != 1:
        raise BadArgument("Which action? For example: `/ops action done inc-7-1`.")
    after = finish(context, call, params.words[0])
    return Reply(body=Body(text=f"{after.id} is done: {after.text}"))


def finish(context: Context, call: Call, id_: str) -> FollowUp:
    """It is done. Raises UnknownName, or Refused where the person may not."""
    found = context.reviews.followup(id_)
    require(context, call, context.incidents.get(found.incident), "ask")
    return context.reviews.done(found.id, call.actor)


def _list(context: Context, call: Call, params: ActionWords) -> Reply:
    id_, _ = take_id(params.words)
    if id_:
        incident_meant(context, call, id_, "read")
        found = list(context.reviews.followups(id_))
    else:
        readable = stacks_open_to(context, call, "read")
        found = [
            each
            for each in context.reviews.followups()
            if each.stack in {"", *readable} and _visible(context, call, each)
        ]
    left = sum(each.done_at is None for each in found)
    title = f"{plural(left, 'action')} open" if left else "No action is open"
    title += f" from {id_}" if id_ else ""
    content = blocks.sections(f"*{escape(title)}*")
    for each in found:
        today = day_of(context.now(), context.reviews.zone(context.incidents.get(each.incident)))
        content += blocks.sections(followup_line(each, today))
    return Reply(body=page(title, content, params.page, f"action list {id_}".strip()))


def _visible(context: Context, call: Call, each: FollowUp) -> bool:
    return may_know_incident(context, call, each.incident)


ACTION = Subcommand(
    name="action",
    room=Room.RESPOND,
    summary="what is to be done after an incident, by whom and until when",
    examples=(
        'action add inc-7 "Limit the pool of connections" @ben friday',
        "action done inc-7-1",
        "action list",
    ),
    permission="ask",
    params=ActionWords,
    handle=_handle,
    notes=(
        "DUE is a day like `tomorrow`, `friday`, `2w` or `2026-12-01`; without one it is a week.",
        "From that day on the owner is reminded once a day in office hours, until it is done.",
    ),
)
