"""Folds notices into groups, and groups into cards and digests."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from bot.alerts.cards import end_storm, placed, want_card, want_digest
from bot.alerts.held import say_held
from bot.alerts.meanwhile import Doing, explained, going_on
from bot.alerts.over import Over, want_ties
from bot.incidents.of_alerts import remember
from bot.store import alerts as rows
from bot.store import inbox
from bot.store.alerts import Known, Shown
from bot.store.database import Database
from bot.store.inbox import Received
from commands.ports import Clock
from playbooks.model.alert_help import AlertHelp
from playbooks.model.stack import Stack
from playbooks.respond.alert import Alert, Group
from playbooks.respond.conditions import SOURCE
from playbooks.respond.grouping import (
    Change,
    flaps,
    folded,
    key_of,
    new_group,
    silenced,
    speaks_anew,
)
from playbooks.respond.routing import owned, routed
from playbooks.respond.sources import AlertRules
from playbooks.respond.storm import is_over

# A card that only counts on is edited this seldom; what begins, ends or is taken over, at once.
_CARD_SECONDS = 5.0
_DIGEST_SECONDS = 5.0


@dataclass(frozen=True)
class _Part:
    """What one notice says of one group."""

    key: str
    source: str
    alerts: Sequence[Alert]


@dataclass
class Folding:
    """Not safe for threads: one task folds. `channels` gives Slack's id of a channel's name, and
    `people` of a person's."""

    database: Database
    rules: AlertRules
    stacks: Mapping[str, Stack]
    channels: Mapping[str, str]
    people: Mapping[str, str]
    now: Clock
    _said: dict[str, float] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)
    _over: Over = field(default_factory=Over)

    def fold(self, notices: Sequence[Received]) -> int:
        """All of it or nothing; the notices are dealt with in the same transaction. How many."""
        now = self.now()
        parts = [part for notice in notices for part in self._parts(notice)]
        with self.database.write() as connection:
            fresh = {part.key: self._new(part, now) for part in reversed(parts)}
            before = rows.hold(connection, fresh)
            groups = {key: shown.group if shown else fresh[key] for key, shown in before.items()}
            self._fold_parts(connection, parts, groups, now)
            self._show(connection, before, groups, now)
            inbox.settle(connection, [notice.id for notice in notices], now)
        return len(notices)

    def tick(self) -> bool:
        """Cards that waited their turn, silences and quiet hours that ended, storms and operations
        that are over; whether there was any of it."""
        now, due = self.now(), self._due()
        with self.database.read() as connection:
            quiet = not rows.anything_due(connection, now)
        if quiet and not due:
            return False
        with self.database.write() as connection:
            say_held(connection, now)
            self._over.say(connection, now, self.rules.settle)
            for shown in filter(None, (rows.get(connection, key) for key in due)):
                self._say(connection, shown, now)
            for shown in rows.silences_ended(connection, now):
                loud = replace(shown, group=silenced(shown.group, "", None))
                rows.put(connection, [loud])
                self._say(connection, loud, now)
            for storm in rows.open_storms(connection):
                if is_over(storm, self.rules.storm, now):
                    end_storm(connection, storm, now)
                elif self._turn(f"storm:{storm.id}", _DIGEST_SECONDS):
                    want_digest(connection, storm, now)
        return True

    def _say(self, connection: sa.Connection, shown: Shown, now: datetime) -> None:
        if shown.carded_at is not None:
            want_card(connection, shown, now)

    def restate(self) -> None:
        """After a start: cards say what is known, also where the last life did not come to it."""
        now = self.now()
        with self.database.write() as connection:
            for shown in rows.groups(connection, firing=True):
                self._say(connection, shown, now)

    def _parts(self, notice: Received) -> Sequence[_Part]:
        source = str(notice.payload["source"])
        found: dict[str, list[Alert]] = {}
        for each in notice.payload["alerts"]:
            said = Alert.model_validate(each)
            # Our own say whose they are; others' labels do.
            alert = said if source == SOURCE else owned(said, self.rules, self.stacks)
            found.setdefault(key_of(source, alert.stack, alert.rule), []).append(alert)
        return [_Part(key, source, alerts) for key, alerts in found.items()]

    def _new(self, part: _Part, now: datetime) -> Group:
        first = part.alerts[0]
        name = routed(first, self.rules, self.stacks, now).channel
        return new_group(part.source, first, self.channels.get(name, name), now)

    def _fold_parts(
        self,
        connection: sa.Connection,
        parts: Sequence[_Part],
        groups: dict[str, Group],
        now: datetime,
    ) -> None:
        """Brings `groups` up to date, and notes every alert."""
        keys = {(part.key, alert.fingerprint) for part in parts for alert in part.alerts}
        known = rows.known(connection, keys)
        seen: dict[tuple[str, str], Alert] = {}
        for part in parts:
            changes = []
            for alert in part.alerts:
                at = (part.key, alert.fingerprint)
                was = known.get(at)
                if was is not None and _is_stale(alert, was):
                    continue
                changes.append(Change(alert, None if was is None else was.firing))
                known[at], seen[at] = Known(alert.firing, alert.ended), alert
            if changes:
                groups[part.key] = folded(groups[part.key], changes, now)
        rows.note(connection, seen, now)

    def _show(
        self,
        connection: sa.Connection,
        before: Mapping[str, Shown | None],
        groups: Mapping[str, Group],
        now: datetime,
    ) -> None:
        shown, happened = [], []
        doings: dict[str, tuple[Doing, ...]] = {}
        for key, group in groups.items():
            was = before[key]
            change = _happened(was.group if was else None, group, now)
            happened += change
            if _needs_a_place(was, group):
                if group.stack not in doings:
                    doings[group.stack] = going_on(connection, group.stack)
                fresh = self._placed(connection, group, doings[group.stack], now)
                group = fresh.group
            else:
                fresh = replace(was, group=group) if was else Shown(group)
            shown.append(fresh)
            if fresh.carded_at is not None and self._may_say(group, now, news=bool(change)):
                want_card(connection, fresh, now)
        rows.put(connection, shown)
        remember(connection, happened)

    def _placed(
        self,
        connection: sa.Connection,
        group: Group,
        doings: tuple[Doing, ...],
        now: datetime,
    ) -> Shown:
        """Where it is shown from now on, tied to what is being done to its stack."""
        route = routed(group, self.rules, self.stacks, now)
        told = tuple(self.people.get(name, name) for name in route.tell)
        group = explained(self._helped(group), doings).model_copy(update={"tell": told})
        shown = Shown(group, held_until=route.held_until)
        fresh, storm = placed(connection, shown, self.rules.storm, now)
        if storm is not None and self._turn(f"storm:{storm.id}", _DIGEST_SECONDS):
            want_digest(connection, storm, now)
        if fresh.carded_at is not None:
            want_ties(connection, group, doings, now)
        return fresh

    def _helped(self, group: Group) -> Group:
        stack = self.stacks.get(group.stack)
        found = stack.alerts.get(group.rule) if stack is not None else None
        helps = found or AlertHelp()
        return group.model_copy(update={"actions": helps.actions, "runbook": helps.runbook or ""})

    def _may_say(self, group: Group, now: datetime, *, news: bool) -> bool:
        """What flaps is no news. What may not be said now is said when its turn comes."""
        if news and not flaps(group, now):
            self._said[group.key] = time.monotonic()
            self._waiting.discard(group.key)
            return True
        if self._turn(group.key, _CARD_SECONDS):
            self._waiting.discard(group.key)
            return True
        self._waiting.add(group.key)
        return False

    def _due(self) -> Sequence[str]:
        due = [key for key in self._waiting if self._turn(key, _CARD_SECONDS)]
        self._waiting.difference_update(due)
        return due

    def _turn(self, key: str, seconds: float) -> bool:
        """Whether it was said so long ago that it may be said again; then it counts as said."""
        at = time.monotonic()
        if at - self._said.get(key, float("-inf")) < seconds:
            return False
        if len(self._said) > 5_000:
            self._said = {name: last for name, last in self._said.items() if at - last < seconds}
        self._said[key] = at
        return True


def _needs_a_place(was: Shown | None, group: Group) -> bool:
    """Whether it fires and no message speaks of it: it is new, it was only in a digest, or it has
    become critical in quiet hours."""
    if not group.firing:
        return False
    if was is None or speaks_anew(was.group, group):
        return True
    worse = was.held_until is not None and group.severity == "critical"
    return was.carded_at is None and (was.group.firing == 0 or worse)


def _is_stale(alert: Alert, was: Known) -> bool:
    """Whether it says that something fires which has ended since: a notice that came late."""
    late = was.ended is not None and alert.since <= was.ended
    return alert.firing and not was.firing and late


def _happened(before: Group | None, after: Group, now: datetime) -> list[rows.Change]:
    """What is worth remembering: that it began, and that it ended."""
    firing = before is not None and before.firing > 0
    if firing == (after.firing > 0):
        return []
    kind = "fired" if after.firing else "resolved"
    at = after.since if after.firing and not firing else after.resolved_at or now
    detail = {"rule": after.rule, "severity": after.severity, "summary": after.summary}
    return [rows.Change(group=after.key, stack=after.stack, at=at, kind=kind, detail=detail)]
