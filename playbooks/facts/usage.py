"""What a service uses now, and what its host has."""

import dataclasses
from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.service import OneService
from playbooks.hosts.machine.busy import host_use
from playbooks.hosts.services import runner_of
from playbooks.model.base import JsonObject
from playbooks.model.usage import ServiceUsage
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def usage(reading: Reading, args: OneService) -> JsonObject:
    """A `ServiceUsage`."""
    runner = runner_of(reading.stack, args.service)
    if runner is None:
        raise FactUnavailable(f"{args.service} is not run by Interlock.")
    try:
        parts = runner.usage()
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    return ServiceUsage(parts=parts).model_dump(mode="json")


def host(reading: Reading, _: NoArgs) -> JsonObject:
    """`{cores, load: over one minute, memory_bytes, available_bytes}` of the stack's host."""
    try:
        seen = host_use(reading.stack.host)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    return dataclasses.asdict(seen)


READERS: tuple[Reader[Any], ...] = (
    Reader("service.usage", OneService, usage),
    Reader("host.usage", NoArgs, host),
)
