"""Looks through the logs of stacks for what their `security` names, again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.conditions.own_alerts import OwnAlerts
from bot.ledger import Ledger
from bot.rounds import by_itself, rounds
from bot.store import own_alerts as rows
from commands.ports import OwnCondition
from playbooks.lines.security import Look
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.ports import FactReader
from playbooks.respond.conditions import Reading
from playbooks.respond.security import (
    Memory,
    Seen,
    logged,
    readings_of,
    remembered,
    rule_name,
    rules_of,
    watches,
)

_READ_SECONDS = 30.0


@dataclass
class SecurityWatch:
    """`run` goes on for ever; `look` is one round. Where each log goes on, and what was counted, is
    remembered over restarts.

    Implements commands.ports.Conditions.
    """

    ledger: Ledger
    facts: FactReader
    own: OwnAlerts
    every: timedelta
    _readings: dict[str, Mapping[str, Sequence[Reading]]] = field(default_factory=dict)
    _problems: dict[str, dict[str, str]] = field(default_factory=dict)

    async def run(self) -> None:
        await rounds("security", self.every.total_seconds(), self.look)

    def look(self) -> None:
        """At all stacks; one that breaks holds up no other."""
        self.own.forget_others(self.ledger.stacks)
        for stack in self.ledger.stacks.values():
            with by_itself("security", stack.name):
                self._look_at(stack)

    def of(self, stack: Stack) -> Sequence[OwnCondition]:
        held, rules = self.own.held(stack.name), rules_of(stack.security)
        names = {rule.name for rule in rules}
        found = self._readings.get(stack.name)
        problems = self._problems.get(stack.name, {})
        unread = [why for name, why in problems.items() if name not in names]
        nothing = "no log was looked at yet" if found is None else ""
        if len(unread) == len(logged(stack)):
            nothing = "; ".join(unread)
        return [
            OwnCondition(
                name=rule.name,
                shown=rule.shown,
                severity=rule.severity,
                how=f"logs, but {'; '.join(unread)}" if unread else "logs",
                firing=tuple(
                    each.reading.subject
                    for each in held.values()
                    if each.rule == rule and each.firing
                ),
                values=tuple(each.said for each in (found or {}).get(rule.name, ())),
                problem=problems.get(rule.name, nothing),
            )
            for rule in rules
        ]

    def _look_at(self, stack: Stack) -> None:
        if not watches(stack.security):
            if self.own.held(stack.name):
                self.own.judge(stack.name, (), {})
            return
        now = self.ledger.now()
        before = self._memory(stack)
        queries = {name: _query(name, before) for name in logged(stack)}
        facts = self.facts.read(stack, list(queries.values()), within=_READ_SECONDS)
        looks, cursors = _answers(queries, facts, before)
        after = remembered(
            before.model_copy(update={"cursors": cursors}),
            stack.security,
            [Seen(at=now, service=name, look=look) for name, look in looks],
            now,
        )
        if after != before:
            with self.ledger.database.write() as connection:
                rows.look(connection, stack.name, after.model_dump(mode="json"))
        self._problems[stack.name] = _problems(queries, facts, after)
        self._readings[stack.name] = readings_of(stack.security, after, now)
        self.own.judge(stack.name, rules_of(stack.security), self._readings[stack.name])

    def _memory(self, stack: Stack) -> Memory:
        with self.ledger.database.read() as connection:
            body = rows.looked(connection, stack.name)
        return Memory.model_validate(body) if body else Memory(began_at=self.ledger.now())


def _query(service: str, memory: Memory) -> FactQuery:
    cursors = memory.cursors.get(service, {})
    return FactQuery(fact="security.look", args={"service": service, "cursors": cursors})


def _answers(
    queries: Mapping[str, FactQuery], facts: Facts, before: Memory
) -> tuple[list[tuple[str, Look]], dict[str, dict[str, object]]]:
    """What was seen, by service, and where each log goes on: a log that could not be read goes on
    where it was."""
    looks: list[tuple[str, Look]] = []
    cursors: dict[str, dict[str, object]] = {}
    for name, query in queries.items():
        fact = facts.get(query)
        known = before.cursors.get(name)
        if fact is None:
            cursors |= {name: known} if known is not None else {}
            continue
        looks += [(name, Look.model_validate(each)) for each in fact["looks"]]
        cursors[name] = {**(known or {}), **fact["cursors"]}
    return looks, cursors


def _problems(queries: Mapping[str, FactQuery], facts: Facts, memory: Memory) -> dict[str, str]:
    """By log what could not be read, and by rule which pattern was given up of late."""
    unread: dict[str, str] = {}
    for name, query in queries.items():
        fact, who = facts.get(query), name or "the logs of the stack"
        if fact is None:
            unread[name] = f"{who}: {facts.missing.get(query.key, 'it was not read')}"
        elif fact["problems"]:
            unread[name] = f"{who}: {'; '.join(fact['problems'])}"
    given_up = {
        rule_name(pattern): why
        for each in memory.looks
        for pattern, why in each.look.troubles.items()
    }
    return {**unread, **given_up}
