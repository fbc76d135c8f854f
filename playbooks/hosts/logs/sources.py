"""The logs a stack has: output of services, files, streams in Loki."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from playbooks.errors import HostError, UnknownName
from playbooks.hosts.logs.file import FileLog
from playbooks.hosts.logs.lines import Fresh, LogLine, LogSource
from playbooks.hosts.logs.shell_file import ShellFileLog, files_at
from playbooks.hosts.logs.unit import JournalLog
from playbooks.hosts.runner import Runner
from playbooks.hosts.services import runner_of
from playbooks.hosts.shell import shell_of
from playbooks.hosts.systemd_runner import SystemdRunner
from playbooks.lines.masks import LineMask
from playbooks.lines.when import time_of
from playbooks.model.base import JsonObject, Model
from playbooks.model.hosts import Host, LocalHost
from playbooks.model.logged import Kept
from playbooks.model.stack import Stack
from playbooks.model.telemetry import LogFile

OUTPUT = "output"
LOKI = "loki"
_THREADS = 6
_SUFFIXES = (".log", ".err", ".out", ".txt", ".json", ".1")


class Found(Model):
    """One log. `service` is empty for a file of the whole stack. `bytes` is the size of a file."""

    service: str
    name: str
    kind: Literal["output", "file", "container-file", "loki"]
    path: str = ""
    bytes: int | None = None
    keep_seconds: float | None = None


def mask_of(stack: Stack) -> LineMask:
    """Hides the secrets that any service's output may hold. What is away is left out of it."""

    def values(service: str) -> list[str]:
        try:
            found: list[str] = _containers().secret_values_of(stack, service)
        except HostError:
            return []
        return found

    services = [name for name in stack.services if stack.container_of(name) is not None]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="mask") as pool:
        return LineMask([value for found in pool.map(values, services) for value in found])


def kept_of(stack: Stack, service: str) -> tuple[Kept, ...]:
    """How the engine keeps what the service's containers write; nothing where none run it.

    Raises HostError.
    """
    if stack.container_of(service) is None:
        return ()
    kept: tuple[Kept, ...] = _containers().kept_by_engine(stack, service)
    return kept


def source_of(stack: Stack, service: str, name: str, holding: str = "") -> LogSource:
    """The log of that name: `output`, `loki`, or a file by its path or its last words.

    `service` is empty for the stack's own files. `holding` is text that all wanted lines have,
    for sources that can look for it by themselves. Raises UnknownName, HostError.
    """
    if service and name in {"", OUTPUT}:
        runner = runner_of(stack, service)
        if runner is not None:
            return _output(stack, service, runner)
        name = "" if name == OUTPUT else name
    if service and name == LOKI:
        return _loki(stack, service, holding)
    return _file(stack, service, name)


def found_logs(stack: Stack, service: str) -> Iterator[Found]:
    """All logs of a service, or with an empty name the stack's own. Raises HostError."""
    logs = stack.services[service].logs if service else stack.logs
    if service and runner_of(stack, service) is not None:
        yield Found(service=service, name=OUTPUT, kind="output")
    if service and stack.telemetry.loki and service in stack.telemetry.loki_labels:
        yield Found(service=service, name=LOKI, kind="loki", path=stack.telemetry.loki)
    for log in logs:
        yield from _files(stack, service, log)


def _output(stack: Stack, service: str, runner: Runner) -> LogSource:
    if stack.container_of(service) is not None:
        made: LogSource = _containers().container_log(stack, service)
        return made
    process = stack.services[service].process
    if process is not None:
        return FileLog(process.state / f"{service}.log")
    return JournalLog(runner) if isinstance(runner, SystemdRunner) else RunnerLog(runner)


def _containers() -> Any:
    # The engine's client is large, and a stack without containers does without.
    return import_module("playbooks.hosts.logs.container")


def _loki(stack: Stack, service: str, holding: str) -> LogSource:
    labels, url = stack.telemetry.loki_labels.get(service), stack.telemetry.loki
    if url is None or labels is None:
        raise UnknownName(
            f"{stack.name}/{service} has no stream in Loki.",
            "Set `telemetry.loki` and, below `telemetry.loki_labels`, the service's labels.",
        )
    made: LogSource = import_module("playbooks.hosts.logs.loki").LokiStream(url, labels, holding)
    return made


