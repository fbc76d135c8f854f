"""`incident open TITLE`, and all that follows, most easily typed where the incident lives."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal

from commands.grammar import Option, Word
from commands.lookup import may_know, stacks_open_to
from commands.names import found
from commands.paging import Paged, page
from commands.ports import Call, Context, Incidents, Opening, Reply
from commands.respond.incident_words import (
    WHEN,
    incident_meant,
    moment_meant,
    priority_meant,
    role_meant,
    stack_meant,
    take_id,
    user_meant,
)
from commands.subcommand import Room, Subcommand
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.incident import entry_line, incident_line, summary, timeline_part
from notifiers.views.text import code, escape, person, plural
from playbooks.errors import BadArgument
from playbooks.model.base import JsonObject
from playbooks.respond.course import Turn, is_live
from playbooks.respond.incident import Incident, IncidentState

What = Literal[
    "open",
    "severity",
    "role",
    "note",
    "status",
    "mitigated",
    "resolve",
    "reopen",
    "close",
    "list",
    "show",
]
_VERBS = "open|severity|role|note|status|mitigated|resolve|reopen|close|list|show"
_ENTRIES_A_PAGE = 25
_TURNS: Mapping[str, Turn] = {
    "mitigated": "mitigate",
    "resolve": "resolve",
    "reopen": "reopen",
    "close": "close",
}


class IncidentWords(Paged):
    """What to do, and with what."""

    what: Annotated[What, Word(_VERBS, f"one of `{_VERBS.replace('|', '`, `')}`")] = "list"
    words: Annotated[
        tuple[str, ...], Word("[ID] TEXT", "the incident's id and text", rest=True, anything=True)
    ] = ()
    stack: Annotated[str | None, Option("which stack; `none`: no one", "a stack", "STACK")] = None
    severity: Annotated[str | None, Option("how bad it is", "P1, P2, P3 or P4", "P2")] = None
    kind: Annotated[str, Option("of which kind, as its stack file calls it", "a kind", "KIND")] = ""
    private: Annotated[bool, Option("seen only by those who are asked in")] = False
    at: Annotated[str | None, Option("when it happened", WHEN, "TIME")] = None
    all: Annotated[bool, Option("closed ones too")] = False


def _handle(context: Context, call: Call, params: IncidentWords) -> Reply:
    _only_what_fits(params)
    id_, words = take_id(params.words)
    if params.what == "open":
        return _open(context, call, params, " ".join(params.words))
    if params.what == "list":
        return _list(context, call, params)
    if params.what == "show":
        return _show(context, call, params, id_)
    incident = incident_meant(context, call, id_, "ask")
    if params.what in _TURNS:
        return _turn(context, call, incident, words, params)
    return _WITH_WORDS[params.what](context, call, incident, words, params)


def _open(context: Context, call: Call, params: IncidentWords, title: str) -> Reply:
    if not title:
        raise BadArgument("TITLE is missing: what is wrong, in a few words.")
    stack = stack_meant(context, call, params.stack)
    if params.kind:
        found(context.stacks[stack].incidents if stack else {}, params.kind, "kind of incident")
    opening = Opening(
        title=title,
        priority=priority_meant(params.severity or "P3"),
        stack=stack,
        kind=params.kind,
        private=params.private,
        once=call.once,
    )
    incident = context.incidents.open(opening, call.actor)
    return _done(context, call, incident, f"{incident.id} is open, {_where(incident)}.")


def _turn(
    context: Context,
    call: Call,
    incident: Incident,
    words: tuple[str, ...],
    params: IncidentWords,
) -> Reply:
    """What is said with it is kept as a note; one word alone was meant as something else."""
    _no_more(words if len(words) == 1 else (), params.what)
    context.incidents.turn(incident.id, call.actor, _TURNS[params.what])
    if words:
        context.incidents.note(incident.id, call.actor, " ".join(words), None, call.once)
    return _done(context, call, incident, "")


def _severity(
    context: Context,
    call: Call,
    incident: Incident,
    words: tuple[str, ...],
    params: IncidentWords,
) -> Reply:
    given = params.severity or (words[0] if words else "")
    if not given:
        raise BadArgument("Which severity? P1, P2, P3 or P4.")
    _no_more(words[1:], "severity")
    context.incidents.set_priority(incident.id, call.actor, priority_meant(given))
    return _done(context, call, incident, "")


def _role(
    context: Context,
    call: Call,
    incident: Incident,
    words: tuple[str, ...],
    params: IncidentWords,  # noqa: ARG001
) -> Reply:
    if not words:
        raise BadArgument("Which role? `commander`, `scribe` or `communications`.")
    slack, role = user_meant(context, call, " ".join(words[1:])), role_meant(words[0])
    if slack and incident.roles.get(role) == slack:
        text = f"Already {role.value} of {incident.id}"
        said = f"{person(slack)} is {role.value} of {escape(incident.id)} already."
        return Reply(body=Body(text=text, blocks=tuple(blocks.sections(said))))
    context.incidents.set_role(incident.id, call.actor, role, slack)
    return _done(context, call, incident, "")


def _note(
    context: Context,
    call: Call,
    incident: Incident,
    words: tuple[str, ...],
    params: IncidentWords,
) -> Reply:
    text = _text(words, "What happened?")
    at = moment_meant(context, call, params.at) if params.at else None
    entry = context.incidents.note(incident.id, call.actor, text, at, call.once)
    said = f"Noted in {incident.id}:\n{entry_line(entry)}"
    return Reply(body=Body(text=f"Noted in {incident.id}", blocks=tuple(blocks.sections(said))))


def _status(
    context: Context,
    call: Call,
    incident: Incident,
    words: tuple[str, ...],
    params: IncidentWords,  # noqa: ARG001
) -> Reply:
    text = _text(words, "What should those who wait for news know?")
    context.incidents.tell(incident.id, call.actor, text, call.once)
    return _done(context, call, incident, f"Told those who wait for news of {incident.id}.")


def _list(context: Context, call: Call, params: IncidentWords) -> Reply:
    readable = stacks_open_to(context, call, "read")
    states = () if params.all else (*_LIVE, IncidentState.RESOLVED)
    seen = [
        each
        for each in context.incidents.list(states, params.stack)
        if each.stack in {"", *readable} and may_know(context, call, each)
    ]
    live = sum(map(is_live, seen))
    title = f"{plural(live, 'incident')} open" if live else "No incident is open"
    if len(seen) > live:
        title += f", {len(seen) - live} resolved"
    content = blocks.sections(f"*{escape(title)}*")
    for each in seen:
        content += blocks.sections(incident_line(each, context.now()))
    if not params.all:
        content += blocks.context(f"{code('/ops incident list --all')} lists closed ones, too")
    again = "incident list" + (" --all" if params.all else "")
    return Reply(body=page(title, content, params.page, again))


def _show(context: Context, call: Call, params: IncidentWords, id_: str) -> Reply:
    incident = incident_meant(context, call, id_, "read")
    return Reply(body=shown(context, incident, params.page))


def shown(context: Context, incident: Incident, number: int) -> Body:
    """A page of an incident's timeline; raises BadArgument where there are not so many."""
    return page_of(context.incidents, incident, number, context.now())


