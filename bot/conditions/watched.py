"""Measures what the thresholds of stacks are about, and judges it, again and again."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.conditions.own_alerts import OwnAlerts
from bot.ledger import Ledger
from bot.rounds import by_itself, rounds
from bot.store import samples, schedules
from bot.watching.watch import ServiceWatch
from commands.ports import OwnCondition
from playbooks.model.facts import Facts
from playbooks.model.lives import Lives
from playbooks.model.stack import Stack
from playbooks.model.thresholds import Threshold
from playbooks.ports import FactReader
from playbooks.respond.conditions import Held, Rule, rule_of
from playbooks.respond.measuring import LIVES, Measured, measured, needs, told
from playbooks.respond.restarts import Restarts
from playbooks.respond.seen import Seen

_TOLD_SECONDS = 5.0
_READ_SECONDS = 20.0
_SAMPLED = timedelta(minutes=5)
_NOTHING_READ = Facts()


@dataclass
class _Of:
    """What is known of one stack from look to look."""

    read_at: float = float("-inf")
    restarts: Restarts = field(default_factory=Restarts)
    looked_at: datetime | None = None
    measured: dict[str, Measured] = field(default_factory=dict)


@dataclass
class Conditions:
    """`run` goes on for ever; `look` is one round. What is known without asking the stack is judged
    every few seconds, the rest `every` so often.

    Implements commands.ports.Conditions.
    """

    ledger: Ledger
    facts: FactReader
    watch: ServiceWatch
    own: OwnAlerts
    every: timedelta
    _known: dict[str, _Of] = field(default_factory=dict)

    async def run(self) -> None:
        seconds = min(_TOLD_SECONDS, self.every.total_seconds())
        await rounds("conditions", seconds, self.look)

    def look(self) -> None:
        """At all stacks; one that breaks holds up no other."""
        self.own.forget_others(self.ledger.stacks)
        for stack in self.ledger.stacks.values():
            with by_itself("conditions", stack.name):
                self._look_at(stack)

    def of(self, stack: Stack) -> Sequence[OwnCondition]:
        known = self._known.get(stack.name, _Of())
        held = self.own.held(stack.name)
        return [
            _standing(rule_of(name, threshold), known, held)
            for name, threshold in stack.thresholds.items()
        ]

    def _look_at(self, stack: Stack) -> None:
        rules = [rule_of(name, each) for name, each in stack.thresholds.items()]
        if not rules and not self.own.held(stack.name):
            return
        known = self._known.setdefault(stack.name, _Of())
        at_hand = {name: each for name, each in stack.thresholds.items() if told(each)}
        others = {name: each for name, each in stack.thresholds.items() if not told(each)}
        seen = self._at_hand(stack)
        found = [self._measure(stack, known, at_hand, seen)]
        if others and time.monotonic() - known.read_at >= self.every.total_seconds():
            found.append(self._measure(stack, known, others, self._read(stack, known, seen)))
            # From the end of the look on: one that takes long is not made without a pause.
            known.read_at = time.monotonic()
        readings = {name: each for look in found for name, each in look.readings.items()}
        self.own.judge(stack.name, rules, readings)
        known.looked_at = seen.now

    def _measure(
        self, stack: Stack, known: _Of, thresholds: Mapping[str, Threshold], seen: Seen
    ) -> Measured:
        found = measured(stack, thresholds, seen)
        known.measured.update(dict.fromkeys(thresholds, found))
        return found

    def _at_hand(self, stack: Stack) -> Seen:
        with self.ledger.database.read() as connection:
            breaches = schedules.open_breaches(connection, stack.name)
        return Seen(
            now=self.ledger.now(),
            conditions=self.watch.open_now(stack.name),
            watched=frozenset(
                name
                for name, service in stack.services.items()
                if stack.watch.on and service.health is not None
            ),
            breaches=breaches,
            probes=self.watch.probes(stack),
        )

    def _read(self, stack: Stack, known: _Of, seen: Seen) -> Seen:
        queries = needs(stack)
        facts = self.facts.read(stack, queries, within=_READ_SECONDS) if queries else _NOTHING_READ
        lives = facts.get(LIVES)
        if lives is not None:
            known.restarts = known.restarts.seen(Lives.model_validate(lives).lives, seen.now)
        with self.ledger.database.read() as connection:
            sampled = samples.since(connection, stack.name, seen.now - _SAMPLED)
        return replace(
            seen,
            facts=facts,
            restarts=known.restarts,
            sample=sampled[-1] if sampled else None,
        )


def _standing(rule: Rule, known: _Of, held: Mapping[tuple[str, str], Held]) -> OwnCondition:
    look = known.measured.get(rule.name)
    problem = "it was not looked at yet" if look is None else look.unmeasured.get(rule.name, "")
    readings = look.readings.get(rule.name, ()) if look else ()
    mine = [each for (name, _), each in held.items() if name == rule.name]
    return OwnCondition(
        name=rule.name,
        shown=rule.shown,
        severity=rule.severity,
        how=look.how.get(rule.name, "") if look else "",
        firing=tuple(each.reading.subject for each in mine if each.firing),
        waiting=tuple(each.reading.subject for each in mine if not each.firing),
        values=tuple(
            f"{each.subject} {each.said}".strip() for each in readings if each.value or rule.below
        ),
        problem=problem,
    )
