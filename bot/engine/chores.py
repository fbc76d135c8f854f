"""What the engine does every few seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot import audit
from bot.audit import AnchorFile
from bot.engine.carried import Equipment
from bot.engine.dispatch import Attempt
from bot.engine.saying import bring_into_threads
from bot.requesting import expire_overdue
from bot.store import audit as links
from bot.store import locks, outbox, requests, runs
from notifiers.ports import Body, Desired, Lane
from playbooks.model.request import RunState

_log = structlog.get_logger()


@dataclass(frozen=True)
class Chores:
    """Each is safe to repeat and to miss. `anchor` is where the audit's head is noted outside."""

    house: Equipment
    anchor: AnchorFile | None

    def all(self, active: Sequence[str]) -> None:
        """`active` are the runs that this process carries out."""
        if bring_into_threads(self.house.ledger):
            self.house.bell.ring()
        self._show_progress()
        self._beat(active)
        if expire_overdue(self.house.ledger):
            self.house.bell.ring()
        if self.anchor is not None and not self.anchor.note(self.house.ledger.database):
            _log.critical("audit.tampered", act="run `interlock audit verify`")

    def say_head_of_yesterday(self) -> None:
        """One line a day, where it cannot be unsaid: up to where the audit went, and its hash."""
        ledger = self.house.ledger
        today = ledger.now().replace(hour=0, minute=0, second=0, microsecond=0)
        yesterday = today - timedelta(days=1)
        stack = next(iter(ledger.stacks.values()), None)
        with ledger.database.read() as connection:
            last = links.last_before(connection, audit.moment(today))
        if stack is None or last is None or last.at < audit.moment(yesterday):
            return
        text = f"Audit of {yesterday:%Y-%m-%d} ends at entry {last.number}: {last.hash}"
        desired = Desired(
            key=f"audit:head:{yesterday:%Y-%m-%d}",
            channel=ledger.channel_of(stack),
            lane=Lane.UPDATE,
            version=1,
            body=Body(text=text),
        )
        with ledger.database.write() as connection:
            outbox.want(connection, desired, ledger.now())
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
