"""Services: how they are, what they wrote, and what they and their host use."""

from collections.abc import Sequence
from datetime import datetime

from playbooks.model.base import JsonObject
from playbooks.model.checks import ErrorsCheck, HealthCheck, ResourcesCheck
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.logged import ErrorCount
from playbooks.model.stack import Stack
from playbooks.respond.checking.finding import (
    Finding,
    red,
    together,
    unknown,
    why_missing,
)
from playbooks.sizes import counted, in_bytes
from playbooks.spans import span

_HOST = FactQuery(fact="host.usage")
_NAMED = 4


def health_needs(stack: Stack, item: HealthCheck) -> tuple[FactQuery, ...]:
    return tuple(_health(name) for name in item.services or stack.services)


def health(stack: Stack, item: HealthCheck, facts: Facts, _: datetime) -> Finding:
    names = item.services or tuple(stack.services)
    bad, lacking, well, asked = [], [], 0, 0
    for name in names:
        answer = facts.get(_health(name))
        if answer is None:
            lacking.append(f"{name} unknown: {why_missing(facts, _health(name))}")
        elif answer["healthy"] is False:
            bad.append(f"{name}: {answer['detail']}")
        well += bool(answer and answer["healthy"])
        asked += bool(answer is None or answer["healthy"] is not None)
    if not names or not (asked or bad):
        return unknown("no service says how it is")
    return together(bad, f"{well} of {counted(asked, 'service')} healthy", lacking)


def errors_needs(stack: Stack, item: ErrorsCheck) -> tuple[FactQuery, ...]:
    return tuple(_errors(item, owner) for owner in _owners(stack, item.services))


def errors(stack: Stack, item: ErrorsCheck, facts: Facts, _: datetime) -> Finding:
    bad, lacking, total = [], [], 0
    for owner in _owners(stack, item.services):
        name = owner or f"{stack.name}'s files"
        fact = facts.get(_errors(item, owner))
        if fact is None:
            lacking.append(f"{name} unknown: {why_missing(facts, _errors(item, owner))}")
            continue
        count = ErrorCount.model_validate(fact)
        total += count.errors
        if count.errors > 0:
            most = f", mostly {count.kinds[0].shape[:80]!r}" if count.kinds else ""
            bad.append(f"{name} {count.errors:,}{'' if count.whole else ' and more'}{most}")
    lasting = f"in the last {span(item.since)}"
    if total > item.most:
        shown = [*bad[:_NAMED], *([f"{len(bad) - _NAMED} more services"] if len(bad) > 4 else [])]
        return red(f"{counted(total, 'error')} {lasting}: {'; '.join([*shown, *lacking])}")
    said = f"{counted(total, 'error')} {lasting}" if total else f"no errors {lasting}"
    return together((), said, lacking)


def resources_needs(stack: Stack, _: ResourcesCheck) -> tuple[FactQuery, ...]:
    return (_HOST, *(_state(name) for name in stack.services if stack.managed(name)))


def resources(stack: Stack, item: ResourcesCheck, facts: Facts, _: datetime) -> Finding:
    host = facts.get(_HOST)
    bad = [f"{name} was killed for want of memory" for name in _killed(stack, facts)]
    if host is None:
        return together(bad, "", [f"the host is unknown: {why_missing(facts, _HOST)}"])
    taken = 100 * (1 - host["available_bytes"] / host["memory_bytes"])
    load = host["load"] / host["cores"]
    memory = (
        f"memory {taken:.0f} % of {in_bytes(host['memory_bytes'])} taken "
        f"(limit {item.memory_percent:g} %)"
    )
    waiting = f"load {host['load']:.1f} on {counted(host['cores'], 'core')}"
    fine: list[str] = []
    (bad if taken >= item.memory_percent else fine).append(memory)
    (bad if load >= item.load else fine).append(f"{waiting} (limit {item.load * host['cores']:g})")
    return together(bad, ", ".join(fine), ())


def _killed(stack: Stack, facts: Facts) -> Sequence[str]:
    seen = {name: facts.get(_state(name)) for name in stack.services if stack.managed(name)}
    return [
        name
        for name, state in seen.items()
        if state and any(_out_of_memory(each) for each in state.get("containers", ()))
    ]


def _out_of_memory(container: JsonObject) -> bool:
    return bool(container.get("out_of_memory"))


def _owners(stack: Stack, services: Sequence[str]) -> Sequence[str]:
    """Services; an empty name stands for the stack's own files."""
    return services or (*stack.services, *([""] if stack.logs else []))


def _health(service: str) -> FactQuery:
    return FactQuery(fact="service.health", args={"service": service})


def _state(service: str) -> FactQuery:
    return FactQuery(fact="service.state", args={"service": service})


def _errors(item: ErrorsCheck, owner: str) -> FactQuery:
    seconds = round(item.since.total_seconds())
    return FactQuery(fact="logs.errors", args={"service": owner, "since": seconds})
