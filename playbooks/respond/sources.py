"""Where alerts come from and go to, as `interlock.yaml` says."""

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.secret import SecretRef
from playbooks.model.telemetry import Url
from playbooks.model.thresholds import Severity
from playbooks.respond.quiet import QuietHours

_SLACK_ID = re.compile(r"[UWS][A-Z0-9]{6,}")
Path = Annotated[str, Field(pattern=r"^[A-Za-z0-9_@-]+(\.[A-Za-z0-9_@-]+)*$")]


class Basic(Model):
    """A user name and a password."""

    user: str
    password: SecretRef


class Mapping(Model):
    """Where in somebody's JSON an alert is; paths are keys with dots between them: `check.name`.

    `alerts` is the path of a list of them; without it the whole is one. It fires unless the value
    at `state` is one of `resolved`. `severities` translates the words of the other side.
    """

    alerts: Path | None = None
    rule: Path
    stack: Path | None = None
    state: Path | None = None
    resolved: tuple[str, ...] = ("ok", "resolved", "recovered", "normal", "closed")
    severity: Path | None = None
    severities: dict[str, Severity] = {}
    fingerprint: Path | None = None
    summary: Path | None = None
    value: Path | None = None
    since: Path | None = None
    link: Path | None = None
    labels: Path | None = None


class Source(Model):
    """Somebody who sends alerts to `/alerts/NAME`, and how they prove who they are.

    `api` is the address of Alertmanager itself: what is silenced here is silenced there, too.
    """

    kind: Literal["alertmanager", "grafana", "generic"]
    bearer: SecretRef | None = None
    basic: Basic | None = None
    mapping: Mapping | None = None
    api: Url | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.api is not None and self.kind != "alertmanager":
            raise ValueError(f"api is for the kind alertmanager, not for {self.kind}")
        if (self.bearer is None) == (self.basic is None):
            raise ValueError("name either bearer or basic: nobody may send alerts without a proof")
        if (self.kind == "generic") != (self.mapping is not None):
            raise ValueError("mapping is for the kind generic, and it needs one")
        return self


class Route(Model):
    """Where alerts go that fit: the first route decides that does.

    An alert fits when its labels have all values of `match`, and its severity, stack and owner are
    among those named; what is not named is any. They are shown in `channel`, else in their stack's.
    `tell` are mentioned by each new card: names of `people`, or Slack's ids of people (U…) and of
    user groups (S…). At `quiet` hours what is not critical is collected, and said in one message at
    their end; without them those of all alerts hold, and `never` has none.
    """

    match: dict[str, str] = {}
    severity: tuple[Severity, ...] = ()
    stack: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    channel: str | None = None
    tell: tuple[str, ...] = ()
    quiet: QuietHours | Literal["never"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.channel is None and not self.tell and self.quiet is None:
            raise ValueError("the route says neither channel, tell nor quiet: it changes nothing")
        return self


class Storm(Model):
    """When a channel gets one digest instead of many cards: from the group after `groups` of them
    `within` that time on, until nothing new has come for `quiet`."""

    groups: int = Field(default=5, ge=1)
    within: Duration = timedelta(minutes=1)
    quiet: Duration = timedelta(minutes=2)


class AlertRules(Model):
    """Who sends alerts, and where they are shown: as the first of `routes` says that fits, else in
    their stack's channel, else in `channel`.

    `stack_labels` are the labels that may name a stack or its compose project, `owner_labels` those
    that may name who it belongs to. `quiet` are the hours at which only what is critical speaks up
    by itself. What a run or maintenance explains is quieter until `settle` after its end.
    """

    sources: dict[Name, Source] = {}
    routes: tuple[Route, ...] = ()
    channel: str = "ops"
    stack_labels: tuple[str, ...] = (
        "stack",
        "compose_project",
        "container_label_com_docker_compose_project",
        "job",
    )
    owner_labels: tuple[str, ...] = ("owner", "team")
    quiet: QuietHours | None = None
    settle: Duration = timedelta(minutes=1)
    storm: Storm = Storm()

    @model_validator(mode="after")
    def _leaves_ours_alone(self) -> Self:
        if "interlock" in self.sources:
            raise ValueError("sources.interlock is for Interlock's own alerts; rename it")
        return self


def nobody_told(rules: AlertRules, people: Collection[str]) -> str:
    """What is wrong with the names in `tell`; empty where nothing is."""
    for place, route in enumerate(rules.routes):
        for name in route.tell:
            if name not in people and not _SLACK_ID.fullmatch(name):
                known = ", ".join(people) or "nobody"
                return (
                    f"alerts.routes.{place}.tell names {name!r}, who is none of people and no id "
                    f"of Slack's; there is: {known}"
                )
    return ""
