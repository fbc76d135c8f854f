"""Keeps the demo's own processes running, and waits for what is to come.

The services of the stack are Interlock's to start and stop, so nobody else touches them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.errors import DemoError
from bot.demo.files import describe
from bot.demo.front import health, say_stack_is_up
from bot.demo.keeper import Keeper
from bot.demo.parts import Part, last_words, without_failpoint
from bot.demo.places import Places
from bot.demo.postgres import Postgres
from bot.demo.stopping import Stopping

_TICK = 0.2
_WAIT_SECONDS = 120.0


@dataclass(frozen=True)
class Demo:
    """One demo and its own parts."""

    places: Places
    url: str
    ports: dict[str, int]
    postgres: Postgres
    workspace: Part
    bot: Part

    def describe(self) -> None:
        """Brings demo.json up to date."""
        running = self.bot.service.running()
        if running:
            describe(self.places, self.ports, self.postgres, self.url, running.identity.pid)


class Upkeep:
    """Looks after a demo for as long as it runs."""

    def __init__(self, demo: Demo, stopping: Stopping, tell: Callable[[str], None]) -> None:
        self._demo = demo
        self._stopping = stopping
        self._tell = tell
        self._keepers = [
            Keeper("PostgreSQL", lambda: demo.postgres.up, self._postgres_again, tell),
            Keeper("The workspace", lambda: demo.workspace.up, self._workspace_again, tell),
        ]

    def add_bot(self) -> None:
        """From now on the bot is looked after too."""
        self._keepers += (
            Keeper("The bot", lambda: self._demo.bot.up, self._bot_again, self._tell),
        )

    def wait_for(self, what: str, reached: Callable[[], bool], part: Part) -> None:
        """Raises DemoError with the end of the log of `part` after two minutes, Ended when asked
        to end."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not reached():
            if time.monotonic() > deadline:
                raise DemoError(
                    f"After {_WAIT_SECONDS:g} s {what}. Its log ends: {last_words(part)}",
                    f"The whole log is {part.service.log_file}.",
                )
            self._tick()

    def go_on(self) -> None:
        """Until somebody wants the end; raises Ended then."""
        while True:
            self._tick()

    def _tick(self) -> None:
        for keeper in self._keepers:
            if keeper.tick():
                self._tell(f"{keeper.name} runs again.")
        self._stopping.pause(_TICK)

    def _postgres_again(self) -> None:
        self._demo.postgres.start(self._stopping)

    def _workspace_again(self) -> None:
        self._demo.workspace.start()
        deadline = time.monotonic() + 20
        while health(self._demo.url) is None and time.monotonic() < deadline:
            self._stopping.pause(_TICK)
        say_stack_is_up(self._demo.url)

    def _bot_again(self) -> None:
        without_failpoint(self._demo.bot).start()
        self._demo.describe()
