"""What `interlock.yaml` and stack files say about incidents."""

from collections.abc import Mapping
from datetime import timedelta

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.stakeholders import Stakeholders
from playbooks.respond.incident import Priority

_UPDATES: Mapping[Priority, timedelta] = {
    Priority.P1: timedelta(minutes=30),
    Priority.P2: timedelta(hours=1),
    Priority.P3: timedelta(hours=4),
}


class IncidentRules(Model):
    """How incidents are handled.

    `channel` is where those are shown that belong to no stack, and what lost its own channel.
    `stakeholders` is where updates are posted. Incidents of the priorities `own_channel` get a
    channel of their own, the others a thread. `updates` is how often those who wait are told; a
    priority that is not in it has no clock. `look_back` is how far before the opening changes are
    looked for. `marks` are the reactions that bring a message into the timeline.
    """

    channel: Name = "incidents"
    stakeholders: Name = "incidents"
    own_channel: tuple[Priority, ...] = (Priority.P1, Priority.P2)
    updates: dict[Priority, Duration] = dict(_UPDATES)
    look_back: Duration = timedelta(hours=6)
    marks: tuple[str, ...] = ("pushpin", "star")

    def updates_every(self, priority: Priority, of_stack: Stakeholders) -> timedelta | None:
        """How often an incident's stakeholders are told; None: no clock runs."""
        return of_stack.updates.get(priority, self.updates.get(priority))
