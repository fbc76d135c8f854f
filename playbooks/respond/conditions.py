"""From what is measured of a stack to alerts of its own. Pure.

Something is wrong while its value is past the limit of its rule; it fires once that has lasted, and
resolves once it has been well for a while, by a margin, so that what hovers at the limit does not
flap.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbooks.model.base import Model
from playbooks.model.thresholds import BELOW, HAPPENS, Measure, Severity, Threshold
from playbooks.respond.alert import Alert
from playbooks.respond.intake import fingerprint_of

SOURCE = "interlock"
"""The source of alerts that Interlock finds by itself."""
_MARGIN = 0.05
_CALM = timedelta(minutes=1)
_LONGEST_CALM = timedelta(minutes=5)
# What happens in a moment is over when it has not happened again for so long.
_MOMENTARY = timedelta(minutes=5)
_TOLD_AGAIN = timedelta(minutes=5)
_MOMENTARY_MEASURES: frozenset[Measure] = frozenset({"restart_loop", "out_of_memory"})
_HELD_BY_OTHERS: frozenset[Measure] = frozenset(
    {"down", "backup_late", "drill_failed", "drill_overdue"}
)


class Rule(Model):
    """From where on a value is wrong, and for how long it has to be: `lasting`, in `looks` looks in
    a row; `calm` is how long it has to be well again. `shown` says it for people."""

    name: str
    measure: str
    shown: str
    severity: Severity = "warning"
    limit: float = 0.5
    below: bool = False
    lasting: timedelta = timedelta(0)
    looks: int = 1
    calm: timedelta = _CALM

    def wrong(self, value: float, *, firing: bool) -> bool:
        """Whether it is past the limit; what fires already has to come back by a margin."""
        if self.below:
            return value < self.limit * (1 + _MARGIN * firing)
        return value > self.limit * (1 - _MARGIN * firing)


class Reading(Model):
    """What was measured of one thing: `subject` is a service, a mount or a datastore, empty for the
    whole stack; `value` is 1 or 0 for what happens or does not. `said` is the value for people,
    `summary` a sentence of it, `since` when it began where that is known."""

    subject: str = ""
    value: float = 1.0
    said: str = ""
    summary: str = ""
    labels: dict[str, str] = {}
    since: datetime | None = None


class Held(Model):
    """What is remembered of one rule and one subject: `since` when it has been wrong, in how many
    looks in a row (`against`), or `well_since` when it has been well. `told` is the value that was
    said last, at `told_at`."""

    rule: Rule
    reading: Reading
    firing: bool = False
    since: datetime | None = None
    against: int = 0
    well_since: datetime | None = None
    told: str = ""
    told_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.rule.name, self.reading.subject


@dataclass(frozen=True)
class Judged:
    """How all of it stands, and what is to be said: what fires or still does, what is over."""

    held: Mapping[tuple[str, str], Held]
    fired: tuple[Held, ...] = ()
    told_again: tuple[Held, ...] = ()
    resolved: tuple[Held, ...] = ()


def rule_of(name: str, threshold: Threshold) -> Rule:
    """The rule that a threshold of a stack file stands for."""
    measure, happens = threshold.measure, threshold.measure in HAPPENS
    lasting = threshold.lasting or timedelta(0)
    calm = min(max(lasting, _CALM), _LONGEST_CALM)
    if measure in _HELD_BY_OTHERS:
        calm = timedelta(0)
    if measure in _MOMENTARY_MEASURES:
        calm = _MOMENTARY
    return Rule(
        name=name,
        measure=measure,
        shown=threshold.shown,
        severity=threshold.severity,
        limit=0.5 if threshold.limit is None else threshold.limit,
        below=measure in BELOW,
        lasting=lasting,
        looks=1 if happens or lasting else 2,
        calm=calm,
    )


def judged(
    rules: Sequence[Rule],
    known: Mapping[tuple[str, str], Held],
    readings: Mapping[str, Sequence[Reading]],
    now: datetime,
) -> Judged:
    """How it stands after one look. `readings` has, by the names of rules, everything that could be
    measured now: a rule that is not in it stays as it stands, a subject that is not is well. What
    fires by a rule that there is no more is over."""
    held = dict(known)
    fired, again, resolved = [], [], []
    for rule in rules:
        for key, after in _looked(rule, known, readings.get(rule.name), now):
            before = held.pop(key, None)
            firing = before is not None and before.firing
            if after is not None:
                held[key] = after
            if after is not None and after.firing and not firing:
                fired.append(after)
            elif after is not None and after.firing and after.told_at == now:
                again.append(after)
            elif before is not None and firing and after is None:
                resolved.append(before)
    names = {rule.name for rule in rules}
    for key in [key for key in held if key[0] not in names]:
        gone = held.pop(key)
        resolved += [gone] if gone.firing else []
    return Judged(held, tuple(fired), tuple(again), tuple(resolved))


def alert_of(held: Held, stack: str, *, firing: bool, now: datetime) -> Alert:
    """As if somebody had sent it."""
    rule, reading = held.rule, held.reading
    summary = reading.summary or f"{reading.said or rule.shown}."
    return Alert(
        fingerprint=fingerprint_of({"rule": rule.name, "subject": reading.subject}),
        rule=rule.name,
        stack=stack,
        severity=rule.severity,
        firing=firing,
        since=held.since or now,
        ended=None if firing else now,
        labels={
            "alertname": rule.name,
            "stack": stack,
            "severity": rule.severity,
            "measure": rule.measure,
            **reading.labels,
        },
        summary=summary,
        value=reading.said,
    )


def _looked(
    rule: Rule,
    known: Mapping[tuple[str, str], Held],
    readings: Sequence[Reading] | None,
    now: datetime,
) -> Iterator[tuple[tuple[str, str], Held | None]]:
    """How each subject of a rule stands now; None where all is well with it."""
    if readings is None:
        return
    seen = {reading.subject: reading for reading in readings}
    for subject, reading in seen.items():
        key = (rule.name, subject)
        yield key, _after(rule, known.get(key), reading, now)
    for key, before in known.items():
        if before.rule.name == rule.name and before.reading.subject not in seen:
            yield key, _well(before, now)


def _after(rule: Rule, before: Held | None, reading: Reading, now: datetime) -> Held | None:
    held = (before or Held(rule=rule, reading=reading)).model_copy(update={"rule": rule})
    if not rule.wrong(reading.value, firing=held.firing):
        return _well(held, now)
    since, against = held.since or reading.since or now, held.against + 1
    fires = held.firing or (against >= rule.looks and now - since >= rule.lasting)
    told = held.told, held.told_at
    changed = reading.said != held.told
    if fires and (told[1] is None or (changed and now - told[1] >= _TOLD_AGAIN)):
        told = reading.said, now
    return Held(
        rule=rule,
        reading=reading,
        firing=fires,
        since=since,
        against=against,
        told=told[0],
        told_at=told[1],
    )


def _well(held: Held, now: datetime) -> Held | None:
    """After a look at which it was well: what fires stays until it is calm."""
    well_since = held.well_since or now
    if held.firing and now - well_since < held.rule.calm:
        return held.model_copy(update={"well_since": well_since})
    return None
