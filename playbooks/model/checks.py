"""Items of checklists: what people tick, and what can be looked at without them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.security_patterns import ReadyMade

DatabaseView = Literal[
    "overview", "connections", "slow", "active", "locks", "cache", "replication", "bloat"
]
_DAY = timedelta(days=1)


class Ticked(Model):
    """Something that people do, and tick. Plain text stands for this."""

    text: str = Field(min_length=1)
    check: Literal["people"] = "people"

    @property
    def asked(self) -> bool:
        """Whether somebody has to tick it whatever was found."""
        return True


class _Checked(Model):
    """With `ask` people tick it all the same: what is found is only shown to them."""

    text: str = Field(min_length=1)
    ask: bool = False

    @property
    def asked(self) -> bool:
        """Whether somebody has to tick it whatever was found."""
        return self.ask


class HealthCheck(_Checked):
    """`services` (none: all) are asked how they are."""

    check: Literal["health"]
    services: tuple[Name, ...] = ()


class ErrorsCheck(_Checked):
    """Logs of `services` (none: all, and the stack's own files) have at most `most` errors in the
    last `since`."""

    check: Literal["errors"]
    services: tuple[Name, ...] = ()
    since: Duration = _DAY
    most: int = Field(default=0, ge=0)


class BackupCheck(_Checked):
    """The newest backup of each of `datastores` (none: those that a schedule holds) is whole, and
    no older than `within`; without it, than the rhythm of its schedule, else the stack's RPO."""

    check: Literal["backup"]
    datastores: tuple[Name, ...] = ()
    within: Duration | None = None


class DiskCheck(_Checked):
    """More than `percent` is free on every file system of the host; without it, the stack's
    threshold, else 10."""

    check: Literal["disk"]
    percent: float | None = Field(default=None, ge=0, le=100)


class ResourcesCheck(_Checked):
    """Less than `memory_percent` of the host's memory is taken, and fewer than `load` processes
    wait for each of its cores; no service was killed for want of memory."""

    check: Literal["resources"]
    memory_percent: float = Field(default=90, gt=0, le=100)
    load: float = Field(default=1.5, gt=0)


class CertificatesCheck(_Checked):
    """No certificate of the stack ends within `days`; without it, the second of `tls.warn_days`."""

    check: Literal["certificates"]
    days: int | None = Field(default=None, ge=0)


class PatternsCheck(_Checked):
    """At most `most` lines of the logs of `services` (none: those of `security`) fit each of the
    `patterns` (none: all) in the last `since`: the stack's own, those of the ready-made sets that
    `security` uses, and of those that this check uses besides (`use`), and `large-response`. Where
    there is none, it is `failed-login`."""

    check: Literal["patterns"]
    use: tuple[ReadyMade, ...] = ()
    patterns: tuple[Name, ...] = ()
    services: tuple[Name, ...] = ()
    since: Duration = _DAY
    most: int = Field(default=0, ge=0)


class DrillCheck(_Checked):
    """The last restore of each of `datastores` (none: those that are drilled) that was rehearsed
    passed, and no longer ago than `within`; without it, than the rules of `drill` allow."""

    check: Literal["drill"]
    datastores: tuple[Name, ...] = ()
    within: Duration | None = None


class UpdatesCheck(_Checked):
    """No newer image waits, and no package of the host; with `security` only those packages that
    mend something unsafe count."""

    check: Literal["updates"]
    what: Literal["images", "packages", "both"] = "both"
    security: bool = False


class DatabaseCheck(_Checked):
    """A look (`view`) into the PostgreSQL `datastores` (none: all) finds nothing to worry about."""

    check: Literal["database"]
    view: DatabaseView = "overview"
    datastores: tuple[Name, ...] = ()


class MetricsCheck(_Checked):
    """What Prometheus has of the last `since` keeps to the stack's thresholds now; `names` as for
    `/ops metrics`."""

    check: Literal["metrics"]
    names: tuple[str, ...] = ("rate", "errors", "p95")
    since: Duration = timedelta(hours=1)


class MaintenanceCheck(_Checked):
    """No maintenance lasts longer than planned; what is planned is shown."""

    check: Literal["maintenance"]


class JobsCheck(_Checked):
    """What was to happen by schedule in the last `since` happened, and ended well."""

    check: Literal["jobs"]
    since: Duration = _DAY


class AlertsCheck(_Checked):
    """No alert of the stack fires."""

    check: Literal["alerts"]


class IncidentCheck(_Checked):
    """The incident itself: somebody took it on, it has a commander (`led`), those who wait for news
    were told, it is mitigated, resolved, or its cause was written down (`reviewed`). Only for the
    phases of incidents."""

    check: Literal["incident"]
    holds: Literal["acknowledged", "led", "told", "mitigated", "resolved", "reviewed"]


def _as_item(given: Any) -> Any:
    if isinstance(given, str):
        return {"text": given, "check": "people"}
    if isinstance(given, Mapping) and "check" not in given:
        return {**given, "check": "people"}
    return given


Check = (
    HealthCheck
    | ErrorsCheck
    | BackupCheck
    | DiskCheck
    | ResourcesCheck
    | CertificatesCheck
    | PatternsCheck
    | DrillCheck
    | UpdatesCheck
    | DatabaseCheck
    | MetricsCheck
    | MaintenanceCheck
    | JobsCheck
    | AlertsCheck
)
"""What can be looked at without people."""

Item = Annotated[Ticked | Check, Field(discriminator="check"), BeforeValidator(_as_item)]
"""One line of a checklist. Text alone is for people; `check` says what Interlock looks at by
itself, with the arguments of that check beside it."""


AnyItem = Ticked | Check | IncidentCheck
PhaseItem = Annotated[AnyItem, Field(discriminator="check"), BeforeValidator(_as_item)]
"""As `Item`, or what is seen of the incident itself."""


def unknown_names(item: AnyItem, known: Mapping[str, frozenset[str]]) -> str:
    """What an item names that the stack does not have, as words; nothing when all is there.
    `known` are names by field: services, datastores, patterns."""
    for field, names in known.items():
        for name in getattr(item, field, ()):
            if name not in names:
                return f"{item.text!r} names the unknown {field.removesuffix('s')} {name!r}"
    return ""
