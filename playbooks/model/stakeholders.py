"""Who waits for news of a stack's incidents."""

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.respond.incident import Priority


class Stakeholders(Model):
    """Who waits for news of a stack's incidents.

    `channel` is where updates are posted. `updates` is how often, by priority; what is not named
    is as `interlock.yaml` says.
    """

    channel: Name | None = None
    updates: dict[Priority, Duration] = {}
