"""How people are reached beyond their channel, and when: as `interlock.yaml` says it."""

from datetime import timedelta
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from playbooks.gate.duration import DurationOrNone, write_duration
from playbooks.model.base import Model, Name
from playbooks.model.contacts import OfficeHours
from playbooks.model.secret import SecretRef
from playbooks.model.stack import Environment
from playbooks.model.thresholds import Severity

Kind = Literal["email", "teams", "pagerduty", "sms", "other"]
Way = Literal["slack", "email", "sms"]
Hours = Literal["always", "office", "off"]
ALL_SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
ROLES = frozenset({"primary", "secondary", "contacts"})
# What else than alerts is told to targets.
Event = Literal["run.uncertain", "incident.opened", "incident.update", "incident.resolved"]


class Target(Model):
    """A place that is told, by Apprise: `url` is a reference to its address, like
    `pagerduty://KEY@API`, `msteams://…`, `workflows://…`, `mailto://…`. Only what is of one of
    `severities` gets there; to the kind `sms` only what is critical, whatever they say."""

    kind: Kind
    url: SecretRef
    severities: tuple[Severity, ...] = ALL_SEVERITIES

    def takes(self, severity: Severity) -> bool:
        return severity in self.severities and (self.kind != "sms" or severity == "critical")


class Step(Model):
    """One step of an escalation: `after` so long without anybody who takes care, `to` are told.

    `to` are `primary` and `secondary` (who is on call), `contacts` (the stack's, who answer at that
    hour), people, or targets. People are told `by` Slack, email or sms (only what is critical).
    `hours` keeps it to the stack's office hours, or to the rest of the time (`off`): until then it
    waits, and so do the steps behind it.
    """

    after: DurationOrNone
    to: tuple[str, ...] = Field(min_length=1)
    by: tuple[Way, ...] = Field(default=("slack",), min_length=1)
    hours: Hours = "always"


class EscalationPolicy(Model):
    """What is done when nobody takes care of an alert; the first that fits decides.

    It fits by severity, by the stack and its environment (names or patterns with `*`; `""` is no
    stack), and by whether it is office hours when it begins.
    """

    name: Name
    severities: tuple[Severity, ...] = Field(default=("critical",), min_length=1)
    stacks: tuple[str, ...] = ("*",)
    environments: tuple[Environment | Literal["*", ""], ...] = ("*",)
    hours: Hours = "always"
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _steps_follow_each_other(self) -> Self:
        for earlier, later in pairwise(self.steps):
            if later.after <= earlier.after:
                raise ValueError(
                    f"{self.name}: a step after {write_duration(later.after)} follows one after "
                    f"{write_duration(earlier.after)}; times count from the beginning, so write a "
                    "longer one"
                )
        return self


class Telling(Model):
    """Which targets are told of what else happens: of a run that does not know how a step went,
    and of incidents."""

    events: tuple[Event, ...] = Field(min_length=1)
    stacks: tuple[str, ...] = ("*",)
    to: tuple[Name, ...] = Field(min_length=1)


class Paging(Model):
    """Targets, and who is told when.

    `email` and `sms` are references to addresses of Apprise without a recipient
    (`mailtos://USER:PASSWORD@HOST?from=…`, `twilio://SID:TOKEN@FROM`): that of a person or of a
    contact is added to them. `office_hours` are for alerts of no stack, and for stacks that have
    none. `attempts` is how often what did not work is tried, waiting longer each time; `timeout`
    how long an answer may take.
    """

    targets: dict[Name, Target] = {}
    email: SecretRef | None = None
    sms: SecretRef | None = None
    policies: tuple[EscalationPolicy, ...] = ()
    tell: tuple[Telling, ...] = ()
    office_hours: OfficeHours = OfficeHours()
    attempts: int = Field(default=4, ge=1, le=10)
    timeout: DurationOrNone = timedelta(seconds=15)

    @model_validator(mode="after")
    def _names_are_one(self) -> Self:
        names = [policy.name for policy in self.policies]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two policies are called {twice[0]!r}; rename one")
        for telling in self.tell:
            if unknown := sorted(set(telling.to) - set(self.targets)):
                raise ValueError(f"tell names {unknown[0]!r}, which is none of targets")
        if taken := sorted(ROLES & set(self.targets)):
            raise ValueError(f"a target is called {taken[0]!r}, which means who is on call; rename")
        return self

    def policy(self, name: str) -> EscalationPolicy | None:
        return next((policy for policy in self.policies if policy.name == name), None)
