"""One alert, whoever sent it, and what all alerts of a rule in a stack are together."""

from datetime import datetime
from enum import StrEnum

from playbooks.model.base import Model
from playbooks.model.thresholds import Severity

_WEIGHTS: dict[str, int] = {"critical": 2, "warning": 1, "info": 0}


class Alert(Model):
    """What a source says of one alert. `fingerprint` tells it from others of the same source;
    `stack` is empty where nothing says whose it is. `value` is what was measured, as text."""

    fingerprint: str
    rule: str
    stack: str = ""
    severity: Severity = "warning"
    firing: bool
    since: datetime
    ended: datetime | None = None
    labels: dict[str, str] = {}
    summary: str = ""
    value: str = ""
    source_url: str = ""
    runbook_url: str = ""


class GroupState(StrEnum):
    """What a group of alerts is, as its card says."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    RESOLVED = "resolved"


class Group(Model):
    """All alerts of one rule in one stack, from one source.

    An `episode` begins when the first of them fires and ends when none does; `changes` are the
    moments of the last hour at which one began or ended. `firing` and `seen` count its alerts, and
    `notices` how often the source spoke of them in this episode. `silence` is the id that the
    source has for a silence of ours; `silence_problem` why it has none, or still has one.
    `meanwhile` says what was done to the stack when the episode began, which may explain it, and
    `explained_by` by which runs (`run:ID`) and whether by maintenance (`maintenance:RUN`): as long
    as one of them goes on it is quieter. `tell` is whom its card mentions. `actions` and
    `runbook` are what the stack file says that helps.
    """

    key: str
    source: str
    stack: str
    rule: str
    severity: Severity
    channel: str
    episode: int = 1
    firing: int = 0
    seen: int = 0
    notices: int = 0
    since: datetime
    last_at: datetime
    resolved_at: datetime | None = None
    changes: tuple[datetime, ...] = ()
    labels: dict[str, str] = {}
    summary: str = ""
    value: str = ""
    source_url: str = ""
    runbook_url: str = ""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    silenced_until: datetime | None = None
    silenced_by: str = ""
    silence: str = ""
    silence_problem: str = ""
    meanwhile: tuple[str, ...] = ()
    explained_by: tuple[str, ...] = ()
    tell: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    runbook: str = ""
    version: int = 1

    def state(self, now: datetime) -> GroupState:
        """What is the matter with it as of now."""
        if self.firing == 0:
            return GroupState.RESOLVED
        if self.silenced_until is not None and self.silenced_until > now:
            return GroupState.SILENCED
        if self.acknowledged_at is not None:
            return GroupState.ACKNOWLEDGED
        return GroupState.FIRING


def worse(one: Severity, other: Severity) -> Severity:
    """The more severe of the two."""
    return one if _WEIGHTS[one] >= _WEIGHTS[other] else other
