"""Runs a tool as a child process, streams what it writes, and never leaves it behind."""

import os
import select
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from playbooks.errors import HostError
from playbooks.hosts.tool import failed, how_it_ended

CHUNK = 256 * 1024
_KEPT_LINES = 20
_TERM_SECONDS = 5.0
_SILENCE_SECONDS = 0.5


class Child:
    """A running tool. Leaving the context ends it if it still runs.

    End of output is not success: only `finish` says so.
    """

    def __init__(
        self, argv: Sequence[str], environment: Mapping[str, str], directory: Path | None = None
    ) -> None:
        self._name = Path(argv[0]).name
        try:
            self._process = subprocess.Popen(
                list(argv),
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise HostError(f"{self._name} could not be started: {error}.") from error
        self._complaints: deque[str] = deque(maxlen=_KEPT_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def chunks(self) -> Iterator[bytes]:
        """What the tool writes to stdout, as it comes; now and then nothing, while it is silent,
        so that whoever reads can look around."""
        descriptor = self._pipe(self._process.stdout).fileno()
        while True:
            ready, _, _ = select.select([descriptor], [], [], _SILENCE_SECONDS)
            chunk = os.read(descriptor, CHUNK) if ready else b""
            if ready and not chunk:
                return
            yield chunk

    def wait(self, each: Callable[[], None], every_seconds: float) -> None:
        """Waits for the tool to end, calling `each` meanwhile; what `each` raises goes through.

        For tools that write nothing to stdout.
        """
        while True:
            try:
                self._process.wait(timeout=every_seconds)
                return
            except subprocess.TimeoutExpired:
                each()

    def finish(self) -> None:
        """Waits for the end. Raises HostError, or NoSpace, unless the tool ended with 0."""
        code = self._process.wait()
        self._listener.join(timeout=_TERM_SECONDS)
        if code != 0:
            raise failed(f"{self._name} {how_it_ended(code)}", self._complaints)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=_TERM_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._listener.join(timeout=_TERM_SECONDS)
        self._pipe(self._process.stdout).close()
        self._pipe(self._process.stderr).close()

    def _listen(self) -> None:
        for line in self._pipe(self._process.stderr):
            self._complaints.append(line.decode(errors="replace").strip())

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise HostError("A pipe to the tool is missing.")
        return pipe


def output_of(argv: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """All that a short tool writes to stdout. Raises HostError unless it ended with 0."""
    with Child(argv, environment) as child:
        output = b"".join(child.chunks())
        child.finish()
    return output
