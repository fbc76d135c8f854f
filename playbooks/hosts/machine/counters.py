"""What a host has used since it started, by the kernel's own figures."""

from playbooks.errors import HostError
from playbooks.hosts.shell import Shell, output_of
from playbooks.model.trend import HostCounted

_SECONDS = 4.0
_TICKS = 100.0
_IDLE = (3, 4)  # idle, and waiting for disks


def host_counted(shell: Shell) -> HostCounted:
    """Raises HostError."""
    argv = ["cat", "/proc/stat", "/proc/meminfo"]
    return counted_in(output_of(shell, argv, seconds=_SECONDS).decode())


def counted_in(text: str) -> HostCounted:
    """The figures in the text of both tables. Raises HostError when they are not there."""
    lines = text.splitlines()
    memory = dict(line.split(":", 1) for line in lines if line.endswith(" kB"))
    whole = next((line.split()[1:9] for line in lines if line.startswith("cpu ")), None)
    if whole is None or "MemTotal" not in memory or "MemAvailable" not in memory:
        raise HostError("The host's own figures are not those of Linux.")
    ticks = [int(each) for each in whole]
    idle = sum(ticks[at] for at in _IDLE)
    return HostCounted(
        cores=sum(line.startswith("cpu") for line in lines) - 1,
        busy=(sum(ticks) - idle) / _TICKS,
        whole=sum(ticks) / _TICKS,
        memory=_bytes(memory["MemTotal"]),
        available=_bytes(memory["MemAvailable"]),
    )


def _bytes(text: str) -> int:
    return int(text.split(maxsplit=1)[0]) * 1024
