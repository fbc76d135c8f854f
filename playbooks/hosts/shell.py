"""The shell of a host, this one or one that ssh leads to: commands are argv, never text."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import Protocol

from playbooks.errors import HostError
from playbooks.hosts.child import Child
from playbooks.hosts.command import NOTHING, SECONDS, Done
from playbooks.hosts.tool import RunningTool
from playbooks.model.hosts import Host, LocalHost, SshHost, TlsHost

_INHERITED = ("PATH", "HOME", "LANG", "XDG_RUNTIME_DIR")


class Shell(Protocol):
    """Runs commands on one host."""

    def run(self, argv: Sequence[str], stdin: bytes = b"", seconds: float = SECONDS) -> Done:
        """Waits for its end, whatever that is.

        Raises HostError when the command cannot be started, the host cannot be reached or it took
        longer than `seconds`; OutcomeUnknown when the host went away while it ran.
        """
        ...

    def started(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] = NOTHING,
        directory: PurePath | None = None,
    ) -> AbstractContextManager[RunningTool]:
        """Starts it with these variables beside the usual ones. Leaving the context ends it."""
        ...


def output_of(
    shell: Shell, argv: Sequence[str], stdin: bytes = b"", seconds: float = SECONDS
) -> bytes:
    """What a short command writes to stdout. Raises as `Shell.run`, and HostError with its own
    words unless it ended with 0."""
    done = shell.run(argv, stdin, seconds)
    if done.code != 0:
        raise HostError(f"{argv[0]} ended with {done.code}: {done.said()}")
    return done.output


def shell_of(host: Host) -> Shell:
    """Raises HostError for a host that has none."""
    match host:
        case LocalHost():
            return LocalShell()
        case SshHost():
            # The client of ssh is large, and who has no such host does without.
            remote: Shell = import_module("playbooks.hosts.ssh.shell").SshShell(host)
            return remote
        case TlsHost():
            raise HostError(
                f"{host.title} is reached as a Docker Engine alone, and has no shell here.",
                "Describe it as a host with ssh.",
            )


@dataclass(frozen=True)
class LocalShell:
    """The `Shell` of this host."""

    def run(self, argv: Sequence[str], stdin: bytes = b"", seconds: float = SECONDS) -> Done:
        try:
            done = subprocess.run(
                list(argv),
                input=stdin,
                env=_usual(),
                capture_output=True,
                check=False,
                timeout=seconds,
            )
        except OSError as error:
            raise HostError(f"{argv[0]} could not be started: {error.strerror}.") from error
        except subprocess.TimeoutExpired as error:
            raise HostError(f"{argv[0]} was not done after {seconds:g} s.") from error
        return Done(done.returncode, done.stdout, done.stderr)

    def started(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] = NOTHING,
        directory: PurePath | None = None,
    ) -> AbstractContextManager[RunningTool]:
        place = None if directory is None else Path(directory)
        return Child(argv, {**_usual(), **environment}, place)


def _usual() -> dict[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}
