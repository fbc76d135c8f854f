"""Two projects of one stack side by side, and the traffic that goes to one of them."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.compose import Project, Variable

_Argv = Annotated[tuple[str, ...], Field(min_length=1)]
_Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]


class NginxUpstream(Model):
    """nginx sends requests on to the upstream `upstream`, which is all that `file` holds. `test`
    has to succeed before `reload` is run."""

    kind: Literal["nginx"]
    file: Path
    upstream: _Word
    test: _Argv = ("nginx", "-t")
    reload: _Argv = ("nginx", "-s", "reload")


class TraefikServers(Model):
    """Traefik sends what `rule` fits on to the service that `file` of its dynamic configuration
    names. Without `entry_points` it does so on all of them; `priority` counts above other rules."""

    kind: Literal["traefik"]
    file: Path
    rule: str = "PathPrefix(`/`)"
    entry_points: tuple[_Word, ...] = ()
    priority: int | None = Field(default=None, ge=1)


Traffic = Annotated[NginxUpstream | TraefikServers, Field(discriminator="kind")]


class BlueGreen(Model):
    """A new version is brought up beside the one that runs, and traffic is switched to it.

    `projects` are the two compose projects; `files` describe the `services` that both have, which
    are stateless: what they store is in services that both reach over a network that is external
    to these files. `variable` is what the files call the version. Traffic goes to `port` of the
    service `entry`; the proxy reaches it by the `name` of its container, or by the `port` of the
    host where it is published. `switch` is turned with `sudo` where that is set.

    After a switch `drain` is how long connections may take to end, and for as long as `keep` the
    old one stays, and there is a way back.
    """

    projects: tuple[Project, Project]
    files: tuple[Path, ...] = Field(min_length=1)
    services: tuple[Name, ...] = Field(min_length=1)
    variable: Variable
    entry: Name
    port: int = Field(ge=1, le=65535)
    reached: Literal["name", "port"] = "name"
    switch: Traffic
    sudo: bool = False
    keep: Duration = timedelta(hours=1)
    drain: Duration = timedelta(seconds=30)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.projects[0] == self.projects[1]:
            raise ValueError(f"projects names {self.projects[0]!r} twice; it takes two")
        if self.entry not in self.services:
            raise ValueError(f"entry is {self.entry!r}, which is not among its services")
        return self

    def other(self, project: str) -> str:
        """The project beside this one."""
        first, second = self.projects
        return second if project == first else first


def misfit(rules: BlueGreen | None, stored_in: Mapping[str, str | None]) -> str:
    """What is wrong with it beside the rest of the stack file, in a sentence; nothing when nothing
    is. `stored_in` has the service of each datastore."""
    for store, service in stored_in.items() if rules else ():
        if rules and service in rules.services:
            return (
                f"deploy.bluegreen.services names {service!r}, which keeps {store!r}; "
                "what stores data is shared, never doubled"
            )
    return ""
