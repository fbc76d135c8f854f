"""What is sampled of a stack every minute: cheap, and waiting for as little as may be."""

import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.machine.counters import host_counted
from playbooks.hosts.services import runner_of
from playbooks.hosts.shell import shell_of
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.model.trend import Counted, Counters
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def parts(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.trend.Counters`."""
    stack, missing = reading.stack, list[str]()
    found = list(_contained(stack, missing))
    found += _others(stack, missing)
    counters = Counters(parts=tuple(found), moment=time.monotonic(), missing=tuple(missing))
    return counters.model_dump(mode="json")


def host(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.trend.HostCounted` of the stack's host."""
    try:
        return host_counted(shell_of(reading.stack.host)).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def _contained(stack: Stack, missing: list[str]) -> Iterator[Counted]:
    """All containers of a host in one sweep."""
    contained = [name for name in stack.services if stack.container_of(name) is not None]
    hosts = {name: compose for name in contained if (compose := stack.compose_of(name))}
    for compose in {each.host.model_dump_json(): each for each in hosts.values()}.values():
        names = {
            stack.container_of(name) or name: name
            for name, own in hosts.items()
            if own.host == compose.host
        }
        # Its engine's client is large, and a stack without containers does without.
        count = import_module("playbooks.hosts.containers.counters").counted
        try:
            yield from count(compose, names)
        except HostError:
            missing.extend(names.values())


def _others(stack: Stack, missing: list[str]) -> Iterator[Counted]:
    """Processes and units of systemd, which tell their use in per cent."""
    for name, service in stack.services.items():
        if not service.managed:
            continue
        runner = runner_of(stack, name)
        try:
            usages = runner.usage() if runner is not None else ()
        except HostError:
            missing.append(name)
            continue
        for used in usages:
            yield Counted(
                id=f"{name}/{used.name}",
                service=name,
                processor=used.processor,
                memory=used.memory,
            )


READERS: tuple[Reader[Any], ...] = (
    Reader("trend.parts", NoArgs, parts),
    Reader("trend.host", NoArgs, host),
)
