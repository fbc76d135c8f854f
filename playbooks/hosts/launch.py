"""Becomes a service: `python -m playbooks.hosts.launch FD` with the order as JSON on stdin.

It leaves its parent's session, writes the pid file itself and then becomes the program under the
same pid, so that a parent killed at any moment leaves no process that nobody knows. What goes
wrong is written to the pipe FD, which closes by itself when the program begins.
"""

import fcntl
import json
import os
import signal
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from playbooks.hosts.identity import Identity, identity_of


def main() -> None:
    order = json.load(sys.stdin)
    report = int(sys.argv[1])
    if os.fork():
        # The parent waits for us: gone now, so that the service is nobody's child.
        os._exit(0)
    os.setsid()
    os.set_inheritable(report, False)
    try:
        _become(order)
    except OSError as error:
        os.write(report, f"{error.strerror}: {error.filename or order['argv'][0]}".encode())
        os._exit(127)


def _become(order: dict[str, object]) -> None:
    argv = [str(word) for word in order["argv"]]  # type: ignore[attr-defined]  # our own JSON
    environment: dict[str, str] = order["environment"]  # type: ignore[assignment]
    pid_file = Path(str(order["pid_file"]))
    os.chdir(str(order["directory"]))
    lock = os.open(str(order["lock_file"]), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if _runs_already(pid_file):
        os._exit(0)
    _note(pid_file)
    _redirect(str(order["log_file"]))
    # Python ignores SIGPIPE for itself; the program is to begin with the usual answer to it.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], argv, environment)
    except OSError:
        pid_file.unlink()
        raise


def _runs_already(pid_file: Path) -> bool:
    try:
        noted = json.loads(pid_file.read_text())
        return Identity(int(noted["pid"]), str(noted["born"])).alive
    except (OSError, ValueError, KeyError):
        return False


def _note(pid_file: Path) -> None:
    me = identity_of(os.getpid())
    noted = {**asdict(me), "since": datetime.now(UTC).isoformat()} if me else {}
    fresh = pid_file.with_name(f"{pid_file.name}.new")
    fresh.write_text(json.dumps(noted))
    fresh.replace(pid_file)


def _redirect(log_file: str) -> None:
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)


if __name__ == "__main__":
    main()
