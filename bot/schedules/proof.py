"""The daily proof of a stack: gathers what the night left, and says it once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.bell import Bell
from bot.ledger import Ledger
from bot.store import outbox, requests, runs
from bot.store import schedules as rows
from bot.store.schedules import FireRow
from commands.ports import Dossier
from commands.protect.known import LIST
from notifiers.ports import Desired, Lane
from notifiers.views.proof import Finding, proof
from notifiers.views.text import ago, duration, size
from playbooks.model.request import RequestState, RunState
from playbooks.model.stack import Stack
from playbooks.ports import FactReader
from playbooks.protection import drills, good_backups, unusual_size
from playbooks.repository.listing import Listing, Summary

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Night:
    """What there is to judge: `fires` and the requests they made, and the backups there are.

    `verified` maps backups to the run that read them whole.
    """

    since: datetime
    now: datetime
    fires: Sequence[FireRow]
    dossiers: Mapping[str, Dossier]
    verified: Mapping[str, str]


@dataclass(frozen=True)
class Proof:
    """Says the proof of one fire; the fire is settled in the same transaction."""

    ledger: Ledger
    facts: FactReader
    bell: Bell

    def say(self, stack: Stack, fire: FireRow) -> None:
        facts = self.facts.read(stack, [LIST])
        found, why = facts.get(LIST), facts.missing.get(LIST.key, "it was not read")
        listing = Listing.model_validate(found) if found is not None else None
        with self.ledger.database.write() as connection:
            night = self._night(connection, stack, fire)
            findings = tuple(judged(stack, night, listing, self.ledger.redactor.redact(why)))
            if rows.settle(connection, fire.id, "said"):
                self._want(connection, stack, fire, night, findings)
        self.bell.ring()

    def _want(
        self,
        connection: sa.Connection,
        stack: Stack,
        fire: FireRow,
        night: Night,
        findings: Sequence[Finding],
    ) -> None:
        zone = stack.backup.proof.zone if stack.backup and stack.backup.proof else "UTC"
        since = f"{night.since.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
        all_good = all(finding.good for finding in findings)
        desired = Desired(
            key=fire.id,
            channel=self.ledger.channel_of(stack),
            lane=Lane.UPDATE if all_good else Lane.CRITICAL,
            version=1,
            body=proof(f"{stack.environment}/{stack.name}", findings, since),
        )
        outbox.want(connection, desired, self.ledger.now())

    def _night(self, connection: sa.Connection, stack: Stack, fire: FireRow) -> Night:
        """Since the proof before this one, or the last day."""
        proofs = rows.newest(connection, stack.name, fire.name, limit=2)
        since = next((f.at for f in proofs if f.at < fire.at), fire.at - _DAY)
        fires = [
            each
            for each in rows.since(connection, stack.name, since)
            if each.name != fire.name and each.at <= self.ledger.now()
        ]
        found = (requests.get(connection, each.request) for each in fires if each.request)
        return Night(
            since=since,
            now=self.ledger.now(),
            fires=fires,
            dossiers={r.id: self.ledger.dossier(connection, r) for r in found if r},
            verified=runs.verified_since(connection, stack.name, since),
        )


def judged(stack: Stack, night: Night, listing: Listing | None, why: str) -> Iterator[Finding]:
    """Pure. `why` is why the repository could not be read."""
    for fire in night.fires:
        trouble = _trouble(fire, night)
        if trouble:
            yield Finding(good=False, what=fire.name, said=trouble)
    if listing is None:
        yield Finding(good=False, what="repository", said=f"cannot be read: {why}")
        return
    yield from _damaged(listing, night.since)
    for datastore in _due(stack, night):
        yield _of_store(datastore, listing.backups, night)


def _due(stack: Stack, night: Night) -> Sequence[str]:
    """Datastores that a schedule should have backed up since the last proof."""
    schedules = stack.backup.schedules if stack.backup else {}
    fired = {fire.name for fire in night.fires}
    due = {d for name, s in schedules.items() if name in fired for d in stack.scheduled(s)}
    return [name for name in stack.datastores if name in due]


def _trouble(fire: FireRow, night: Night) -> str:
    """What went wrong with a fire, or nothing."""
    when = f"of {fire.key}"
    dossier = night.dossiers.get(fire.request or "")
    if fire.state in {"skipped", "failed", "begun"}:
        how = "not asked for yet" if fire.state == "begun" else fire.state
        return f"{when} was {how}: {fire.why or 'it waits'}"
    if dossier is None:
        return f"{when} left no request"
    if dossier.run is None:
        state = dossier.request.state
        waits = "waits for approval" if state is RequestState.PENDING else f"is {state.value}"
        return f"{when} {waits} ({dossier.request.id})"
    if dossier.run.state is RunState.SUCCEEDED:
        return ""
    return f"{when} is {dossier.run.state.value} ({dossier.run.id}): {dossier.run.outcome}".strip(
        ": "
    )


def _damaged(listing: Listing, since: datetime) -> Iterator[Finding]:
    if listing.problem:
        yield Finding(good=False, what="repository", said=listing.problem)
    for backup in listing.backups:
        if backup.problem and backup.made_at > since:
            yield Finding(good=False, what=f"backup {backup.id}", said=backup.problem)
    for unreadable in listing.unreadable:
        yield Finding(good=False, what=f"backup {unreadable.id}", said=unreadable.problem)


def _of_store(datastore: str, backups: Sequence[Summary], night: Night) -> Finding:
    good = good_backups(backups, datastore)
    fresh = next((backup for backup in good if backup.made_at > night.since), None)
    if fresh is None:
        last = f"the newest is {good[0].id}, {ago(good[0].made_at, night.now)}" if good else "none"
        return Finding(good=False, what=datastore, said=f"has no backup since then; {last}")
    usual = unusual_size(fresh, datastore, backups)
    amount = size(fresh.stores[datastore].bytes)
    if usual is not None:
        said = f"is {amount}, usually about {size(usual)}: look at {fresh.id}"
        return Finding(good=False, what=datastore, said=said)
    reader = night.verified.get(fresh.id)
    checked = f"read whole by run {reader}" if reader else "checksums verified when it was written"
    said = f"{amount} in {fresh.id}, {checked}; {_last_drill(datastore, backups, night)}"
    return Finding(good=True, what=datastore, said=said)


def _last_drill(datastore: str, backups: Sequence[Summary], night: Night) -> str:
    last = next(iter(drills(backups, datastore)), None)
    if last is None:
        return "its restore was never drilled"
    note = last.note
    how = f"in {duration(note.seconds)}" if note.passed else "and failed"
    return f"its restore was drilled {ago(note.at, night.now)} {how}"
