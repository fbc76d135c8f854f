"""What an action gets while it performs one step: playbooks.ports.Work."""

import threading
from dataclasses import dataclass
from datetime import datetime

from bot.engine.board import Board
from bot.engine.failpoints import Failpoints
from bot.engine.speech import Place
from notifiers.redactor import Redactor
from playbooks.errors import StopRequested
from playbooks.model.request import Progress
from playbooks.model.stack import Stack
from playbooks.ports import Maintenances, Secrets


class Halted(Exception):
    """This process is being shut down; the next one goes on with the step as after a crash."""


@dataclass(frozen=True)
class StepWork:
    """One attempt of one step. `stop` is set when the run is cancelled; an undo, and what is
    owed, get one that nobody sets. `halt` is set when the process is shut down."""

    stack: Stack
    secrets: Secrets
    maintenances: Maintenances
    run: str
    started: datetime
    requester: str
    phase: str
    key: str
    attempt: int
    stop: threading.Event
    halt: threading.Event
    board: Board
    failpoints: Failpoints
    redactor: Redactor

    @property
    def run_tag(self) -> str:
        return f"interlock-{self.run}-"

    @property
    def tag(self) -> str:
        phase = "" if self.phase == "do" else f"{self.phase}."
        return f"{self.run_tag}{phase}{self.key}-{self.attempt}"

    def progress(self, done: int, total: int | None = None, unit: str = "bytes") -> None:
        self.failpoints.passing(self._point)
        self.board.report(self.run, Progress(key=self.key, done=done, total=total, unit=unit))

    def say(self, text: str) -> None:
        place = Place(self.run, self.phase, self.key, self.attempt)
        self.board.speeches.say(place, self.key, text, self.redactor)

    def check_stop(self) -> None:
        self.failpoints.passing(self._point)
        if self.halt.is_set():
            raise Halted
        if self.stop.is_set():
            raise StopRequested("The run was cancelled.")

    @property
    def _point(self) -> str:
        return f"{point_of(self.phase, self.key)}:in"


def point_of(phase: str, key: str) -> str:
    """The failpoint's name without its place: `step:dump.postgres`, `undo:swap`, `owed:api`."""
    return f"{'step' if phase == 'do' else phase}:{key}"
