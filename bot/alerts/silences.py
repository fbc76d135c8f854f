"""Brings Alertmanager to silence what is silenced here, and to end it with ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
import sqlalchemy as sa
import structlog

from bot.alerts.cards import want_card
from bot.store import alerts as rows
from bot.store.alerts import Shown
from bot.store.database import Database
from commands.ports import Clock
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.respond.alert import Group
from playbooks.respond.grouping import all_ended, silence_known
from playbooks.respond.routing import naming_label
from playbooks.respond.sources import AlertRules

_log = structlog.get_logger(__name__)
_SECONDS = 5.0


@dataclass(frozen=True)
class Silencer:
    """Compares silences of ours with those that sources have. One thread at a time calls it."""

    database: Database
    rules: AlertRules
    stacks: Mapping[str, Stack]
    now: Clock

    def settle(self) -> bool:
        """One look at all of them; whether anything changed. What fails is said on the card, and
        tried again at the next look."""
        with self.database.read() as connection:
            found = rows.with_silences(connection)
        return any([self._settle(shown.group) for shown in found if self._api(shown.group)])

    def _api(self, group: Group) -> str | None:
        source = self.rules.sources.get(group.source)
        return source.api if source is not None else None

    def _settle(self, group: Group) -> bool:
        wanted = group.silenced_until is not None and group.silenced_until > self.now()
        if wanted == bool(group.silence):
            return False
        try:
            silence, ended = (self._create(group), False) if wanted else ("", self._expire(group))
        except httpx.HTTPError as error:
            _log.warning("alerts.silence_failed", group=group.key, why=str(error))
            problem = f"Alertmanager could not be told of it ({_reason(error)}); tried again."
            if problem == group.silence_problem:
                return False
            return self._note(group, lambda now: silence_known(now, now.silence, problem))
        if ended:
            now = self.now()
            return self._note(group, lambda it: all_ended(silence_known(it, "", ""), now))
        return self._note(group, lambda it: silence_known(it, silence, ""))

    def _create(self, group: Group) -> str:
        """The id of a silence of all alerts of the group: a new one, or the one that an earlier
        life made and could not note any more."""
        label = naming_label(group.labels, group.stack, self.rules, self.stacks)
        matched = {"alertname": group.rule, **({label: group.labels[label]} if label else {})}
        until = group.silenced_until or self.now()
        wanted: JsonObject = {
            "matchers": [
                {"name": name, "value": value, "isRegex": False, "isEqual": True}
                for name, value in matched.items()
            ],
            "startsAt": self.now().isoformat(),
            "endsAt": until.isoformat(),
            "createdBy": group.silenced_by or "Interlock",
            "comment": f"Silenced in Slack by {group.silenced_by} {_mark(group)}",
            **({"id": found[0]} if (found := self._ours(group)) else {}),
        }
        answer = httpx.post(
            f"{self._base(group)}/silences", json=wanted, timeout=_SECONDS, trust_env=False
        )
        return str(answer.raise_for_status().json()["silenceID"])

    def _ours(self, group: Group) -> list[str]:
        """The ids of silences of this group that hold and that we made."""
        answer = httpx.get(f"{self._base(group)}/silences", timeout=_SECONDS, trust_env=False)
        return [
            str(each["id"])
            for each in answer.raise_for_status().json()
            if each["status"]["state"] != "expired" and _mark(group) in each["comment"]
        ]

    def _expire(self, group: Group) -> bool:
        """Ends the silence; whether nothing fires any more, which nobody was told meanwhile."""
        base = self._base(group)
        for silence in self._ours(group):
            address = f"{base}/silence/{silence}"
            httpx.delete(address, timeout=_SECONDS, trust_env=False).raise_for_status()
        quoted = group.rule.replace("\\", "\\\\").replace('"', '\\"')
        firing = httpx.get(
            f"{base}/alerts",
            params={"filter": f'alertname="{quoted}"', "active": "true"},
            timeout=_SECONDS,
            trust_env=False,
        )
        label = naming_label(group.labels, group.stack, self.rules, self.stacks)
        return not any(
            not label or each["labels"].get(label) == group.labels[label]
            for each in firing.raise_for_status().json()
        )

    def _base(self, group: Group) -> str:
        return f"{(self._api(group) or '').rstrip('/')}/api/v2"

    def _note(self, group: Group, turn: Callable[[Group], Group]) -> bool:
        """Writes it down unless somebody has changed the silence meanwhile."""
        now = self.now()
        with self.database.write() as connection:
            shown = rows.get(connection, group.key)
            if shown is None or shown.group.silenced_until != group.silenced_until:
                return False
            self._put(connection, replace(shown, group=turn(shown.group)), now)
        return True

    def _put(self, connection: sa.Connection, shown: Shown, now: datetime) -> None:
        if not shown.group.firing:
            rows.end_all(connection, shown.group.key, now)
        rows.put(connection, [shown])
        if shown.carded_at is not None:
            want_card(connection, shown, now)


def made_here(comment: str) -> bool:
    """Whether a silence with this comment is one of ours."""
    return "(Interlock " in comment


def _mark(group: Group) -> str:
    """By this a silence of ours is known, whoever made it when."""
    return f"(Interlock {group.key})"


def _reason(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"it answers {error.response.status_code}"
    return "it does not answer"
