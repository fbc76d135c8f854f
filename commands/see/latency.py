"""How long services take to answer their probes: what is known where nothing else measures."""

from commands.ports import Context, Reply
from notifiers.ports import Body
from notifiers.views import blocks
from notifiers.views.text import duration, escape
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack

_SECONDS = 8.0
_COLUMNS = ("Service", "Health", "Probe took")
_HINT = "Set `telemetry.prometheus` in the stack file to see more."


def without_prometheus(context: Context, stack: Stack) -> Reply:
    """That the stack has no Prometheus, and what its probes say right now."""
    services = [name for name, service in stack.services.items() if service.health is not None]
    facts = context.facts.read(stack, [_query(name) for name in services], within=_SECONDS)
    title = f"{stack.environment}/{stack.name} has no Prometheus"
    found = [ms for name in services if (ms := _ms(facts, name)) is not None]
    if found:
        slowest = duration(max(found) / 1000)
        title += f"; the slowest of {len(found)} probes took {slowest}"
    content = blocks.sections(f"*{escape(title)}*")
    if services:
        rows = [_row(facts, name) for name in services]
        content += blocks.table(_COLUMNS, rows, right=(2,))
    return Reply(body=Body(text=title, blocks=(*content, *blocks.context(_HINT))))


def _query(service: str) -> FactQuery:
    return FactQuery(fact="service.health", args={"service": service})


def _ms(facts: Facts, service: str) -> float | None:
    ms = (facts.get(_query(service)) or {}).get("ms")
    return None if ms is None else float(ms)


def _row(facts: Facts, service: str) -> tuple[str, ...]:
    fact = facts.get(_query(service))
    if fact is None:
        why = facts.missing.get(_query(service).key, "not read")
        return (service, f"unknown: {why}", "")
    ms = _ms(facts, service)
    return (service, str(fact["detail"]), "" if ms is None else duration(max(ms, 1) / 1000))
