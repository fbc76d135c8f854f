"""What a service uses now, and what its host has."""

import os
from pathlib import Path
from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.service import OneService
from playbooks.hosts.services import runner_of
from playbooks.model.base import JsonObject
from playbooks.model.usage import ServiceUsage
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader

_MEMORY = Path("/proc/meminfo")


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


def host(_: Reading, __: NoArgs) -> JsonObject:
    """`{cores, load: over one minute, memory_bytes, available_bytes}` of the host the bot is on."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMORY.read_text().splitlines())
        load = os.getloadavg()[0]
    except OSError as error:
        raise FactUnavailable(f"the host's memory: {error.strerror}") from error
    return {
        "cores": os.cpu_count() or 1,
        "load": load,
        "memory_bytes": _kilobytes(lines["MemTotal"]),
        "available_bytes": _kilobytes(lines["MemAvailable"]),
    }


def _kilobytes(text: str) -> int:
    return int(text.split(maxsplit=1)[0]) * 1024


READERS: tuple[Reader[Any], ...] = (
    Reader("service.usage", OneService, usage),
    Reader("host.usage", NoArgs, host),
)
