"""`health STACK [SERVICE]`: asks every service how it is, once, now, and says what it answered."""

from typing import Annotated

from commands.grammar import Word
from commands.lookup import service_of, stack_for
from commands.paging import Paged, page
from commands.ports import Call, Context, Reply
from commands.subcommand import Room, Subcommand
from notifiers.views import blocks
from notifiers.views.text import duration, escape, plural
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack

_GRACE_SECONDS = 1.0
_COLUMNS = ("Service", "Health", "Answered in", "What it said")


class HealthParams(Paged):
    """Of a whole stack, or of one service."""

    stack: Annotated[str, Word("STACK", "the name of a stack")]
    service: Annotated[str | None, Word("SERVICE", "one of its services; none: all")] = None


def _handle(context: Context, call: Call, params: HealthParams) -> Reply:
    stack = stack_for(context, call, params.stack, "read")
    names = _asked(stack, params.service)
    facts = context.facts.read(stack, list(map(_query, names)), within=_patience(stack, names))
    title = f"{stack.environment}/{stack.name}: {_headline(facts, names)}"
    rows = [_row(facts, name) for name in names]
    content = blocks.sections(f"*{escape(title)}*")
    if rows:
        content += blocks.table(_COLUMNS, rows, right=(2,))
    again = f"health {stack.name}" + (f" {params.service}" if params.service else "")
    return Reply(body=page(title, content, params.page, again))


def _asked(stack: Stack, service: str | None) -> tuple[str, ...]:
    """In start-up order."""
    if service is not None:
        return (service_of(stack, service)[0],)
    return tuple(name for layer in stack.layers() for name in layer)


def _patience(stack: Stack, names: tuple[str, ...]) -> float:
    """All are asked at once, so the most patient one decides."""
    limits = [getattr(stack.services[name].health, "seconds", 0.0) for name in names]
    return max([*limits, 5.0]) + _GRACE_SECONDS


def _query(service: str) -> FactQuery:
    return FactQuery(fact="service.health", args={"service": service})


def _headline(facts: Facts, names: tuple[str, ...]) -> str:
    answers = [facts.get(_query(name)) for name in names]
    well = sum(bool(answer and answer["healthy"]) for answer in answers)
    ill = sum(bool(answer and answer["healthy"] is False) for answer in answers)
    silent = sum(answer is None for answer in answers)
    rest = [f"{ill} unhealthy"] * bool(ill) + [f"{silent} unknown"] * bool(silent)
    return ", ".join([f"{well} of {plural(len(names), 'service')} healthy", *rest])


def _row(facts: Facts, name: str) -> tuple[str, ...]:
    query = _query(name)
    answer = facts.get(query)
    if answer is None:
        return (name, "unknown", "", facts.missing.get(query.key, "not read"))
    healthy = answer["healthy"]
    word = "not asked" if healthy is None else "healthy" if healthy else "unhealthy"
    took = "" if answer["ms"] is None else duration(answer["ms"] / 1000)
    said = "" if answer["detail"] == word else str(answer["detail"])
    return (name, word, took, said)


HEALTH = Subcommand(
    name="health",
    room=Room.SEE,
    summary="asks every service how it is, once, now",
    examples=("health harbor", "health harbor api"),
    permission="read",
    params=HealthParams,
    handle=_handle,
)
