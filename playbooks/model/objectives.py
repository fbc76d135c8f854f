"""What trouble may cost."""

from collections.abc import Iterable
from datetime import timedelta

from playbooks.gate.duration import Duration, DurationOrNone
from playbooks.model.base import Model, Name


class Scenario(Model):
    """What a kind of trouble may cost: `rpo` is how much time of data may be lost (`0s` is none),
    `rto` how long it may take until all is well. `priority` is the plan's own word."""

    rpo: DurationOrNone | None = None
    rto: Duration | None = None
    priority: str = ""
    datastores: tuple[Name, ...] = ()


class Objectives(Model):
    """`rpo`: how old the newest backup may be; `rto`: how long a restore may take.

    `scenarios` say the same for kinds of trouble, by name; each is about all datastores, or about
    its `datastores`. Without `rpo`, a datastore is held to the shortest of the scenarios that are
    about it: where one is backed up every day and another every week, say it there.
    """

    rpo: Duration | None = None
    rto: Duration | None = None
    scenarios: dict[Name, Scenario] = {}

    def rpo_of(self, datastore: str) -> timedelta | None:
        """How old its newest backup may be. Where nothing may be lost, no backup is what helps:
        that is left aside."""
        if self.rpo is not None:
            return self.rpo
        about_it = (
            s for s in self.scenarios.values() if datastore in (s.datastores or (datastore,))
        )
        return _shortest(about_it)

    @property
    def shortest_rpo(self) -> timedelta | None:
        """That of the datastores that change most; None where no backup may be too old."""
        return self.rpo if self.rpo is not None else _shortest(self.scenarios.values())


def _shortest(scenarios: Iterable[Scenario]) -> timedelta | None:
    return min((each.rpo for each in scenarios if each.rpo), default=None)
