"""The kinds of datastores that a stack file may name."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from playbooks.gate.duration import Duration
from playbooks.model.base import Model, Name
from playbooks.model.neo4j import Neo4jStore
from playbooks.model.secret import SecretRef
from playbooks.model.volumes import AzuriteStore, TerminusStore, VolumeStore


def _directly_within(value: str) -> str:
    if value.rstrip("/") in {"", ".", ".."} or "/" in value[:-1]:
        raise ValueError("write a name or a glob of what lies directly in `path`, like .env*")
    return value


Chosen = Annotated[str, AfterValidator(_directly_within)]


class PgBackRest(Model):
    """An archive of the write-ahead log that pgBackRest keeps of the whole server: any moment in
    it can be restored. pgBackRest is installed in the server's image and set up there: its
    configuration names the repository, a folder mounted into the container, and the server has
    `archive_mode = on` and `archive_command = 'pgbackrest --stanza=STANZA archive-push %p'`.

    Every backup of the datastore makes a backup in the archive, too: a full one when the last full
    one is older than `full_every`, else what differs from it. `keep_full` full ones are kept.
    """

    tool: Literal["pgbackrest"]
    stanza: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    keep_full: int = Field(default=2, ge=1)
    full_every: Duration = timedelta(days=7)


class PostgresAccess(Model):
    """How a PostgreSQL server is reached. `host` is an address or the folder of a socket.

    `tools` is the folder with pg_dump and pg_restore, when they are not on PATH.
    `maintenance_database` is where it is administered from while databases are being swapped.
    `archive` makes any moment restorable, not only those of backups.
    """

    service: Name | None = None
    host: str = "127.0.0.1"
    port: int = 5432
    user: str
    password: SecretRef | None = None
    maintenance_database: str = "postgres"
    tools: Path | None = None
    jobs: int = Field(default=2, ge=1, le=16)
    archive: PgBackRest | None = None


class PostgresStore(PostgresAccess):
    """A PostgreSQL database; TimescaleDB in it is recognised.

    `host` is an address or the folder of a socket. `tools` is the folder with pg_dump and
    pg_restore, when they are not on PATH. `maintenance_database` is where it is administered from
    while it is being swapped. `archive` makes any moment restorable, not only those of backups.
    """

    kind: Literal["postgres"]
    database: str


class PostgresServerStore(PostgresAccess):
    """The databases of a PostgreSQL server, backed up in one go, restored together or one by one.

    `databases` are their names; `all` are those that are there at the backup and are no templates.
    `host`, `tools`, `maintenance_database` and `archive` are as for one database.
    """

    kind: Literal["postgres-server"]
    databases: Literal["all"] | tuple[str, ...] = "all"

    def one(self, database: str) -> PostgresStore:
        """One of its databases as a store of its own."""
        fields = self.model_dump(exclude={"kind", "databases"})
        return PostgresStore.model_validate(fields | {"kind": "postgres", "database": database})


class FilesStore(Model):
    """A folder. With `include` only what lies directly in it and has one of these names: `.env*`,
    `docker-compose*.yml`, `config/`. A folder of such a name belongs to it as a whole.
    """

    kind: Literal["files"]
    service: Name | None = None
    path: Path
    include: tuple[Chosen, ...] = ()


class RedisStore(Model):
    """A Redis server in a container of the stack; its data folder is in a volume.

    `user` is that of an access control list, where the default one is not meant. The server says
    itself where its data are; `folder` counts where it may not be asked for its settings.
    """

    kind: Literal["redis"]
    service: Name
    port: int = 6379
    user: str = ""
    password: SecretRef | None = None
    folder: str = "/data"


Datastore = Annotated[
    PostgresStore
    | PostgresServerStore
    | FilesStore
    | Neo4jStore
    | RedisStore
    | VolumeStore
    | AzuriteStore
    | TerminusStore,
    Field(discriminator="kind"),
]
