"""Which process a pid is: a reused pid is never taken for the one we knew."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
_GONE = ("Z", "X")


@dataclass(frozen=True)
class Identity:
    """A process: its pid and when it was born (opaque text, unique for the pid on this host)."""

    pid: int
    born: str

    @property
    def alive(self) -> bool:
        """Whether this very process runs. A zombie does not."""
        return born(self.pid) == self.born


def identity_of(pid: int) -> Identity | None:
    """The identity of a running process, None when none runs under this pid."""
    when = born(pid)
    return Identity(pid, when) if when else None


def born(pid: int) -> str:
    """When the process was started, as opaque text; empty when it does not run."""
    if sys.platform == "linux":
        return _born_on_linux(pid)
    seen = _ps("-o", "stat=", "-o", "lstart=", "-p", str(pid)).split(maxsplit=1)
    return "" if len(seen) < 2 or seen[0].startswith(_GONE) else seen[1].strip()


def group_alive(group: int) -> bool:
    """Whether any process of the process group runs, zombies not counted."""
    if sys.platform == "linux":
        return any(_in_group(entry, group) for entry in _PROC.iterdir() if entry.name.isdigit())
    rows = (row.split() for row in _ps("-axo", "pgid=,stat=").splitlines())
    return any(row[0] == str(group) and not row[1].startswith(_GONE) for row in rows)


def _born_on_linux(pid: int) -> str:
    fields = _stat(_PROC / str(pid))
    if not fields or fields[0] in _GONE:
        return ""
    return f"{_BOOT_ID.read_text().strip()}:{fields[19]}"


def _in_group(entry: Path, group: int) -> bool:
    fields = _stat(entry)
    return bool(fields) and fields[0] not in _GONE and int(fields[2]) == group


def _stat(entry: Path) -> list[str]:
    """The fields of /proc/PID/stat from the state on; the name before it may hold anything."""
    try:
        return (entry / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ps(*arguments: str) -> str:
    done = subprocess.run(
        ["ps", *arguments], capture_output=True, text=True, check=False, timeout=10
    )
    return done.stdout
