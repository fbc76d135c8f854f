"""Services as local processes: started detached, known by identity, stopped as a group.

A started service is nobody's child and has a session of its own, so it outlives whoever started
it. It gets a small environment: the variables below from ours, and those its stack file names.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.identity import Identity, group_alive
from playbooks.hosts.logs.tail import tail
from playbooks.model.service import Process

_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_LARGEST_LOG = 32 * 1024 * 1024
_LAUNCH_SECONDS = 15.0
_SETTLE_SECONDS = 0.4
_LEFTOVER_SECONDS = 2.0
_KILL_SECONDS = 5.0
_TICK = 0.05


@dataclass(frozen=True)
class Running:
    """A service that runs, and since when."""

    identity: Identity
    since: datetime


@dataclass(frozen=True)
class LocalService:
    """One service as a process of this machine. `process.state` holds its pid file and log."""

    name: str
    process: Process

    @property
    def log_file(self) -> Path:
        return self.process.state / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return self.process.state / f"{self.name}.pid"

    def running(self) -> Running | None:
        """None when it does not run, also when its pid now belongs to somebody else.

        Raises HostError when the pid file cannot be read.
        """
        try:
            noted = json.loads(self.pid_file.read_text())
            found = Running(
                Identity(int(noted["pid"]), str(noted["born"])),
                datetime.fromisoformat(noted["since"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            raise HostError(
                f"{self.pid_file} does not say which process {self.name} is ({error}).",
                "Look whether it runs, then remove the file.",
            ) from error
        return found if found.identity.alive else None

    def start(self, environment: Mapping[str, str]) -> Running:
        """Starts it unless it runs; `environment` are the variables of its stack file, resolved.

        Raises HostError with the end of its log when it does not come up.
        """
        if running := self.running():
            return running
        self.process.state.mkdir(parents=True, exist_ok=True)
        self._rotate()
        self._launch(environment)
        settled = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < settled:
            if not self.running():
                raise HostError(f"{self.name} ended at once.", self._last_words())
            time.sleep(_TICK)
        if running := self.running():
            return running
        raise HostError(f"{self.name} ended at once.", self._last_words())

    def stop(self, seconds: float, watch: Callable[[], None]) -> None:
        """Asks it to end, and after `seconds` ends it. `watch` is called meanwhile.

        The process itself is asked first, so that it can end its children in its own order; what
        of its group is left is asked then. Only the process that the pid file identifies, and its
        group, is ever signalled. Raises HostError when something of it is still there.
        """
        running = self.running()
        if running is None:
            self.pid_file.unlink(missing_ok=True)
            return
        leader, group = running.identity, running.identity.pid
        _signal(os.kill, group, signal.SIGTERM)
        if _gone(lambda: leader.alive, seconds, watch) and group_alive(group):
            _signal(os.killpg, group, signal.SIGTERM)
            _gone(lambda: group_alive(group), _LEFTOVER_SECONDS, watch)
        if group_alive(group):
            _signal(os.killpg, group, signal.SIGKILL)
        if not _gone(lambda: group_alive(group), _KILL_SECONDS, watch):
            raise HostError(
                f"{self.name} (process {group}) did not end, even by SIGKILL.",
                "Look at it on the host: a process in uninterruptible sleep waits for a disk.",
            )
        self.pid_file.unlink(missing_ok=True)

    def _launch(self, environment: Mapping[str, str]) -> None:
        order = {
            "argv": self.process.argv,
            "environment": {**_inherited(), **environment},
            "directory": str(self.process.directory),
            "pid_file": str(self.pid_file),
            "lock_file": str(self.process.state / f"{self.name}.lock"),
            "log_file": str(self.log_file),
        }
        reading, writing = os.pipe()
        try:
            _run_launcher(json.dumps(order), writing)
        finally:
            os.close(writing)
            with os.fdopen(reading, "rb") as report:
                failure = _said(report.fileno())
        if failure:
            raise HostError(
                f"{self.name} cannot be started: {failure}.", "Mend `process` in its stack file."
            )

    def _rotate(self) -> None:
        if self.log_file.exists() and self.log_file.stat().st_size > _LARGEST_LOG:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))

    def _last_words(self) -> str:
        lines = tail(self.log_file, lines=5).lines
        return f"Its log ends: {' | '.join(lines)}" if lines else "Its log is empty."


def _run_launcher(order: str, report: int) -> None:
    root = str(Path(__file__).resolve().parents[2])
    subprocess.run(
        [sys.executable, "-m", "playbooks.hosts.launch", str(report)],
        input=order,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[report],
        env={**os.environ, "PYTHONPATH": root},
        check=False,
        timeout=_LAUNCH_SECONDS,
    )


def _said(report: int) -> str:
    """What the launcher reports: nothing once the program has begun and the pipe is closed."""
    deadline = time.monotonic() + _LAUNCH_SECONDS
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([report], [], [], left)
        chunk = os.read(report, 4096) if ready else b""
        if not chunk:
            break
        said += chunk
    return said.decode(errors="replace")


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def _signal(send: Callable[[int, int], None], target: int, number: signal.Signals) -> None:
    """Signals a process or a group that may be gone already."""
    try:
        send(target, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise HostError(
            f"Process {target} may not be signalled: {error.strerror}.",
            "Run Interlock as the user who owns the service.",
        ) from error


def _gone(alive: Callable[[], bool], seconds: float, watch: Callable[[], None]) -> bool:
    deadline = time.monotonic() + seconds
    while alive():
        if time.monotonic() > deadline:
            return False
        watch()
        time.sleep(_TICK)
    return True
