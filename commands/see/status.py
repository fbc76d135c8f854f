"""`status [STACK]`: services, backups, and what is under way, as of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from commands.grammar import Word
from commands.lookup import may_know_run, stack_for, stacks_open_to
from commands.paging import Paged, page
from commands.ports import Call, Context, Dossier, Reply
from commands.see import latency, running_as
from commands.state import state_of
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.outcome import first_line, over
from notifiers.views.text import ago, code, escape, how_long, plural, size
from playbooks.model.base import JsonObject
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.request import RequestState
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance
from playbooks.repository.listing import Listing

_SECONDS = 2.5
_COLUMNS = ("Layer", "Service", "State", "Health", "Image", "Ports", "Restarts")
_BACKUPS = FactQuery(fact="repository.list")
_OPEN = (RequestState.PENDING, RequestState.APPROVED)


class StatusParams(Paged):
    """Of which stack."""

    stack: Annotated[str | None, Word("STACK", "the name of a stack; none: all")] = None


@dataclass(frozen=True)
class Seen:
    """One stack as it was found."""

    stack: Stack
    facts: Facts
    under_way: Sequence[Dossier]
    now: datetime
    maintenance: UnderMaintenance | None = None


def _handle(context: Context, call: Call, params: StatusParams) -> Reply:
    if params.stack is not None:
        stack = stack_for(context, call, params.stack, "read")
        [seen] = _look(context, call, [stack])
        text, content = _headline(seen), _whole(context, seen)
        return Reply(body=page(text, content, params.page, f"status {stack.name}"))
    all_seen = _look(context, call, list(stacks_open_to(context, call, "read").values()))
    if len(all_seen) == 1:
        text, content = _headline(all_seen[0]), _whole(context, all_seen[0])
    else:
        text = "; ".join(map(_headline, all_seen)) or "There are no stacks yet."
        content = [block for seen in all_seen for block in _short(seen)]
    return Reply(body=page(text, content or blocks.sections(text), params.page, "status"))


def _look(context: Context, call: Call, stacks: Sequence[Stack]) -> list[Seen]:
    """All at once, within one deadline: a host that is away costs the others nothing."""
    asked = [(stack, _queries(stack)) for stack in stacks]
    facts = context.facts.read_all(asked, within=_SECONDS)
    return [_seen(context, call, stack, read) for stack, read in zip(stacks, facts, strict=True)]


def _queries(stack: Stack) -> list[FactQuery]:
    queries = [query for name in stack.services for query in _service_queries(stack, name)]
    return [*queries, _BACKUPS] if stack.backup is not None else queries


def _seen(context: Context, call: Call, stack: Stack, facts: Facts) -> Seen:
    return Seen(
        stack=stack,
        facts=facts,
        under_way=[
            dossier
            for dossier in context.history.dossiers(stack=stack.name, states=_OPEN, limit=10)
            if may_know_run(context, call, dossier) and not over(state_of(context, dossier))
        ],
        now=context.now(),
        maintenance=context.maintenances.of(stack.name),
    )


def _service_queries(stack: Stack, name: str) -> list[FactQuery]:
    queries = [_state_query(name)]
    if stack.services[name].health is not None:
        queries.append(_health_query(name))
    return queries


def _state_query(service: str) -> FactQuery:
    return FactQuery(fact="service.state", args={"service": service})


def _health_query(service: str) -> FactQuery:
    return FactQuery(fact="service.health", args={"service": service})


def _headline(seen: Seen) -> str:
    """`prod/harbor: 3 of 3 services up, newest backup 3 h ago`: text without markup."""
    up = sum(_is_up(seen, name) for name in seen.stack.services)
    total = len(seen.stack.services)
    unknown = sum(seen.facts.get(_state_query(name)) is None for name in seen.stack.services)
    parts = [
        f"{up} of {plural(total, 'service')} up",
        f"{unknown} unknown" if unknown else "",
        _newest_backup(seen),
    ]
    if seen.under_way:
        parts.append(f"{len(seen.under_way)} under way")
    if seen.maintenance is not None:
        ended = "its end was" if seen.maintenance.late(seen.now) else "ends"
        parts.append(f"under maintenance, {ended} {ago(seen.maintenance.until, seen.now)}")
    return f"{seen.stack.environment}/{seen.stack.name}: {', '.join(filter(None, parts))}"


def _short(seen: Seen) -> list[JsonObject]:
    lines = [f"*{escape(_headline(seen))}*", *(f"• {escape(line)}" for line in _down(seen))]
    return blocks.sections("\n".join(lines))


def _down(seen: Seen) -> list[str]:
    """What is not up, a line for each; those that are unknown for one reason share a line."""
    lines: list[str] = []
    away: dict[str, list[str]] = {}
    for name in seen.stack.services:
        if _is_up(seen, name):
            continue
        if seen.facts.get(_state_query(name)) is None:
            away.setdefault(_why_unknown(seen, name), []).append(name)
        else:
            said = f"{name} {_state_word(seen, name)}, {_health_word(seen, name)}"
            lines.append(said.rstrip(", "))
    return lines + [f"{', '.join(names)} unknown: {why}" for why, names in away.items()]


def _why_unknown(seen: Seen, name: str) -> str:
    return seen.facts.missing.get(_state_query(name).key, "not read")


def _whole(context: Context, seen: Seen) -> list[JsonObject]:
    content = blocks.sections(f"*{escape(_headline(seen))}*")
    rows = [
        _row(seen, number, name)
        for number, layer in enumerate(seen.stack.layers(), 1)
        for name in layer
    ]
    if rows:
        content += blocks.table(_COLUMNS, rows, right=(0, 6))
    if seen.under_way:
        lines = [
            f"• {escape(first_line(state_of(context, each)))} {code(each.request.id)}"
            for each in seen.under_way
        ]
        content += blocks.sections("\n".join(["*Under way*", *lines]))
    stores = ", ".join(f"{name} ({s.kind})" for name, s in seen.stack.datastores.items())
    small = [f"Datastores: {escape(stores)}" if stores else "", escape(_backup_detail(seen))]
    return content + blocks.context(*small, escape(latency.measured(context, seen.stack)))


def _row(seen: Seen, layer: int, name: str) -> tuple[str, ...]:
    """Services stand in the order in which they start."""
    fact = seen.facts.get(_state_query(name)) or {}
    return (
        str(layer),
        name,
        _state_word(seen, name),
        _health_word(seen, name),
        running_as.image(fact),
        running_as.ports(seen.stack.services[name], fact),
        running_as.restarts(fact),
    )


def _is_up(seen: Seen, name: str) -> bool:
    """Up: running as far as it is known, and healthy where that is asked for."""
    state = (seen.facts.get(_state_query(name)) or {}).get("state")
    if seen.stack.services[name].health is None:
        return state == "running"
    health = seen.facts.get(_health_query(name))
    return state != "stopped" and bool(health and health.get("healthy"))


def _state_word(seen: Seen, name: str) -> str:
    fact = seen.facts.get(_state_query(name))
    if fact is None:
        # Where there is a health check, what is missing is said there.
        asked = seen.stack.services[name].health is not None
        return "unknown" if asked else f"unknown: {_why_unknown(seen, name)}"
    state = str(fact["state"])
    if state == "unmanaged":
        return "watched only"
    unit = fact.get("unit") or {}
    if state == "stopped" and unit.get("result") not in {None, "success"}:
        return f"stopped, {unit['state']}: {unit['result']}"
    since = fact.get("since")
    lasting = f" {how_long(datetime.fromisoformat(since), seen.now)}" if since else ""
    words = [running_as.several(fact), running_as.trouble(fact, seen.now)]
    return ", ".join([f"{state}{lasting}", *filter(None, words)])


def _health_word(seen: Seen, name: str) -> str:
    if seen.stack.services[name].health is None:
        return ""
    query = _health_query(name)
    fact = seen.facts.get(query)
    if fact is None:
        return f"unknown: {seen.facts.missing.get(query.key, 'not read')}"
    word = "healthy" if fact.get("healthy") else "unhealthy"
    detail = str(fact.get("detail") or "")
    return f"{word}, {detail}" if detail and word == "unhealthy" else word


def _newest_backup(seen: Seen) -> str:
    if seen.stack.backup is None:
        return ""
    fact = seen.facts.get(_BACKUPS)
    if fact is None:
        return "backups unknown"
    listed = Listing.model_validate(fact).backups
    backups = [each for each in listed if each.good and each.routine]
    return f"newest backup {ago(backups[0].made_at, seen.now)}" if backups else "no backup yet"


def _backup_detail(seen: Seen) -> str:
    if seen.stack.backup is None:
        return "No backups are configured"
    fact = seen.facts.get(_BACKUPS)
    if fact is None:
        return f"Backups unknown: {seen.facts.missing.get(_BACKUPS.key, 'not read')}"
    backups = Listing.model_validate(fact).backups
    if not backups:
        return f"No backup yet; make one with /ops backup {seen.stack.name}"
    newest = backups[0]
    return f"{plural(len(backups), 'backup')}; the newest is {newest.id}, " + (
        f"{size(newest.stored_bytes)} at rest"
    )


STATUS = Subcommand(
    name="status",
    room=Room.SEE,
    summary="services, backups and what is under way, right now",
    examples=("status", "status harbor"),
    permission="read",
    params=StatusParams,
    handle=_handle,
)
