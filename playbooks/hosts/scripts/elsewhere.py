"""Runs a script in a container, or on a host that ssh leads to."""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from playbooks.errors import HostError
from playbooks.hosts.scripts.local import Watch
from playbooks.hosts.shell import Shell
from playbooks.hosts.tool import RunningTool

# Its group is ended with it where there is a setsid, and its exit code is the last line.
_WRAPPED = """
command -v setsid > /dev/null 2>&1 && set -- setsid "$@"
"$@" 2>&1 < /dev/null & child=$!
end() { kill -TERM "-$child" 2> /dev/null || kill -TERM "$child" 2> /dev/null
  ( sleep 3; kill -KILL "-$child" 2> /dev/null || kill -KILL "$child" 2> /dev/null ) & }
trap end TERM HUP
wait "$child"; code=$?
printf '\\ninterlock-ended %s\\n' "$code"
"""
_ENDED = re.compile(rb"\ninterlock-ended (\d+)\n$")
_MARK, _HELD = b"interlock-ended", 40


def wrapped(argv: Sequence[str]) -> tuple[str, ...]:
    """The same, both outputs as one, followed by a line with the exit code; without input."""
    return ("sh", "-c", _WRAPPED, "sh", *argv)


def run_there(shell: Shell, argv: Sequence[str], directory: Path | None, watch: Watch) -> int:
    """On the host of the shell; its exit code. Raises HostError, ActionFailed as Watch.look, and
    OutcomeUnknown when the host went away."""
    return follow(shell.started(wrapped(argv), directory=directory), watch)


def follow(starting: AbstractContextManager[RunningTool], watch: Watch) -> int:
    """The exit code of what `wrapped` started."""
    held = b""
    with starting as tool:
        for chunk in tool.chunks():
            held += chunk
            # The last line is held back until it is known whether it is ours.
            watch.listener.hear(held[:-_HELD])
            held = held[-_HELD:]
            if not chunk and _MARK not in held:
                watch.listener.hear(held)
                held = b""
            watch.look()
        tool.finish()
    found = _ENDED.search(held)
    if found is None:
        raise HostError(f"{watch.name} was cut off before it ended.")
    watch.listener.hear(held[: found.start()])
    return _code(int(found.group(1)))


def _code(shell: int) -> int:
    """A shell says 128 and more for what a signal ended."""
    return 128 - shell if shell > 128 else shell