def page_of(incidents: Incidents, incident: Incident, number: int, now: datetime) -> Body:
    """A page of an incident's timeline; the first one has the newest entries, in their order."""
    total = incidents.count(incident.id)
    pages = max(1, -(-total // _ENTRIES_A_PAGE))
    if number > pages:
        raise BadArgument(f"There is no page {number}; the last one is {pages}.")
    skip = (number - 1) * _ENTRIES_A_PAGE
    limit = min(_ENTRIES_A_PAGE, total - skip)
    if skip <= total // 2:
        entries = incidents.newest(incident.id, skip=skip, limit=limit)
    else:
        entries = incidents.entries(incident.id, offset=total - skip - limit, limit=limit)
    content: list[JsonObject] = []
    if number == 1:
        content += summary(incident, now, total)
    content += timeline_part(entries)
    if number < pages:
        more = code(f"/ops incident show {incident.id} --page {number + 1}")
        content += blocks.context(f"Earlier: {more} · page {number} of {pages}")
    return Body(text=f"{incident.id}: {incident.title}", blocks=tuple(content))


def _done(context: Context, call: Call, incident: Incident, said: str) -> Reply:
    """Where the card is seen, it says what changed. `said` is mrkdwn."""
    if not said and call.channel == incident.channel:
        return Reply()
    fresh = context.incidents.get(incident.id)
    if not may_know(context, call, fresh):
        return Reply(body=Body(text=said or fresh.id))
    line = "\n".join(each for each in (said, incident_line(fresh, context.now())) if each)
    return Reply(body=Body(text=said or fresh.id, blocks=tuple(blocks.sections(line))))


def _where(incident: Incident) -> str:
    if incident.channel:
        return f"with a thread in <#{incident.channel}>"
    return "and its own channel is being made"


def _text(words: tuple[str, ...], question: str) -> str:
    if not words:
        raise BadArgument(f"TEXT is missing. {question}")
    return " ".join(words)


def _no_more(words: tuple[str, ...], what: str) -> None:
    if words:
        raise BadArgument(
            f"`{' '.join(words)}` does not go with `{what}`.",
            "`/ops incident note TEXT` writes something down.",
        )


def _only_what_fits(params: IncidentWords) -> None:
    """Nothing that was typed is passed over in silence."""
    given = {
        "--stack": params.stack is not None,
        "--severity": params.severity is not None,
        "--kind": bool(params.kind),
        "--private": params.private,
        "--at": params.at is not None,
        "--all": params.all,
    }
    fitting = {
        "open": {"--stack", "--severity", "--kind", "--private"},
        "severity": {"--severity"},
        "note": {"--at"},
        "list": {"--stack", "--all"},
    }
    fits = fitting.get(params.what, set())
    stray = [name for name, typed in given.items() if typed and name not in fits]
    if stray:
        raise BadArgument(f"`{stray[0]}` does not go with `{params.what}`.")


_LIVE = (IncidentState.OPEN, IncidentState.MITIGATED)
_WithWords = Callable[[Context, Call, Incident, tuple[str, ...], IncidentWords], Reply]
_WITH_WORDS: Mapping[str, _WithWords] = MappingProxyType(
    {"severity": _severity, "role": _role, "note": _note, "status": _status}
)

INCIDENT = Subcommand(
    name="incident",
    room=Room.RESPOND,
    summary="open an incident, say how it stands, and see its timeline",
    examples=(
        "incident open payments fail --stack harbor --severity P2",
        "incident role commander @ben",
        "incident note --at 14:30 the cache was cleared",
        "incident status We found the cause and are fixing it",
        "incident mitigated",
        "incident resolve",
        "incident show inc-7",
    ),
    permission="ask",
    params=IncidentWords,
    handle=_handle,
    notes=(
        "In the channel or thread of an incident its id can be left out; elsewhere it comes after "
        "the verb: `incident note inc-7 TEXT`.",
        "P1 and P2 get a channel of their own, the others a thread in the channel of their stack.",
    ),
)
