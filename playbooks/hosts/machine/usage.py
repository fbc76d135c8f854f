"""What local processes use of processor and memory."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from playbooks.errors import HostError
from playbooks.model.usage import Usage

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ELAPSE = 0.5


def of_session(name: str, leader: int) -> Usage:
    """What the processes of a session use together. Raises HostError off Linux."""
    if not _PROC.is_dir():
        raise HostError("What processes use can only be read on Linux.")
    before, began = _ticks(leader), time.monotonic()
    time.sleep(_ELAPSE)
    after, elapsed = _ticks(leader), time.monotonic() - began
    spent = sum(ticks - before.get(pid, 0) for pid, ticks in after.items())
    return Usage(
        name=name,
        processor=max(0.0, spent / _TICKS / elapsed * 100),
        memory=sum(_resident(pid) for pid in after),
        processes=len(after),
    )


def _ticks(leader: int) -> dict[int, int]:
    """Processor time of each process of the session, by pid."""
    return {pid: int(f[11]) + int(f[12]) for pid, f in _members(leader)}


def _members(leader: int) -> Iterator[tuple[int, list[str]]]:
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[3] == str(leader):
            yield int(entry.name), fields


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0
