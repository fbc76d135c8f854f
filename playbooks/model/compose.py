"""A docker compose project, and how its containers say that they are well."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from playbooks.gate.duration import Duration
from playbooks.model.base import Model
from playbooks.model.hosts import LOCAL, Host

Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Project = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Compose(Model):
    """The files of a compose project, as `docker compose` is given them.

    `env_files` hold the values that the files name as `${NAME}`, the last one decides; Interlock's
    own environment is not seen by them. `required` are variables that must have a value there.
    `host` has the engine that runs it; left out, it is the stack's own. The files are Interlock's.
    """

    project: Project
    files: tuple[Path, ...] = Field(min_length=1)
    env_files: tuple[Path, ...] = ()
    profiles: tuple[str, ...] = ()
    required: tuple[Variable, ...] = ()
    host: Host = LOCAL

    @property
    def adjustments(self) -> Path:
        """The file beside the others that holds what Interlock changed for good (`/ops scale`,
        `limits` and `set`); where it is there, it is the last one that compose is given."""
        return self.files[0].parent / f"docker-compose.interlock.{self.project}.yml"


class Watched(Model):
    """`interval` is how often it is asked when it is watched."""

    interval: Duration = timedelta(seconds=30)


class ContainerHealth(Watched):
    """The container's own health check (`healthcheck` of the compose file) says that it is well."""

    kind: Literal["container"] = "container"
