"""Tools as child processes: their output, their end, and that none is left behind."""

import os
import time
from pathlib import Path

import pytest

from playbooks.errors import HostError, NoSpace, StopRequested
from playbooks.hosts.child import Child, output_of

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_all_output_comes_through() -> None:
    """More than a pipe holds, byte for byte, while complaints are read beside it."""
    noisy = "i=0; while [ $i -lt 2000 ]; do echo complaint $i >&2; i=$((i+1)); done"
    output = output_of(sh(f"{noisy}; head -c 3000000 /dev/zero"), ENVIRONMENT)
    assert output == bytes(3_000_000)


def test_an_exit_code_fails_with_the_tools_words() -> None:
    """End of output is no success."""
    with pytest.raises(HostError, match=r"sh ended with 3\. it did not work"):
        output_of(sh("echo half; echo 'it did not work' >&2; exit 3"), ENVIRONMENT)


def test_a_killed_tool_says_by_what() -> None:
    """A signal is named."""
    with pytest.raises(HostError, match="was ended by signal 9"):
        output_of(sh("kill -9 $$"), ENVIRONMENT)


def test_a_full_disk_is_called_so() -> None:
    """The system's words about space become NoSpace."""
    with pytest.raises(NoSpace):
        output_of(sh("echo 'could not write: No space left on device' >&2; exit 1"), ENVIRONMENT)


def test_a_missing_tool_is_named() -> None:
    """The program's name and the system's reason."""
    with pytest.raises(HostError, match="no-such-tool could not be started"):
        Child(["/no-such-tool"], ENVIRONMENT)


def test_a_silent_tool_lets_its_reader_look_around() -> None:
    """While nothing comes, empty chunks do, so that a cancelled run is noticed."""
    with Child(sh("sleep 30"), ENVIRONMENT) as child:
        assert next(child.chunks()) == b""
        pid = child.pid
    assert gone(pid)


def test_leaving_early_ends_the_tool() -> None:
    """An error in the block terminates the child, even one that will not listen."""
    began = time.monotonic()
    with (
        pytest.raises(StopRequested),
        Child(sh("echo ready; exec sleep 30"), ENVIRONMENT) as child,
    ):
        assert next(child.chunks()) == b"ready\n"
        pid = child.pid
        raise StopRequested("cancelled")
    assert gone(pid) and time.monotonic() - began < 5


def test_waiting_calls_back() -> None:
    """A tool without output is watched at the given pace; what the watcher raises goes through."""
    seen = []

    def look() -> None:
        seen.append(1)
        if len(seen) == 3:
            raise StopRequested("cancelled")

    with pytest.raises(StopRequested), Child(sh("exec sleep 30"), ENVIRONMENT) as child:
        child.wait(look, 0.01)
    assert len(seen) == 3
