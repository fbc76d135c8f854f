"""What is looked at before maintenance begins, and before it is lifted. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbooks.model.facts import FactQuery, Facts
from playbooks.model.hosts import LocalHost
from playbooks.model.plan import Line
from playbooks.model.stack import Stack
from playbooks.repository.listing import Listing
from playbooks.spans import span

CLOCK = FactQuery(fact="clock.now")
STATE = FactQuery(fact="maintenance.state")
RUNS = FactQuery(fact="maintenance.runs")
WINDOWS = FactQuery(fact="maintenance.windows")
_BACKUPS = FactQuery(fact="repository.list")
_DISK = FactQuery(fact="disk.free", args={"path": "/"})
_USUAL_RPO = timedelta(days=1)
_LEAST_FREE = 10.0


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `good` is None where nobody could tell."""

    name: str
    good: bool | None
    says: str

    @property
    def line(self) -> Line:
        mark = {True: "ok", False: "look first", None: "unknown"}[self.good]
        return Line(label=self.name, value=f"{mark}: {self.says}")


def before_needs(stack: Stack) -> Sequence[FactQuery]:
    """The facts of `before`."""
    backups = (_BACKUPS,) if stack.backup is not None else ()
    disk = (_DISK,) if isinstance(stack.host, LocalHost) else ()
    return (CLOCK, RUNS, *backups, *disk)


def before(stack: Stack, facts: Facts) -> tuple[Check, ...]:
    """What the bot itself can check of the list that a person goes through before."""
    return tuple(_before(stack, facts))


def _before(stack: Stack, facts: Facts) -> Iterator[Check]:
    if stack.backup is not None:
        yield _backup(stack, facts)
    if isinstance(stack.host, LocalHost):
        yield _disk(stack, facts)
    runs = (facts.get(RUNS) or {}).get("runs", [])
    says = f"{', '.join(runs)} on this stack" if runs else "none goes on"
    yield Check("Runs", not runs, says)


def _backup(stack: Stack, facts: Facts) -> Check:
    found, clock = facts.get(_BACKUPS), facts.get(CLOCK)
    if found is None or clock is None:
        why = facts.missing.get(_BACKUPS.key, "it was not read")
        return Check("Backup", None, why)
    good = [each for each in Listing.model_validate(found).backups if each.good and each.routine]
    if not good:
        return Check("Backup", False, f"there is none; `/ops backup {stack.name}` makes one")
    age = datetime.fromisoformat(str(clock["now"])) - max(each.made_at for each in good)
    allowed = stack.objectives.shortest_rpo or _USUAL_RPO
    return Check("Backup", age <= allowed, f"the newest is {span(age)} old")


def _disk(stack: Stack, facts: Facts) -> Check:
    found = facts.get(_DISK)
    if found is None:
        return Check("Disk", None, facts.missing.get(_DISK.key, "it was not read"))
    limits = [
        each.limit
        for each in stack.thresholds.values()
        if each.measure == "disk_free_percent" and each.limit is not None
    ]
    percent = 100.0 * float(found["free_bytes"]) / max(1.0, float(found["total_bytes"]))
    least = max(limits, default=_LEAST_FREE)
    return Check("Disk", percent >= least, f"{percent:.0f} % free, {least:g} % are wanted")


@dataclass(frozen=True)
class Lifting:
    """What speaks against letting users in: what is not well or fires, and runs that go on."""

    unwell: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        return not self.unwell and not self.runs

    @property
    def against(self) -> tuple[str, ...]:
        """One sentence each, without a full stop."""
        going_on = (f"run {run} goes on" for run in self.runs)
        return (*self.unwell, *going_on)


def lifting_needs(stack: Stack) -> Sequence[FactQuery]:
    """The facts of `lifting`."""
    return (RUNS, *(_well(stack, name) for name in stack.services))


def lifting(stack: Stack, facts: Facts) -> Lifting:
    """Whether it is safe to lift: all services well, nothing firing, no run on the stack. What is
    unknown is not safe."""
    seen = [_unwell(stack, name, facts) for name in stack.services]
    known = facts.get(RUNS)
    if known is None:
        why = facts.missing.get(RUNS.key, "it was not read")
        return Lifting((*filter(None, seen), f"what goes on is unknown: {why}"))
    firing = (f"{each} (watched)" for each in known["firing"])
    return Lifting(unwell=(*filter(None, seen), *firing), runs=tuple(known["runs"]))


def lifting_line(stack: Stack, facts: Facts) -> Line:
    """Safe to lift?"""
    found = lifting(stack, facts)
    value = "no: " + "; ".join(found.against)
    if found.safe:
        value = (
            f"yes: all {len(stack.services)} services are well, nothing fires and no run goes on"
        )
    return Line(label="Safe to lift?", value=value)


def _well(stack: Stack, name: str) -> FactQuery:
    fact = "service.state" if stack.services[name].health is None else "service.health"
    return FactQuery(fact=fact, args={"service": name})


def _unwell(stack: Stack, name: str, facts: Facts) -> str:
    """Why the service is not well, or nothing."""
    query = _well(stack, name)
    found = facts.get(query)
    if found is None:
        return f"{name} is unknown: {facts.missing.get(query.key, 'it was not read')}"
    if query.fact == "service.state":
        return f"{name} is stopped" if found["state"] == "stopped" else ""
    if found["healthy"] is False:
        return f"{name} is not healthy: {found['detail']}"
    return ""
