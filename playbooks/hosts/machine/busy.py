"""What a host has of processors and memory, and how busy it is."""

import os
from dataclasses import dataclass
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.shell import output_of, shell_of
from playbooks.model.hosts import Host, LocalHost

_LOAD, _MEMORY = "/proc/loadavg", "/proc/meminfo"
_ASKED = ("sh", "-c", f"getconf _NPROCESSORS_ONLN && cat {_LOAD} {_MEMORY}")


@dataclass(frozen=True)
class HostUse:
    """`load` is over one minute; `available_bytes` is what a new program could have."""

    cores: int
    load: float
    memory_bytes: int
    available_bytes: int


def host_use(host: Host) -> HostUse:
    """Raises HostError, also for a host that is no Linux, or that has no shell here."""
    if isinstance(host, LocalHost):
        return _read(_here())
    return _read(output_of(shell_of(host), _ASKED).decode(errors="replace"))


def _here() -> str:
    try:
        told = (Path(each).read_text() for each in (_LOAD, _MEMORY))
        return "\n".join((str(os.cpu_count() or 1), "".join(told)))
    except OSError as error:
        raise HostError(f"the host's memory: {error.strerror}") from error


def _read(said: str) -> HostUse:
    """The number of processors, the line of the load, then lines of `NAME: number kB`."""
    try:
        cores, load, *rest = said.splitlines()
        memory = dict(line.split(":", 1) for line in rest)
        return HostUse(
            cores=int(cores),
            load=float(load.split()[0]),
            memory_bytes=_bytes(memory["MemTotal"]),
            available_bytes=_bytes(memory["MemAvailable"]),
        )
    except (ValueError, KeyError, IndexError) as error:
        raise HostError(f"The host does not say what it has as Linux does: {error}.") from error


def _bytes(text: str) -> int:
    return int(text.split(maxsplit=1)[0]) * 1024
