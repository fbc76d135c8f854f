"""Who gets the resources: first come, first served, all of a run's at once. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from playbooks.model.plan import Resource


@dataclass(frozen=True)
class Ticket:
    """One run's place in the queue. `holds` maps resources to whether they are exclusive."""

    run: str
    number: int
    holds: Mapping[str, bool]
    granted: bool = False
    uncertain: bool = False

    def conflicts(self, other: "Ticket") -> bool:
        shared = self.holds.keys() & other.holds.keys()
        return any(self.holds[resource] or other.holds[resource] for resource in shared)


@dataclass(frozen=True)
class Allotment:
    """`granted` runs may begin now; `waiting` maps the others to the run they wait for."""

    granted: tuple[str, ...]
    waiting: Mapping[str, str]


def wanted(resources: Sequence[Resource]) -> dict[str, bool]:
    """Resources by key; one that is named twice is exclusive if either says so."""
    holds: dict[str, bool] = {}
    for resource in resources:
        holds[resource.key] = holds.get(resource.key, False) or resource.exclusive
    return holds


def displaced(
    tickets: Sequence[Ticket], restores: Collection[str], yielding: Collection[str]
) -> Mapping[str, str]:
    """Which of the `yielding` runs that wait give way to one of the `restores` that came later,
    and to which."""
    waiting = sorted((t for t in tickets if not t.granted), key=lambda t: t.number)
    later = [ticket for ticket in waiting if ticket.run in restores]
    gives_way: dict[str, str] = {}
    for ticket in waiting:
        ahead = [r for r in later if r.number > ticket.number and ticket.conflicts(r)]
        if ticket.run in yielding and ahead:
            gives_way[ticket.run] = ahead[0].run
    return gives_way


def allot(tickets: Sequence[Ticket]) -> Allotment:
    """Grants what conflicts with nobody who holds or came earlier.

    Somebody who waits for an uncertain run may wait long, so those behind may pass.
    """
    ahead = [ticket for ticket in tickets if ticket.granted]
    granted: list[str] = []
    waiting: dict[str, str] = {}
    for ticket in sorted((t for t in tickets if not t.granted), key=lambda t: t.number):
        blockers = [other for other in ahead if ticket.conflicts(other)]
        if blockers:
            waiting[ticket.run] = blockers[0].run
        else:
            granted.append(ticket.run)
        if not any(other.granted and other.uncertain for other in blockers):
            ahead.append(ticket)
    return Allotment(tuple(granted), waiting)
