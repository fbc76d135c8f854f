"""What trouble may cost."""

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
    its `datastores`.
    """

    rpo: Duration | None = None
    rto: Duration | None = None
    scenarios: dict[Name, Scenario] = {}
