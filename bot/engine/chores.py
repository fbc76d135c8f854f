"""What the engine does every few seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.audit import AnchorFile
from bot.engine.carried import Equipment
from bot.engine.dispatch import Attempt
from bot.requesting import expire_overdue
from bot.store import locks, requests, runs
from notifiers.ports import Lane
from playbooks.model.request import RunState


@dataclass(frozen=True)
class Chores:
    """Each is safe to repeat and to miss. `anchor` is where the audit's head is noted outside."""

    house: Equipment
    anchor: AnchorFile | None

    def all(self, active: Sequence[str]) -> None:
        """`active` are the runs that this process carries out."""
        self._show_progress()
        self._beat(active)
        expired = expire_overdue(self.house.ledger)
        if self.anchor is not None:
            self.anchor.note(self.house.ledger.database)
        if expired:
            self.house.bell.ring()

    def _show_progress(self) -> None:
        ledger = self.house.ledger
        changed = ledger.board.changed()
        for run in changed:
            with ledger.database.write() as connection:
                row = runs.row(connection, run)
                if row is not None and row["state"] == RunState.RUNNING.value:
                    ledger.want_card(connection, run, Lane.PROGRESS)
        if changed:
            self.house.bell.ring()

    def _beat(self, active: Sequence[str]) -> None:
        """Shows that the runs are alive, and hears of cancellations made elsewhere."""
        if not active:
            return
        ledger = self.house.ledger
        with ledger.database.write() as connection:
            locks.beat(connection, active, ledger.now())
            cancelled = runs.cancelled_among(connection, active)
        for run in cancelled:
            ledger.board.stop(run)


def take_another_attempt(house: Equipment, attempt: Attempt) -> Attempt | None:
    """The workflow of this attempt ended without ending the run: the next one goes on."""
    run, number = attempt.run, attempt.number
    with house.ledger.database.write() as connection:
        row = runs.row_locked(connection, run)
        if row is None or row["attempt"] != number or row["state"] != RunState.RUNNING.value:
            return None
        runs.change(connection, run, attempt=number + 1)
        request = requests.get(connection, run)
        if request is not None:
            house.ledger.audit(connection, "run.resumed", "engine", request, attempt=number + 1)
    return Attempt(run, number + 1)
