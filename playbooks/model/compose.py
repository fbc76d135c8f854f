"""A docker compose project, and how its containers say that they are well."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from playbooks.model.base import Model

Project = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Compose(Model):
    """The files of a compose project, as `docker compose` is given them.

    `env_file` holds the values that the files name as `${NAME}`; Interlock's own environment is
    not seen by them.
    """

    project: Project
    files: tuple[Path, ...] = Field(min_length=1)
    env_file: Path | None = None
    profiles: tuple[str, ...] = ()


class ContainerHealth(Model):
    """The container's own health check (`healthcheck` of the compose file) says that it is well."""

    kind: Literal["container"] = "container"
