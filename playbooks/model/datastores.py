"""The kinds of datastores that a stack file may name."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from playbooks.model.base import Model, Name
from playbooks.model.secret import SecretRef


class PostgresStore(Model):
    """A PostgreSQL database. `host` is an address or the folder of a socket.

    `tools` is the folder with pg_dump and pg_restore, when they are not on PATH.
    `maintenance_database` is where it is administered from while it is being swapped.
    """

    kind: Literal["postgres"]
    service: Name | None = None
    host: str = "127.0.0.1"
    port: int = 5432
    database: str
    user: str
    password: SecretRef | None = None
    maintenance_database: str = "postgres"
    tools: Path | None = None
    jobs: int = Field(default=2, ge=1, le=16)


class FilesStore(Model):
    """A folder."""

    kind: Literal["files"]
    service: Name | None = None
    path: Path


Datastore = Annotated[PostgresStore | FilesStore, Field(discriminator="kind")]
