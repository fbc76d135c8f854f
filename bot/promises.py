"""Keeps what an approved plan said would happen by itself afterwards, whatever becomes of the bot
in between."""

from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from bot.bell import Bell
from bot.ledger import Ledger
from bot.rounds import rounds
from bot.store import outbox
from bot.store import promises as rows
from bot.store.promises import Promise
from commands.ports import Asking, Gate
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import escape
from playbooks.catalogue import PLAYBOOKS
from playbooks.errors import InterlockError, UnknownName
from playbooks.model.people import Actor

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 10.0


@dataclass(frozen=True)
class Promises:
    """`run` goes on for ever; `turn` is one round of it.

    A promise is asked for under its own id, so that it is kept once, however many lives it takes.
    """

    ledger: Ledger
    gate: Gate
    bell: Bell

    async def run(self) -> None:
        await rounds("promises", _LONGEST_WAIT, self._round)

    def _round(self) -> float:
        self.turn()
        return self._seconds_to_next()

    def turn(self) -> None:
        """Asks for what is due."""
        with self.ledger.database.read() as connection:
            due = rows.due(connection, self.ledger.now())
        for promise in due:
            try:
                self._keep(promise)
            except UnknownName as error:
                self._settle(promise, "dropped", str(error))
            except InterlockError as error:
                self._wait(promise, str(error))

    def _keep(self, promise: Promise) -> None:
        stack = self.ledger.stack(promise.stack)
        playbook = PLAYBOOKS.get(promise.operation)
        if playbook is None:
            raise UnknownName(f"There is no operation {promise.operation!r} any more.")
        params = playbook.params.model_validate(promise.params)
        plan = self.gate.plan(promise.operation, stack, params)
        if plan.nothing_to_do:
            self._settle(promise, "dropped", " ".join(plan.notes))
            return
        asking = Asking(
            actor=Actor(slack=f"promise of {promise.run}", schedule=f"{stack.name}/{promise.run}"),
            channel=self.ledger.channel_of(stack),
            typed=f"{promise.operation}, as {promise.person} asked for with {promise.run}",
            origin="schedule",
            once=f"promise:{promise.run}",
        )
        self.gate.keep(plan, asking)
        self._settle(promise, "kept", "")

    def _settle(self, promise: Promise, state: rows.PromiseState, why: str) -> None:
        with self.ledger.database.write() as connection:
            rows.settle(connection, promise.run, state, self.ledger.redactor.redact(why))

    def _wait(self, promise: Promise, why: str) -> None:
        """Tried again each round; said once for each reason."""
        why = self.ledger.redactor.redact(why)
        _log.warning("promises.waits", run=promise.run, why=why)
        with self.ledger.database.write() as connection:
            if rows.explain(connection, promise.run, why):
                self._tell(connection, promise, why)
        self.bell.ring()

    def _tell(self, connection: sa.Connection, promise: Promise, why: str) -> None:
        stack = self.ledger.stacks.get(promise.stack)
        if stack is None:
            return
        text = (
            f"{promise.operation} of {promise.stack}, which {promise.run} said would follow, has "
            f"to wait: {why}"
        )
        now = self.ledger.now()
        desired = Desired(
            key=f"promise:{promise.run}:waits",
            channel=self.ledger.channel_of(stack),
            lane=Lane.CRITICAL,
            version=int(now.timestamp()),
            body=Body(text=escape(text)),
        )
        outbox.want(connection, desired, now)

    def _seconds_to_next(self) -> float:
        with self.ledger.database.read() as connection:
            due = rows.next_due(connection)
        if due is None:
            return _LONGEST_WAIT
        left = (due - self.ledger.now()).total_seconds()
        return min(_LONGEST_WAIT, max(1.0, left))
