"""The bots that are measured, each beside a workspace of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import process, ready, until, workspace
from tests.support.bot import write_stack
from tests.support.ports import free_port

_TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-interlock-local",
    "SLACK_APP_TOKEN": "xapp-interlock-local",
    "SLACK_SIGNING_SECRET": "interlock-local-signing-secret",
}
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Measured:
    """A bot that is connected: its workspace, its process, how long it took to get there."""

    url: str
    pid: int
    ready_seconds: float


@contextmanager
def bare_bolt(folder: Path, *, dbos: bool = False) -> Iterator[Measured]:
    """A bare Bolt app."""
    with workspace(folder, free_port()) as url:
        argv = ["-m", "tests.bench.bare_bolt", *(["dbos"] if dbos else [])]
        with process(argv, folder / "bot.txt", SLACK_API_URL=f"{url}/api/", **_TOKENS) as bot:
            seconds = until(lambda: ready(url), "the bare Bolt app")
            yield Measured(url, bot.pid, seconds)


@contextmanager
def interlock(folder: Path, megabytes: int = 0) -> Iterator[Measured]:
    """Interlock on a stack with a folder of so many megabytes."""
    with workspace(folder / "workspace", free_port()) as url:
        write_stack(folder)
        _fill(folder / "uploads", megabytes)
        environment = _TOKENS | {"SLACK_API_URL": f"{url}/api/", "INTERLOCK_PORT": "0"}
        argv = ["-m", "bot.cli", "run", "--config", str(folder / "interlock.yaml")]
        with process(argv, folder / "bot.txt", **environment) as bot:
            seconds = until(lambda: ready(url), "interlock run")
            yield Measured(url, bot.pid, seconds)


def _fill(folder: Path, megabytes: int) -> None:
    """Half of it compresses, half does not."""
    with (folder / "load.bin").open("wb") as file:
        for number in range(megabytes):
            file.write(os.urandom(_CHUNK) if number % 2 else bytes(_CHUNK))
