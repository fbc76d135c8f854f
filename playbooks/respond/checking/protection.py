"""Backups and drills, against their rhythm."""

from datetime import datetime, timedelta

from playbooks.model.checks import BackupCheck, DrillCheck
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.stack import Stack
from playbooks.protection import (
    Drilled,
    Standing,
    drilled_within,
    drills,
    standings,
)
from playbooks.repository.listing import Listing
from playbooks.respond.checking.finding import Finding, together, unknown, why_missing
from playbooks.spans import span

_LIST = FactQuery(fact="repository.list")
_GRACE = timedelta(hours=2)


def needs(stack: Stack, _: BackupCheck | DrillCheck) -> tuple[FactQuery, ...]:
    return (_LIST,) if stack.backup else ()


def backup(stack: Stack, item: BackupCheck, facts: Facts, now: datetime) -> Finding:
    listing = _listing(stack, facts)
    if isinstance(listing, Finding):
        return listing
    wanted = item.datastores or _scheduled(stack)
    bad: list[str] = []
    fine: list[str] = []
    for standing in standings(stack, listing.backups, {}, now):
        if standing.datastore in wanted:
            wrong = _wrong(stack, item, standing, listing)
            (bad if wrong else fine).append(wrong or _aged(standing))
    good = f"{', '.join(fine)}, whole as written" if fine else ""
    return together(bad, good, [listing.problem] if listing.problem else ())


def drill(stack: Stack, item: DrillCheck, facts: Facts, now: datetime) -> Finding:
    listing = _listing(stack, facts)
    if isinstance(listing, Finding):
        return listing
    wanted = item.datastores or tuple(n for n in stack.datastores if drilled_within(stack, n))
    if not wanted:
        return unknown("no drills are planned, so no age is too much")
    bad, fine = [], []
    for name in wanted:
        noted = drills(listing.backups, name)
        limit = item.within or drilled_within(stack, name)
        wrong = _drill_wrong(name, noted, limit, now)
        if wrong or not noted:
            bad.append(wrong)
        else:
            fine.append(f"{name} drilled {span(now - noted[0].note.at)} ago, passed")
    return together(bad, ", ".join(fine), ())


def _listing(stack: Stack, facts: Facts) -> Listing | Finding:
    if stack.backup is None:
        return unknown("the stack has no backups")
    fact = facts.get(_LIST)
    if fact is None:
        return unknown(f"the repository could not be read: {why_missing(facts, _LIST)}")
    return Listing.model_validate(fact)


def _scheduled(stack: Stack) -> tuple[str, ...]:
    schedules = stack.backup.schedules.values() if stack.backup else ()
    held = {name for each in schedules for name in stack.scheduled(each)}
    return tuple(name for name in stack.datastores if name in held or not held)


def _rhythm(stack: Stack, datastore: str) -> timedelta | None:
    """How far apart its scheduled backups are, at most."""
    schedules = stack.backup.schedules.values() if stack.backup else ()
    gaps = [
        each.longest_gap
        for each in schedules
        if datastore in stack.scheduled(each) and not each.on_change
    ]
    return min(gaps) + _GRACE if gaps else None


def _wrong(stack: Stack, item: BackupCheck, standing: Standing, listing: Listing) -> str:
    """What is wrong with the datastore's newest backup; nothing where it is well."""
    name = standing.datastore
    held = [each for each in listing.backups if each.routine and name in each.stores]
    newest = max(held, key=lambda each: each.made_at, default=None)
    if newest is None or standing.newest is None or standing.age is None:
        return f"{name} has no good backup"
    if not newest.good:
        return f"the newest backup of {name}, {newest.id}, is not whole: {newest.problem}"
    limit = item.within or _rhythm(stack, name) or stack.objectives.rpo_of(name)
    if standing.on_change and item.within is None:
        return ""
    if limit is not None and standing.age > limit.total_seconds():
        return f"{_aged(standing)}, more than {span(limit)}"
    return ""


def _aged(standing: Standing) -> str:
    return f"{standing.datastore} {span(timedelta(seconds=standing.age or 0))} old"


def _drill_wrong(
    name: str, noted: tuple[Drilled, ...], limit: timedelta | None, now: datetime
) -> str:
    if not noted:
        return f"{name} was never drilled"
    note = noted[0].note
    if not note.passed:
        return f"the last drill of {name}, {span(now - note.at)} ago, failed: {note.why}"
    if limit is not None and now - note.at > limit:
        return f"{name} was drilled {span(now - note.at)} ago, more than {span(limit)}"
    return ""
