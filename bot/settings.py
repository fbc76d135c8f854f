"""What `interlock.yaml` may say."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from playbooks.gate.duration import Duration
from playbooks.gate.policy import Policy
from playbooks.model.base import Model, Name
from playbooks.respond.escalation import unknown_names
from playbooks.respond.incident_rules import IncidentRules
from playbooks.respond.paging import Paging
from playbooks.respond.rota import Rota
from playbooks.respond.sources import AlertRules, nobody_told


class Sampling(Model):
    """How often what services use is noted, and for how long it is kept."""

    interval: Duration = timedelta(minutes=1)
    keep: Duration = timedelta(days=7)


class OwnConditions(Model):
    """How often stacks are measured for their thresholds, and their logs looked through for what
    `security` of a stack file names."""

    every: Duration = Field(default=timedelta(minutes=1), gt=timedelta(0))
    logs_every: Duration = Field(default=timedelta(minutes=1), gt=timedelta(0))


class InterlockFile(Policy):
    """`interlock.yaml`: the policy, and where everything is.

    On top of the policy's keys (`people`, `roles`, `policy`, `freezes`):
    `stacks` are stack files, relative to this file. `database` is where requests, runs and the
    audit are kept: `sqlite:///interlock.db` (relative to this file) or
    `postgresql://user@host/name`. `channels` maps the channel names of stack files to Slack's
    channel ids; a name that is not in it is used as it is. `alerts` says who may send alerts, and
    where they are shown. `oncall` are rotas by their names, `paging` says who is told when nobody
    takes care of an alert, `incidents` how incidents are
    handled. `sampling` is what `stats --since` draws on; `conditions` is how often
    thresholds are looked at.
    """

    stacks: tuple[Path, ...] = Field(min_length=1)
    database: str = Field(
        default="sqlite:///interlock.db", pattern=r"^(sqlite:///|postgresql(\+psycopg)?://).+"
    )
    channels: dict[str, str] = {}
    alerts: AlertRules = AlertRules()
    incidents: IncidentRules = IncidentRules()
    oncall: dict[Name, Rota] = {}
    paging: Paging = Paging()
    sampling: Sampling = Sampling()
    conditions: OwnConditions = OwnConditions()

    @model_validator(mode="after")
    def _calls_known_people(self) -> Self:
        for name, rota in self.oncall.items():
            if unknown := sorted(rota.people - set(self.people)):
                raise ValueError(
                    f"oncall.{name} names {unknown[0]!r}, who is none of people; "
                    f"there is: {', '.join(self.people) or 'nobody'}"
                )
        if wrong := unknown_names(self.paging, self.people):
            raise ValueError(wrong)
        if wrong := nobody_told(self.alerts, self.people):
            raise ValueError(wrong)
        return self

    def database_url(self, folder: Path) -> str:
        """The URL with a relative SQLite path made absolute under `folder`."""
        prefix = "sqlite:///"
        if self.database.startswith(prefix):
            path = folder / self.database.removeprefix(prefix)
            return f"{prefix}{path.absolute()}"
        return self.database.replace("postgresql://", "postgresql+psycopg://", 1)

    def channel(self, name: str) -> str:
        """The Slack channel id of a channel name."""
        return self.channels.get(name, name)
