"""Who gets the resources: first come, first served, all of a run's at once. Pure."""

from collections.abc import Mapping, Sequence
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
