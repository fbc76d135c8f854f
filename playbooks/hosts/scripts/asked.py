"""Whether a program of this host waits for somebody to type something."""

from pathlib import Path

_PROC = Path("/proc")
_READ_CALLS = frozenset({"0", "63"})
"""The number of read(2) on x86-64, and on arm64 and riscv64."""


def can_tell() -> bool:
    """Whether the kernel says here what a process waits for."""
    try:
        return bool((_PROC / "self" / "syscall").read_text())
    except OSError:
        return False


def reads_stdin(session: int, pipe: int) -> bool:
    """Whether a process of the session waits for input from the pipe with this inode.

    Programs of several threads (docker's own for instance) read their input ahead without needing
    it, so only those of one thread count.
    """
    return any(
        _waits(process, pipe)
        for process in _PROC.iterdir()
        if process.name.isdigit() and _session_of(process) == session
    )


def _waits(process: Path, pipe: int) -> bool:
    try:
        call, first, *_ = (process / "syscall").read_text().split()
        on_stdin = call in _READ_CALLS and first == "0x0"
        alone = len(list((process / "task").iterdir())) == 1
        return on_stdin and alone and _stdin(process) == f"pipe:[{pipe}]"
    except (OSError, ValueError):
        return False


def _stdin(process: Path) -> str:
    return str((process / "fd" / "0").readlink())


def _session_of(process: Path) -> int | None:
    try:
        # After the name, which may hold anything: state, parent, group, session.
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except (OSError, ValueError, IndexError):
        return None
