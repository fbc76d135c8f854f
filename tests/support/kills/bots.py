"""The real bot as a process that is killed again and again, over one folder."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot.app import run
from bot.engine.failpoints import VARIABLE
from bot.environment import BotSettings
from tests.support.forks import FORKS, ONE_ASKS
from tests.support.workspace import Sim

KILLED = -9
_START_SECONDS = 60.0
_POLL = 0.005


@dataclass
class MortalBot:
    """A bot's folder, and its present life."""

    folder: Path
    sim: Sim
    process: ForkServerProcess | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.exit_code() is None

    @property
    def log(self) -> Path:
        return self.folder / "bot.log"

    def start(self, failpoint: str = "") -> bool:
        """Another life. False: it ended before it heard Slack, as with a run to take up it may."""
        assert not self.alive
        receiving, sending = FORKS.Pipe(duplex=False)
        environment = self._environment() | {VARIABLE: failpoint}
        self.process = FORKS.Process(
            target=_live, args=(environment, self.log, sending), daemon=True
        )
        with ONE_ASKS:
            self.process.start()
        sending.close()
        with receiving:
            assert receiving.poll(_START_SECONDS), f"no bot within {_START_SECONDS} s; {self.log}"
            try:
                receiving.recv()
            except EOFError:
                self._wait()
                assert failpoint, f"the bot ended by itself:\n{self.log.read_text()[-3000:]}"
                return False
        return True

    def kill(self) -> None:
        """kill -9, now."""
        if self.process is not None:
            with ONE_ASKS:
                self.process.kill()
            self._wait()

    def exit_code(self) -> int | None:
        with ONE_ASKS:
            return self.process.exitcode if self.process is not None else None

    def _wait(self) -> None:
        while self.alive:
            time.sleep(_POLL)

    def _environment(self) -> dict[str, str]:
        secrets = self.sim.workspace.secrets
        return {
            "INTERLOCK_CONFIG": str(self.folder / "interlock.yaml"),
            "INTERLOCK_MODE": "socket",
            "INTERLOCK_PORT": "0",
            "SLACK_BOT_TOKEN": secrets.bot_token,
            "SLACK_APP_TOKEN": secrets.app_token,
            "SLACK_SIGNING_SECRET": secrets.signing_secret,
            "SLACK_API_URL": self.sim.workspace.api_url,
        }


def _live(environment: dict[str, str], log: Path, ready: Connection) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(descriptor, stream)
    os.environ.update(environment)
    asyncio.run(run(BotSettings(), ready.send))
