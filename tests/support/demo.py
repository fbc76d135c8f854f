"""A whole demo in a folder of its own, started and ended like a person would."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from playbooks.hosts.identity import Identity

_ROOT = Path(__file__).parents[2]
_PARTS = ("workspace", "bot", "postgres", "api", "web")


def until(what: str, condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """The first true answer of `condition`; fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not in {seconds:g} s: {what}"
        time.sleep(0.1)
    return answer


@dataclass
class RunningDemo:
    """`interlock demo` on a folder and a port. Its output is in `output`."""

    state: Path
    port: int
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def output(self) -> Path:
        return self.state.with_name(f"{self.state.name}.output")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Starts the command, without waiting."""
        argv = [sys.executable, "-m", "bot.cli", "demo", "--no-browser", "--port", str(self.port)]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*argv, "--state", str(self.state), *self.options],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=_ROOT,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def start(self) -> None:
        """Starts the command and waits until it says that it is ready."""
        self.launch()

        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.said()
            return f"ready: {self.url}" in self.said().splitlines()

        until("the demo is ready", ready, seconds=120)

    def said(self) -> str:
        return self.output.read_text()

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Asks it to end, as Ctrl-C does; the exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9 of the supervisor alone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    @property
    def description(self) -> dict[str, Any]:
        """What is in demo.json."""
        found = json.loads((self.state / "demo.json").read_text())
        assert isinstance(found, dict)
        return found

    def identity(self, part: str) -> Identity | None:
        """Which process a part is, whether it runs or not; None when it was ended in order."""
        try:
            noted = json.loads((self.state / "processes" / f"{part}.pid").read_text())
        except FileNotFoundError:
            return None
        return Identity(noted["pid"], noted["born"])

    def alive(self) -> dict[str, int]:
        """The pids of all parts that run."""
        found = {part: self.identity(part) for part in _PARTS}
        return {part: one.pid for part, one in found.items() if one and one.alive}

    def health(self) -> dict[str, Any]:
        """What the workspace says of itself; empty while it is away."""
        try:
            return dict(httpx.get(f"{self.url}/sim/health", timeout=5).json())
        except httpx.HTTPError:
            return {}

    def command(self, text: str, user: str = "ana") -> str:
        """Types `/ops TEXT` in ops-harbor; the text of the answer."""
        typed = {"user": user, "channel": "ops-harbor", "command": "/ops", "text": text}
        answer = httpx.post(f"{self.url}/sim/command", json=typed, timeout=30).json()
        return str((answer.get("response") or {}).get("text", answer))

    def messages(self) -> list[dict[str, Any]]:
        """Everything ana sees in ops-harbor."""
        parameters = {"channel": "ops-harbor", "user": "ana"}
        found = httpx.get(f"{self.url}/sim/messages", params=parameters, timeout=10).json()
        assert isinstance(found, list)
        return found
