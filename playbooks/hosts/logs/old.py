"""Log files of a stack that are older than they are kept. Links are never followed."""

import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from playbooks.gate.duration import write_duration
from playbooks.model.hosts import LocalHost
from playbooks.model.old_logs import OldLog, OldLogsFact
from playbooks.model.stack import Stack
from playbooks.model.telemetry import LogFile

_AFTER_THE_NAME = ".-_"


def old_logs(stack: Stack, now: datetime) -> OldLogsFact:
    """A log that is a folder: every file in it. One that is a file: what rotation made of it, that
    is files beside it whose names go on after its own; the file itself is being written."""
    files: dict[str, OldLog] = {}
    passed_over = []
    for owner, log in _logs(stack):
        if log.keep is None:
            continue
        if why := _not_ours(stack, log):
            passed_over.append(f"{log.path} of {owner} {why}.")
            continue
        until = (now - log.keep).timestamp() * 1e9
        for path, seen in _candidates(log.path):
            if seen.st_mtime_ns < until:
                files[str(path)] = OldLog(
                    path=str(path),
                    bytes=seen.st_size,
                    modified=seen.st_mtime_ns,
                    kept=write_duration(log.keep),
                )
    return OldLogsFact(
        files=tuple(files[path] for path in sorted(files)), passed_over=tuple(passed_over)
    )


def remove_logs(stack: Stack, files: tuple[OldLog, ...]) -> tuple[int, list[str]]:
    """Removes exactly these where they are as they were seen; the bytes that are free now, and what
    was left, in sentences. Raises OSError."""
    known = {str(path) for _, log in _logs(stack) for path, _ in _candidates(log.path)}
    freed, left = 0, []
    for file in files:
        bytes_, why = _removed(file, is_log=file.path in known)
        freed += bytes_
        left += [f"{file.path} {why}."] if why else []
    return freed, left


def _removed(file: OldLog, *, is_log: bool) -> tuple[int, str]:
    path = Path(file.path)
    try:
        seen = path.lstat()
    except FileNotFoundError:
        return 0, ""
    if not is_log or not stat.S_ISREG(seen.st_mode):
        return 0, "is no log file of the stack any more and is left"
    if (seen.st_size, seen.st_mtime_ns) != (file.bytes, file.modified):
        return 0, "was written meanwhile and is left"
    path.unlink()
    return file.bytes, ""


def _logs(stack: Stack) -> Iterator[tuple[str, LogFile]]:
    for name, service in stack.services.items():
        yield from ((name, log) for log in service.logs)
    yield from ((stack.name, log) for log in stack.logs)


def _not_ours(stack: Stack, log: LogFile) -> str:
    if log.in_container:
        return "is in a container: rotate it there"
    if not isinstance(stack.host, LocalHost):
        return f"is on {stack.host.title}, where files are not removed"
    return ""


def _candidates(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for found in _in_folder(path) if path.is_dir() else _beside(path):
        try:
            seen = found.lstat()
        except OSError:
            continue
        if stat.S_ISREG(seen.st_mode):
            yield found, seen


def _in_folder(path: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(path):
        yield from (Path(folder) / name for name in names)


def _beside(path: Path) -> Iterator[Path]:
    """`oms.log.1`, `oms.log-20261101.gz` and `oms.log.2026-11-01` of `oms.log`."""
    try:
        found = list(path.parent.iterdir())
    except OSError:
        return
    for each in found:
        rest = each.name.removeprefix(path.name)
        if rest != each.name and rest[:1] in _AFTER_THE_NAME and rest:
            yield each
