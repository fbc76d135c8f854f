"""Keeps the times of maintenance: announces windows, begins them, warns before the end, and lifts
what is safe to lift."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from bot import audit
from bot.bell import Bell
from bot.ledger import Ledger
from bot.rounds import by_itself, rounds
from bot.store import maintenances as rows
from bot.store import outbox, requests
from commands.ports import Asking, Gate
from notifiers.ports import Body, Desired, Lane
from notifiers.views import maintenance as view
from playbooks.errors import Refused
from playbooks.gate.access import may
from playbooks.model.people import Actor
from playbooks.model.plan import Plan
from playbooks.model.request import Request
from playbooks.model.stack import Stack
from playbooks.model.window import UnderMaintenance, Window
from playbooks.operations.maintenance import OffParams, OnParams, notice_of, rules_of
from playbooks.operations.maintenance_checks import Lifting, lifting, lifting_needs
from playbooks.ports import FactReader

_SECONDS = 10.0
_WARNING = timedelta(minutes=10)
_LAST_CALL = timedelta(hours=1)
_PATIENCE = timedelta(minutes=30)
_LOOK_SECONDS = 10.0


@dataclass(frozen=True)
class Upkeep:
    """`turn` is one round of it; everything is said and asked for once, however many processes
    and lives it takes: each has a key of its own."""

    ledger: Ledger
    gate: Gate
    facts: FactReader
    bell: Bell

    async def run(self) -> None:
        """A round every ten seconds, for ever."""
        await rounds("upkeep", _SECONDS, self.turn)

    def turn(self) -> None:
        """Looks at every window and all maintenance that lasts."""
        with self.ledger.database.read() as connection:
            planned, lasting = rows.planned(connection), rows.all_of_them(connection)
        for window in planned:
            self._each(window.stack, partial(self._window, window=window))
        for state in lasting:
            self._each(state.stack, partial(self._lasting, state=state))

    def _each(self, name: str, act: Callable[[Stack], None]) -> None:
        stack = self.ledger.stacks.get(name)
        if stack is None or stack.maintenance is None:
            return
        with by_itself("upkeep", name):
            act(stack)

    def _window(self, stack: Stack, window: Window) -> None:
        now = self.ledger.now()
        if now < window.starts:
            self._announce(stack, window, now)
        elif now >= min(window.ends, window.starts + _PATIENCE):
            self._miss(stack, window, "nobody was there to begin it at its time")
        else:
            self._begin(stack, window)

    def _announce(self, stack: Stack, window: Window, now: datetime) -> None:
        """A day ahead (or what the stack wants), and an hour ahead."""
        left, rules = window.starts - now, rules_of(stack)
        if left > notice_of(rules):
            return
        which = "soon" if left <= _LAST_CALL else "ahead"
        body = view.announced(_named(stack), window, now)
        for channel in (stack.channel, *rules.channels):
            key = f"window:{window.id}:{which}:{channel}"
            self._say(stack.model_copy(update={"channel": channel}), key, body)

    def _begin(self, stack: Stack, window: Window) -> None:
        once = f"window:{window.id}:begin"
        if self._asked_before(once) is None:
            params = OnParams(message=window.message, until=window.ends, window=window.id)
            try:
                plan = self.gate.plan("maintenance-on", stack, params)
                if not plan.nothing_to_do:
                    self._keep(stack, plan, window, once)
            except Refused as error:
                self._miss(stack, window, error.message)
                return
        with self.ledger.database.write() as connection:
            rows.settle(connection, window.id, "begun")

    def _miss(self, stack: Stack, window: Window, why: str) -> None:
        with self.ledger.database.write() as connection:
            if not rows.settle(connection, window.id, "missed", why):
                return
            audit.append(
                connection,
                at=self.ledger.now(),
                kind="maintenance.missed",
                actor="upkeep",
                stack=stack.name,
                subject=window.id,
                detail={"why": why},
            )
            body = view.not_begun(_named(stack), window, why)
            self._want(connection, stack, f"window:{window.id}:missed", body)
        self.bell.ring()

    def _lasting(self, stack: Stack, state: UnderMaintenance) -> None:
        now = self.ledger.now()
        if state.late(now):
            self._end(stack, state)
        elif state.until - now <= _WARNING < state.until - state.since:
            self._say(stack, _key(state, "ends"), view.ends_soon(_named(stack), state, now))

    def _end(self, stack: Stack, state: UnderMaintenance) -> None:
        request = self._asked_before(_key(state, "lift"))
        if request is not None:
            self._follow(stack, state, request)
            return
        facts = self.facts.read(stack, lifting_needs(stack), within=_LOOK_SECONDS)
        verdict = lifting(stack, facts)
        if verdict.unwell:
            self._ask(stack, state, verdict)
        elif verdict.runs:
            body = view.waits_for_runs(_named(stack), verdict.runs)
            self._say(stack, _key(state, "waits"), body)
        elif self._said(_key(state, "stays")):
            # Whoever was asked decides: nothing opens while they look into it.
            self._say(stack, _key(state, "safe"), view.safe_now(_named(stack), state))
        else:
            self._lift(stack, state)

    def _ask(self, stack: Stack, state: UnderMaintenance, verdict: Lifting) -> None:
        against = tuple(map(self.ledger.redactor.redact, verdict.against))
        body = view.stays(_named(stack), state, against, self._can_act(stack))
        self._say(stack, _key(state, "stays"), body)

    def _lift(self, stack: Stack, state: UnderMaintenance) -> None:
        plan = self.gate.plan("maintenance-off", stack, OffParams())
        if plan.nothing_to_do:
            return
        self._keep(stack, plan, state, _key(state, "lift"))

    def _keep(
        self, stack: Stack, plan: Plan, approved: Window | UnderMaintenance, once: str
    ) -> None:
        """Asks for what was approved together with the run that planned it, or switched it on."""
        person = self.ledger.policy.person(approved.person)
        slack = person.slack if person else approved.person
        note = f"Approved together with {approved.run}."
        asking = Asking(
            actor=Actor(slack=slack, person=person),
            channel=self.ledger.channel_of(stack),
            typed=f"{plan.operation}, as {approved.person} asked for with {approved.run}",
            origin="schedule",
            once=once,
        )
        self.gate.keep(plan.model_copy(update={"notes": (*plan.notes, note)}), asking)

    def _asked_before(self, once: str) -> Request | None:
        with self.ledger.database.read() as connection:
            return requests.get_once(connection, once)

    def _follow(self, stack: Stack, state: UnderMaintenance, request: Request) -> None:
        """It was asked for, and yet maintenance lasts: once that has ended, people are told."""
        with self.ledger.database.read() as connection:
            run = self.ledger.run(connection, request)
        if run is not None and run.state.ended:
            why = run.outcome or f"run {run.id} is {run.state.value}"
            self._say(stack, _key(state, "failed"), view.not_lifted(_named(stack), state, why))

    def _can_act(self, stack: Stack) -> tuple[str, ...]:
        policy = self.ledger.policy
        everybody = (policy.person(name) for name in policy.people)
        return tuple(
            person.slack
            for person in everybody
            if person and may(policy, person, "ask", stack.name, stack.environment)
        )

    def _said(self, key: str) -> bool:
        with self.ledger.database.read() as connection:
            return outbox.is_wanted(connection, key)

    def _say(self, stack: Stack, key: str, body: Body) -> None:
        """Once: what is said under the same key stays as it was said first."""
        if self._said(key):
            return
        with self.ledger.database.write() as connection:
            self._want(connection, stack, key, body)
        self.bell.ring()

    def _want(self, connection: sa.Connection, stack: Stack, key: str, body: Body) -> None:
        desired = Desired(
            key=key,
            channel=self.ledger.channel_of(stack),
            lane=Lane.CRITICAL,
            version=1,
            body=body,
        )
        outbox.want(connection, desired, self.ledger.now())


def _named(stack: Stack) -> str:
    return f"{stack.environment}/{stack.name}"


def _key(state: UnderMaintenance, what: str) -> str:
    """Another end is another message."""
    return f"maintenance:{state.stack}:{state.since.isoformat()}:{state.until.isoformat()}:{what}"
