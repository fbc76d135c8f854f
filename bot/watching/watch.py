"""Watches the services of all stacks: how they stand, what is wrong, how fast they answer."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import sqlalchemy as sa
import structlog

from bot.ledger import Ledger
from bot.store import outbox
from bot.store import watching as rows
from bot.watching.heard import Endpoint, Heard
from bot.watching.latencies import Latencies, probed
from notifiers.ports import Body, Desired, Lane
from notifiers.views.text import escape
from playbooks.model.stack import Stack
from playbooks.model.watching import Condition, Latency, WatchedService
from playbooks.ports import Secrets
from playbooks.respond.damping import Standing, heard
from playbooks.respond.measuring import alerted
from playbooks.respond.seen import Probes

_log = structlog.get_logger(__name__)
_FLUSH_SECONDS = 1.0
_LATENCIES_SECONDS = 60.0
_KEPT_CONDITIONS = timedelta(days=30)
_PROBED = timedelta(minutes=5)
_NOTHING_KNOWN = Standing()

Listener = Callable[[Sequence[Condition]], None]


@dataclass(frozen=True)
class _Turned:
    """A service that is up now and was not, or the other way round."""

    endpoint: Endpoint
    standing: Standing


@dataclass
class ServiceWatch:
    """`run` goes on for ever. What is certain is remembered over restarts; conditions are opened
    and closed in the same transaction, then told to those who `listen`, in a thread.

    Whoever begins to listen reads `open_now` first: what opened before is not told again.
    """

    ledger: Ledger
    secrets: Secrets
    ring: Callable[[], None]
    listeners: tuple[Listener, ...] = ()
    _standings: dict[Endpoint, Standing] = field(default_factory=dict)
    _turned: list[_Turned] = field(default_factory=list)
    _latencies: Latencies = field(default_factory=Latencies)

    async def run(self) -> None:
        """Raises nothing; a probe that breaks is logged and asked again."""
        await asyncio.to_thread(self._recall)
        # What asks is loaded once the bot hears Slack, which does not wait for it.
        asking, probing = await asyncio.to_thread(_tools)
        asked = [
            each
            for stack in self.ledger.stacks.values()
            if stack.watch.on
            for each in asking.asked_of(stack, self.secrets)
        ]
        await asyncio.gather(probing.probe_for_ever(asked, self.hear), self._keep())

    def hear(self, answers: Iterable[Heard]) -> None:
        """Takes in answers, in the loop: nothing here waits."""
        now = self.ledger.now()
        for answer in answers:
            endpoint, known = answer.endpoint, not answer.wrong
            self._latencies.add(answer, now)
            before = self._standings.get(endpoint, _NOTHING_KNOWN)
            needed = self.ledger.stacks[endpoint.stack].watch.after
            after = heard(before, up=known, detail=answer.wrong, at=now, needed=needed)
            self._standings[endpoint] = after
            if after.up is not before.up:
                self._turned.append(_Turned(endpoint, after))

    def open_now(self, stack: str | None = None) -> Sequence[Condition]:
        """What is wrong now, oldest first."""
        with self.ledger.database.read() as connection:
            return rows.open_conditions(connection, stack)

    def of(self, stack: Stack) -> Sequence[WatchedService]:
        """What is known of the services that are watched, in start-up order."""
        known = {
            each.service: at for each, at in self._standings.items() if each.stack == stack.name
        }
        return [
            self._known(Endpoint(stack.name, name), known[name])
            for layer in stack.layers()
            for name in layer
            if name in known
        ]

    def latencies(self, stack: str, service: str, since: datetime) -> Sequence[Latency]:
        """Of some minutes each, oldest first; the last of them may go on."""
        with self.ledger.database.read() as connection:
            kept = rows.latencies_of(connection, stack, service, since)
        known = {each.at for each in kept}
        fresh = self._latencies.untaken(Endpoint(stack, service))
        return (*kept, *(each for each in fresh if each.at not in known))

    def probes(self, stack: Stack) -> Mapping[str, Probes]:
        """What the last minutes of asking each service gave."""
        since = self.ledger.now() - _PROBED
        return {
            name: probed(self._latencies.recent(Endpoint(stack.name, name), since), _PROBED)
            for name in stack.services
        }

    def _known(self, endpoint: Endpoint, standing: Standing) -> WatchedService:
        mean, availability = self._latencies.newest(endpoint)
        recent = self._latencies.recent(endpoint, self.ledger.now() - _PROBED)
        return WatchedService(
            service=endpoint.service,
            up=standing.up,
            since=standing.since,
            detail=standing.detail,
            mean_ms=mean,
            p95_ms=probed(recent, _PROBED).p95_ms if recent else None,
            availability=availability,
        )

    def _recall(self) -> None:
        with self.ledger.database.read() as connection:
            for row in rows.all_standings(connection):
                standing = Standing(up=row.up, since=row.since, detail=row.detail)
                self._standings[Endpoint(row.stack, row.service)] = standing
        watched = {
            Endpoint(stack.name, name)
            for stack in self.ledger.stacks.values()
            for name in stack.services
        }
        self._standings = {e: s for e, s in self._standings.items() if e in watched}

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        latencies_at = loop.time() + _LATENCIES_SECONDS
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            try:
                if self._turned:
                    turned, self._turned = self._turned, []
                    await asyncio.to_thread(self._note, turned)
                if loop.time() >= latencies_at:
                    latencies_at = loop.time() + _LATENCIES_SECONDS
                    await asyncio.to_thread(self._note_latencies)
            except Exception:  # noqa: BLE001 - the boundary of this task
                _log.exception("watch.not-noted")

    def _note(self, turned: Sequence[_Turned]) -> None:
        changed: list[Condition] = []
        with self.ledger.database.write() as connection:
            for each in turned:
                found = self._changed(connection, each)
                changed += [found] if found else []
        if changed:
            self.ring()
            for listen in self.listeners:
                listen(changed)

    def _changed(self, connection: sa.Connection, turned: _Turned) -> Condition | None:
        endpoint, standing = turned.endpoint, turned.standing
        stack, service, up = endpoint.stack, endpoint.service, bool(standing.up)
        since = standing.since or self.ledger.now()
        detail = self.ledger.redactor.redact(standing.detail)
        row = rows.StandingRow(stack=stack, service=service, up=up, since=since, detail=detail)
        rows.remember(connection, row)
        changed = (
            rows.close_condition(connection, (stack, service, "down"), since)
            if up
            else rows.open_condition(connection, (stack, service, "down"), detail, since)
        )
        known = self.ledger.stacks[stack]
        if changed and known.watch.say and not alerted(known, service):
            self._say(connection, changed)
        return changed

    def _say(self, connection: sa.Connection, condition: Condition) -> None:
        stack, now = self.ledger.stacks[condition.stack], self.ledger.now()
        where = f"{stack.environment}/{stack.name} {condition.service}"
        ended = condition.closed_at
        lasted = round((ended - condition.opened_at).total_seconds()) if ended else 0
        text = (
            f"Up again after {lasted} s: {where}."
            if ended
            else f"Down: {where}: {condition.detail}."
        )
        desired = Desired(
            key=f"condition:{condition.number}:{'closed' if ended else 'opened'}",
            channel=self.ledger.channel_of(stack),
            lane=Lane.CRITICAL,
            version=1,
            body=Body(text=escape(text)),
        )
        outbox.want(connection, desired, now)

    def _note_latencies(self) -> None:
        now = self.ledger.now()
        taken = self._latencies.take(now)
        with self.ledger.database.write() as connection:
            rows.add_latencies(connection, taken, _forget(now))
            rows.forget_conditions(connection, now - _KEPT_CONDITIONS)


def _tools() -> tuple[Any, Any]:
    return import_module("bot.watching.asked"), import_module("bot.watching.probing")


def _forget(now: datetime) -> datetime:
    return now - timedelta(days=1)
