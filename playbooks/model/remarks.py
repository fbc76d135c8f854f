"""What a stack file leaves open, though nothing in it is wrong."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from playbooks.gate.duration import write_duration
from playbooks.model.stack import Stack


def remarks(stack: Stack) -> tuple[str, ...]:
    """Sentences for whoever keeps the file: each names its key, and what to do."""
    return (
        *_unreachable(stack),
        *_unwatched(stack),
        *_ports_taken_twice(stack),
        *_never_backed_up(stack),
        *_objectives_out_of_reach(stack),
    )


def _unreachable(stack: Stack) -> Iterator[str]:
    for name, contact in stack.contacts.items():
        if not contact.ways:
            yield (
                f"contacts.{name}: nobody can be reached as {contact.role}; "
                "give an email, a phone or a Slack name"
            )


def _unwatched(stack: Stack) -> Iterator[str]:
    without = [name for name, service in stack.services.items() if service.health is None]
    if without:
        yield f"services without health: {', '.join(without)}; say how to ask whether they are well"


def _ports_taken_twice(stack: Stack) -> Iterator[str]:
    takers: defaultdict[int, list[str]] = defaultdict(list)
    for name, service in stack.services.items():
        for port in service.ports:
            takers[port].append(name)
    for port, names in takers.items():
        if len(names) > 1:
            yield f"port {port} is published by {' and '.join(names)}; only one of them can start"


def _never_backed_up(stack: Stack) -> Iterator[str]:
    if stack.backup is None or not stack.backup.schedules:
        return
    for name in stack.datastores:
        if _longest_gap(stack, name) is None:
            yield f"datastores.{name} is in no schedule; nothing backs it up by itself"


def _objectives_out_of_reach(stack: Stack) -> Iterator[str]:
    if stack.backup is None:
        return
    wanted = [("objectives.rpo", stack.objectives.rpo, tuple(stack.datastores))]
    for name, scenario in stack.objectives.scenarios.items():
        # No backup gives an RPO of nothing: that is about trouble in which no data are lost.
        if scenario.rpo:
            stores = scenario.datastores or tuple(stack.datastores)
            wanted.append((f"objectives.scenarios.{name}.rpo", scenario.rpo, stores))
    for key, rpo, stores in wanted:
        slow = [
            f"{store} every {write_duration(gap)}"
            for store in stores
            if rpo and (gap := _longest_gap(stack, store)) and gap > rpo
        ]
        if rpo and slow:
            yield f"{key} is {write_duration(rpo)}, but backed up are {', '.join(slow)}"


def _longest_gap(stack: Stack, store: str) -> timedelta | None:
    """The longest time between two backups of it by the most frequent schedule, None without."""
    schedules = stack.backup.schedules.values() if stack.backup else ()
    gaps = [each.longest_gap for each in schedules if store in stack.scheduled(each)]
    return min(gaps, default=None)
