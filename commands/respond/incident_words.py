"""From what was typed to the incident that is meant, with the permission checked first."""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.lookup import may_know, stack_for
from commands.moments import moment
from commands.names import found
from commands.ports import Call, Context
from playbooks.errors import BadArgument, Refused, UnknownName
from playbooks.model.people import Permission
from playbooks.respond.course import is_live
from playbooks.respond.incident import Incident, Priority, Role

_ID = re.compile(r"inc-\d+", re.IGNORECASE)
WHEN = "how long ago (`15m`, `2h`) or a time (`14:30`, `2026-11-22T14:30`), on your own clocks"
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


def take_id(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The id that the words begin with, empty if they do not, and the words that are left."""
    if words and _ID.fullmatch(words[0]):
        return words[0].lower(), tuple(words[1:])
    return "", tuple(words)


def incident_meant(context: Context, call: Call, id_: str, permission: Permission) -> Incident:
    """The incident with that id; without one, the one that lives where this was typed.

    Raises UnknownName, BadArgument when it could be several, or Refused.
    """
    incident = context.incidents.get(id_) if id_ else _only_here(context, call)
    require(context, call, incident, permission)
    return incident


def require(context: Context, call: Call, incident: Incident, permission: Permission) -> None:
    """Raises Refused where the person may not, UnknownName where they may not even know of it."""
    if not may_know(context, call, incident):
        raise UnknownName(
            f"There is no incident {incident.id!r}.", "`/ops incident list` lists them."
        )
    if incident.stack in context.stacks:
        context.access.require(call.actor, permission, context.stacks[incident.stack])
    else:
        require_any(context, call, permission)


def require_any(context: Context, call: Call, permission: Permission) -> None:
    """What belongs to no stack is for whoever may do it on any of them."""
    may = any(context.access.may(call.actor, permission, each) for each in context.stacks.values())
    if not may:
        raise Refused(
            f"You ({call.actor.name}) may not take part in incidents.",
            f"Ask whoever keeps `interlock.yaml` for a role that may `{permission}`.",
        )


def stack_meant(context: Context, call: Call, name: str | None) -> str:
    """The stack that was named; else the one whose channel this is, or the only one there is."""
    if name is not None:
        return "" if name == "none" else stack_for(context, call, name, "ask").name
    here = context.incidents.stack_at(call.channel)
    if here:
        return stack_for(context, call, here, "ask").name
    if len(context.stacks) == 1:
        return stack_for(context, call, next(iter(context.stacks)), "ask").name
    require_any(context, call, "ask")
    return ""


def priority_meant(text: str) -> Priority:
    """`P2`, `p2` or `2`. Raises BadArgument."""
    name = text.upper() if text.upper().startswith("P") else f"P{text}"
    if name not in Priority.__members__:
        raise BadArgument(f"{text!r} is no severity.", "It is P1, P2, P3 or P4; P1 is the worst.")
    return Priority(name)


def moment_meant(context: Context, call: Call, text: str) -> datetime:
    """When something happened, on the clocks of whoever says so. Raises BadArgument."""
    zone = ZoneInfo(context.oncall.zone_of(call.actor.name) or "UTC")
    try:
        return moment(text, context.now(), zone)
    except ValueError as error:
        raise BadArgument(f"The time: {error}.", f"It should be {WHEN}.") from error


def role_meant(text: str) -> Role:
    """Raises UnknownName with the nearest."""
    return found({each.value: each for each in Role}, text.lower(), "role")


def user_meant(context: Context, call: Call, text: str) -> str:
    """A mention or `me`; empty for `nobody`. Raises BadArgument."""
    if text.lower() in {"me", ""}:
        return call.actor.slack
    if text.lower() in {"nobody", "none"}:
        return ""
    mention = _MENTION.fullmatch(text)
    if mention is not None:
        return mention[1]
    known = context.incidents.user_called(text.removeprefix("@").lower())
    if known:
        return known
    raise BadArgument(f"{text!r} is nobody I know.", "Mention them (`@ben`), or write `me`.")


def _only_here(context: Context, call: Call) -> Incident:
    lives_here = context.incidents.here(call.channel, call.thread_ts)
    for wanted in (list(filter(is_live, lives_here)), list(lives_here)):
        if len(wanted) == 1:
            return wanted[0]
        if wanted:
            known = ", ".join(f"`{each.id}` ({each.title})" for each in wanted[:5])
            raise BadArgument("Several incidents live here.", f"Name one, after the verb: {known}.")
    raise BadArgument(
        "No incident lives in this channel.",
        "Name one after the verb, like `inc-7`; `/ops incident list` lists them.",
    )
