"""Runs a script of a stack and passes on what it writes, until it ends or is ended."""

import codecs
import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playbooks.errors import ActionFailed, HostError
from playbooks.hosts.scripts.asked import can_tell, reads_stdin

_INHERITED = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "SSH_AUTH_SOCK"),
    *("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_BUILDKIT"),
)
_CHUNK = 64 * 1024
_LOOK_SECONDS = 0.25
_TERM_SECONDS = 5.0
_PROMPT_SECONDS = 15.0
_SAME_LINES = 200
_LAST_LINES = 8
_QUESTION = re.compile(
    r"(\?|\[[yY]/[nN]\]|\([yY](es)?/[nN]o?\)|(password|passphrase|continue|confirm)[^\n]*[:?])\s*$",
    re.IGNORECASE,
)
_NO_INPUT = re.compile(
    r"EOFError|EOF when reading a line|/dev/tty: No such device|not a (TTY|terminal)", re.IGNORECASE
)
_ASKS = "It asks for input, and nobody is there to answer."
_HINT = "Give it an option that answers for you (`--yes` for instance) in the stack file."


class Listener:
    """Takes what a script writes: passes it on, and knows the end of it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._open = ""
        self._lines: list[str] = []
        self._same = 0
        self.count = 0
        self.since = time.monotonic()

    def hear(self, chunk: bytes) -> None:
        text = self._decode.decode(chunk)
        if not text:
            return
        self.since = time.monotonic()
        self._say(text)
        *whole, self._open = (self._open + text)[-_CHUNK:].split("\n")
        for line in whole:
            self._same = self._same + 1 if self._lines and line == self._lines[-1] else 0
            self._lines = [*self._lines, line][-_LAST_LINES:]
            self.count += 1

    @property
    def last_words(self) -> str:
        return " | ".join(line.strip() for line in (*self._lines, self._open) if line.strip())[
            -600:
        ]

    @property
    def hangs_on_a_question(self) -> bool:
        """It wrote a question, and then nothing; or the same line over and over."""
        silent = time.monotonic() - self.since > _PROMPT_SECONDS
        return (silent and bool(_QUESTION.search(self._open))) or self._same > _SAME_LINES

    @property
    def ended_on_a_question(self) -> bool:
        """What it wrote last says that it wanted an answer."""
        last = self._open or (self._lines[-1] if self._lines else "")
        return bool(_QUESTION.search(self._open)) or bool(_NO_INPUT.search(f"{last}"))


def asks(name: str, listener: Listener) -> ActionFailed:
    said = f" It wrote last: {listener.last_words}" if listener.last_words else ""
    return ActionFailed(f"{name} was ended. {_ASKS}{said}", _HINT)


def judge(name: str, code: int, listener: Listener) -> None:
    """Raises ActionFailed unless it ended with 0."""
    if code == 0:
        return
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    why = f" {_ASKS}" if listener.ended_on_a_question else ""
    said = f" It wrote last: {listener.last_words}" if listener.last_words else ""
    raise ActionFailed(f"{name} {how}.{why}{said}", _HINT if why else "")


@dataclass(frozen=True)
class Watch:
    """How a script is watched: `check` is called often, and what it raises ends the script."""

    name: str
    listener: Listener
    check: Callable[[], None]
    seconds: float
    began: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Raises what ends the script now."""
        self.check()
        if self.listener.hangs_on_a_question:
            raise asks(self.name, self.listener)
        if time.monotonic() - self.began > self.seconds:
            raise ActionFailed(
                f"{self.name} was not done after {self.seconds:g} s and was ended.",
                "Give it more time with `within` in the stack file.",
            )


def run_here(argv: Sequence[str], directory: Path | None, watch: Watch, **environment: str) -> int:
    """Runs it on this host, in a session of its own; its exit code, negative for a signal.

    Its input is an end of a pipe into which nothing is ever written: whoever reads from it is seen
    to wait, and the script is ended. One that is ended leaves nothing of its session; what one
    that ended by itself left running in the background is its own affair. Raises HostError when it
    cannot be started, ActionFailed as Watch.look.
    """
    waiting, never = _input()
    try:
        process = _started(argv, directory, waiting, environment)
    except OSError as error:
        raise HostError(f"{watch.name} could not be started: {error}.") from error
    finally:
        os.close(waiting)
    try:
        _follow(process, never, watch)
        return process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        if process.stdout:
            process.stdout.close()
        if never is not None:
            os.close(never)


def _input() -> tuple[int, int | None]:
    """What the script reads from, and the end that is never written to; where nobody can tell who
    waits for input, nothing is read from at all."""
    if not can_tell():
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), None
    return os.pipe()


def _started(
    argv: Sequence[str], directory: Path | None, stdin: int, more: dict[str, str]
) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return subprocess.Popen(
        list(argv),
        cwd=directory,
        env={**environment, "GIT_TERMINAL_PROMPT": "0", **more},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _follow(process: subprocess.Popen[bytes], never: int | None, watch: Watch) -> None:
    """Until it has ended, and what it wrote is heard. What it left running in the background may
    hold its output open, and is not waited for."""
    output = process.stdout.fileno() if process.stdout else -1
    pipe = os.fstat(never).st_ino if never is not None else None
    seen_waiting = 0
    while True:
        ready, _, _ = select.select([output], [], [], _LOOK_SECONDS)
        chunk = os.read(output, _CHUNK) if ready else b""
        if ready and not chunk:
            return
        watch.listener.hear(chunk)
        watch.look()
        if not ready and process.poll() is not None:
            return
        waits = not ready and pipe is not None and reads_stdin(process.pid, pipe)
        seen_waiting = seen_waiting + 1 if waits else 0
        if seen_waiting > 1:
            raise asks(watch.name, watch.listener)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asks what is left of the session to end, then makes it."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TERM_SECONDS)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
