"""What `interlock.yaml` may say."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from playbooks.gate.duration import Duration
from playbooks.gate.policy import Policy
from playbooks.model.base import Model
from playbooks.respond.sources import AlertRules


class Sampling(Model):
    """How often what services use is noted, and for how long it is kept."""

    interval: Duration = timedelta(minutes=1)
    keep: Duration = timedelta(days=7)


class InterlockFile(Policy):
    """`interlock.yaml`: the policy, and where everything is.

    On top of the policy's keys (`people`, `roles`, `policy`, `freezes`):
    `stacks` are stack files, relative to this file. `database` is where requests, runs and the
    audit are kept: `sqlite:///interlock.db` (relative to this file) or
    `postgresql://user@host/name`. `channels` maps the channel names of stack files to Slack's
    channel ids; a name that is not in it is used as it is. `alerts` says who may send alerts, and
    where they are shown. `sampling` is what `stats --since` draws on.
    """

    stacks: tuple[Path, ...] = Field(min_length=1)
    database: str = Field(
        default="sqlite:///interlock.db", pattern=r"^(sqlite:///|postgresql(\+psycopg)?://).+"
    )
    channels: dict[str, str] = {}
    alerts: AlertRules = AlertRules()
    sampling: Sampling = Sampling()

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
