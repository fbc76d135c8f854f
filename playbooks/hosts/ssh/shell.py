"""The shell of a host that ssh leads to."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePath
from types import TracebackType
from typing import Self

import asyncssh

from playbooks.errors import HostError, OutcomeUnknown
from playbooks.hosts.command import NOTHING, SECONDS, Done
from playbooks.hosts.ssh.link import LOGIN_SECONDS
from playbooks.hosts.ssh.links import Links, links
from playbooks.hosts.ssh.quoting import command_line, settings, with_settings
from playbooks.hosts.tool import RunningTool, failed, how_it_ended
from playbooks.model.hosts import SshHost

_CHUNK = 256 * 1024
_SILENCE_SECONDS = 0.5
_TERM_SECONDS = 5.0
_KEPT_LINES = 20
_OPEN_SECONDS = 10.0

_Process = asyncssh.SSHClientProcess[bytes]


@dataclass(frozen=True)
class SshShell:
    """The `Shell` of that host."""

    host: SshHost

    def run(self, argv: Sequence[str], stdin: bytes = b"", seconds: float = SECONDS) -> Done:
        line = command_line(argv)
        try:
            every = links()
            return every.call(_run(every, self.host, line, stdin), seconds)
        except TimeoutError as error:
            raise OutcomeUnknown(
                f"{argv[0]} on {self.host.title} was not done after {seconds:g} s.",
                "Look there whether it goes on.",
            ) from error

    def started(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str] = NOTHING,
        directory: PurePath | None = None,
    ) -> AbstractContextManager[RunningTool]:
        return SshTool(self.host, argv, environment, directory)


class SshTool:
    """A tool running on another host, as a `RunningTool`. Leaving the context ends it."""

    def __init__(
        self,
        host: SshHost,
        argv: Sequence[str],
        environment: Mapping[str, str],
        directory: PurePath | None,
    ) -> None:
        self._name, self._host, self._links = argv[0], host, links()
        self._complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        told = with_settings(argv) if environment else argv
        line = command_line(told, directory)
        opening = _opened(self._links, host, line, settings(environment))
        self._process = self._links.call(
            opening, host.connect_seconds + LOGIN_SECONDS + _OPEN_SECONDS
        )
        self._listening = self._links.spawn(self._listen())

    def chunks(self) -> Iterator[bytes]:
        """What it writes to stdout, as it comes; now and then nothing, while it is silent."""
        while True:
            chunk = self._links.call(_read(self._process), None)
            if chunk is None:
                yield b""
            elif chunk:
                yield chunk
            else:
                return

    def wait(self, each: Callable[[], None], every_seconds: float) -> None:
        """Waits for its end, calling `each` meanwhile; what `each` raises goes through."""
        while not self._links.call(_ended(self._process, every_seconds), None):
            each()

    def finish(self) -> None:
        """Waits for the end. Raises HostError, or NoSpace, unless it ended with 0; OutcomeUnknown
        when the connection was cut before."""
        self._links.call(_ended(self._process, None), None)
        self._listening.result(_TERM_SECONDS)
        code = self._process.returncode
        if code is None:
            raise _cut(self._host, self._name)
        if code != 0:
            what = f"{self._name} on {self._host.title} {how_it_ended(code)}"
            raise failed(what, self._complaints)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._links.call(_left(self._process), None)

    async def _listen(self) -> None:
        with contextlib.suppress(asyncssh.Error, OSError):
            async for line in self._process.stderr:
                self._complaints.append(line.decode(errors="replace").strip())


async def _run(links: Links, host: SshHost, line: str, stdin: bytes) -> Done:
    process = await _opened(links, host, line, stdin)
    try:
        output, complaint = await process.communicate()
    except asyncssh.Error as error:
        raise _cut(host, line.split()[1]) from error
    finally:
        process.close()
    if process.returncode is None:
        raise _cut(host, line.split()[1])
    return Done(process.returncode, output or b"", complaint or b"")


async def _opened(links: Links, host: SshHost, line: str, stdin: bytes) -> _Process:
    """Started, its stdin written and ended. Raises HostError when it cannot have begun."""
    connection = await links.connection(host)
    try:
        process: _Process = await connection.create_process(line, encoding=None)
    except (asyncssh.Error, OSError) as error:
        raise HostError(
            f"{host.title} did not take a command: {error}.", "Try again in a moment."
        ) from error
    # One that is quick has ended before it was given all of its stdin.
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(stdin)
        process.stdin.write_eof()
    return process


async def _read(process: _Process) -> bytes | None:
    """The next chunk, nothing at the end, None while it is silent."""
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            return await process.stdout.read(_CHUNK)
    except TimeoutError:
        return None
    except asyncssh.Error:
        return b""


async def _ended(process: _Process, seconds: float | None) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await process.wait_closed()
    except TimeoutError:
        return False
    return True


async def _left(process: _Process) -> None:
    """Asks what still runs to end, then makes it end."""
    for ask in (process.terminate, process.kill):
        if process.is_closing():
            break
        with contextlib.suppress(OSError, asyncssh.Error):
            ask()
        if await _ended(process, _TERM_SECONDS):
            break
    process.close()


def _cut(host: SshHost, name: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"The connection to {host.title} was cut while {name} ran.",
        "Look there whether it was done.",
    )