def _file(stack: Stack, service: str, name: str) -> LogSource:
    known = list(found_logs(stack, service))
    files = [each for each in known if each.kind in {"file", "container-file"}]
    fitting = [each for each in files if _fits(each.path, name)]
    if not fitting:
        there = ", ".join(each.name for each in known) or "none"
        who = f"{stack.name}/{service}" if service else stack.name
        raise UnknownName(f"{who} has no log {name!r}.", f"Its logs: {there}.")
    chosen = fitting[0]
    if chosen.kind == "file":
        return _host_file(_host(stack, service), Path(chosen.path))
    made: LogSource = _containers().container_file_log(stack, service, chosen.path)
    return made


def _host(stack: Stack, service: str) -> Host:
    return stack.host_of(service) if service else stack.host


def _host_file(host: Host, path: Path) -> LogSource:
    return FileLog(path) if isinstance(host, LocalHost) else ShellFileLog(shell_of(host), path)


def _fits(path: str, name: str) -> bool:
    wanted = PurePosixPath(name).parts
    return not name or PurePosixPath(path).parts[-len(wanted) :] == wanted


def _files(stack: Stack, service: str, log: LogFile) -> Iterator[Found]:
    """The file, or those of the folder, newest first."""
    keep = log.keep.total_seconds() if log.keep else None
    if log.in_container:
        if not service:
            raise HostError(f"{log.path} is in a container; name it below its service.")
        for name, size in _containers().files_of(stack, service, str(log.path)):
            path = name if name.startswith("/") else f"{log.path}/{name}"
            yield _found(service, "container-file", path, size, keep)
        return
    host = _host(stack, service)
    if not isinstance(host, LocalHost):
        for name, size in files_at(shell_of(host), log.path):
            path = name if name.startswith("/") else f"{log.path}/{name}"
            yield _found(service, "file", path, size, keep)
        return
    for file, size in _of_host(log.path):
        yield _found(service, "file", str(file), size, keep)


def _found(
    service: str,
    kind: Literal["file", "container-file"],
    path: str,
    size: int | None,
    keep: float | None,
) -> Found:
    name = PurePosixPath(path).name
    return Found(service=service, name=name, kind=kind, path=path, bytes=size, keep_seconds=keep)


def _of_host(path: Path) -> list[tuple[Path, int | None]]:
    try:
        if not path.is_dir():
            return [(path, path.stat().st_size if path.exists() else None)]
        files = [
            (each, each.stat()) for each in path.iterdir() if each.is_file() and _is_log(each.name)
        ]
    except OSError as error:
        raise HostError(
            f"{path} cannot be read: {error.strerror}.", "Let the user Interlock runs as read it."
        ) from error
    files.sort(key=lambda each: -each[1].st_mtime)
    return [(each, seen.st_size) for each, seen in files]


def _is_log(name: str) -> bool:
    return name.endswith(_SUFFIXES)


@dataclass(frozen=True)
class RunnerLog:
    """A `LogSource` of whatever runs the service, through what every runner can tell."""

    runner: Runner

    def mask(self) -> LineMask:
        return LineMask()

    def newest(self, lines: int, since: datetime | None) -> Iterator[LogLine]:
        for text in self.runner.logs(lines, since, "").lines:
            yield LogLine(text, time_of(text))

    def fresh(self, cursor: JsonObject, most: int) -> Fresh:
        """The cursor holds marks of the last lines that were seen; what follows them is new."""
        seen = self.runner.logs(most, None, "").lines
        marks = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in seen]
        new = seen[_after(marks, [str(each) for each in cursor["last"]]) :] if cursor else ()
        lines = tuple(LogLine(text, time_of(text)) for text in new)
        return Fresh(lines, {"last": marks[-_OVERLAP:]})


_OVERLAP = 5


def _after(seen: list[str], last: list[str]) -> int:
    """Where what follows the newest occurrence of `last` begins; 0 where it is not to be found."""
    for end in range(len(seen), len(last) - 1, -1) if last else ():
        if seen[end - len(last) : end] == last:
            return end
    return 0
