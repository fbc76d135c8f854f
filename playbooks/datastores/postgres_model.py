"""What is known of a PostgreSQL database: read as facts, and recorded in a backup's manifest."""

from datetime import datetime
from typing import Literal

from playbooks.model.base import JsonObject, Model, digest_of


class Locale(Model):
    """How a database orders and classifies text. `provider` as in `CREATE DATABASE`."""

    encoding: str
    provider: Literal["libc", "icu", "builtin"]
    collate: str
    ctype: str
    locale: str | None = None
    icu_rules: str | None = None


class Setting(Model):
    """`ALTER DATABASE … SET`, or with a role `ALTER ROLE … IN DATABASE … SET`.

    `value` is as the catalogue has it: a list of names keeps its quotes and commas.
    """

    role: str | None = None
    name: str
    value: str


class Grant(Model):
    """One privilege on the database. No grantee means everybody."""

    grantee: str | None
    privilege: str
    grantable: bool = False


class Extension(Model):
    """An extension in a database."""

    version: str
    schema_name: str


class Schema(Model):
    """Digests of a database's objects by section (columns, indexes, views …), none of their rows.

    `names` covers which objects there are, `definitions` also how the server prints them;
    printing differs between major versions and sometimes after a reload.
    """

    names: dict[str, str]
    definitions: dict[str, str]

    @property
    def fingerprint(self) -> str:
        return digest_of(self.definitions)


class Activity(Model):
    """Rows written in one table since the server's statistics began, rolled back ones included."""

    inserted: int
    updated: int
    deleted: int

    @property
    def total(self) -> int:
        return self.inserted + self.updated + self.deleted


class Counted(Model):
    """Exact numbers of rows by qualified table; what time or rights did not allow is named."""

    rows: dict[str, int] = {}
    not_counted: tuple[str, ...] = ()


class Written(Model):
    """The server's counters of writes by qualified table. `reset_at`: when they last began anew."""

    tables: dict[str, Activity] = {}
    reset_at: datetime | None = None


class Description(Model):
    """One database. Sizes in bytes; `sequences` are last values, None before the first use.

    `roles` own something in it, hold a privilege on something in it, or have a setting for it.
    `privileges` None means that nobody ever changed them.
    """

    database: str
    oid: int
    locale: Locale
    owner: str
    size_bytes: int
    connection_limit: int
    comment: str | None
    template: bool
    settings: tuple[Setting, ...]
    privileges: tuple[Grant, ...] | None
    extensions: dict[str, Extension]
    roles: tuple[str, ...]
    schema_digests: Schema
    sequences: dict[str, int | None]
    large_objects: int
    not_validated: tuple[str, ...]
    written: Written


class Server(Model):
    """The server a database lives in. `system_identifier` is as unique as clusters get."""

    version: str
    version_num: int
    system_identifier: str | None

    @property
    def major(self) -> int:
        return self.version_num // 10000


class OurUser(Model):
    """What the user we connect as may do."""

    name: str
    superuser: bool
    create_database: bool
    create_role: bool
    signal_backends: bool
    acts_as_owner: bool


class Obstacles(Model):
    """What would stay behind with the old copy, or would stop the swap."""

    logical_slots: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    scheduled_jobs: bool = False
    prepared_transactions: tuple[str, ...] = ()


class ContainerIdentity(Model):
    """The container that a server runs in, and the digest of the image it was made from."""

    id: str
    image: str


class DatabaseFact(Model):
    """The answer of `postgres.database`. Without `description` there is no such database.

    `connections` counts sessions in the database by application; `roles` are all roles of the
    server. `data_free_bytes` and `data_device` (as in `disk.free`) are those of the server's data
    directory, None when it is not on this host or we may not know where it is.
    `scratch_free_bytes` are free in the server's container where a dump is put to be loaded, None
    where it needs no such place; `scratch_is_data` when that is the data directory's disk.
    `offers` are the versions of extensions that can be created; `preloaded` the libraries that the
    server loads at its start, None when we may not know.
    """

    read_at: datetime
    server: Server
    in_recovery: bool
    data_free_bytes: int | None
    data_device: str | None
    user: OurUser
    roles: tuple[str, ...]
    databases: tuple[str, ...]
    scratch_free_bytes: int | None = None
    scratch_is_data: bool = False
    offers: dict[str, tuple[str, ...]] = {}
    preloaded: tuple[str, ...] | None = None
    description: Description | None = None
    obstacles: Obstacles = Obstacles()
    connections: dict[str, int] = {}
    container: ContainerIdentity | None = None


class ArchivedBackup(Model):
    """A backup in the archive. `until` is when it ended: any later moment can be restored."""

    label: str
    kind: str
    until: datetime


class ArchiveFact(Model):
    """The answer of `postgres.archive`: any moment from `since` to `until` can be restored.

    `problem` is why the archive does not grow. `server_bytes` are all databases together, which
    are recovered together.
    """

    since: datetime | None
    until: datetime | None
    backups: tuple[ArchivedBackup, ...] = ()
    problem: str = ""
    server_bytes: int


class ServerFact(Model):
    """The answer of `postgres.server`. `databases` are those that would be backed up now, `closed`
    those that let nobody in, `beside` those that a restore seems to have made; `nowhere` is what
    any other name would find. `data_free_bytes` and `data_device` as there.
    """

    nowhere: DatabaseFact
    databases: dict[str, DatabaseFact]
    closed: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    data_free_bytes: int | None
    data_device: str | None
    scratch_free_bytes: int | None = None

    def of(self, database: str) -> DatabaseFact:
        return self.databases.get(database, self.nowhere)


class Globals(Model):
    """Where the roles and tablespaces of the whole server are kept."""

    artifact: str
    passwords: bool


class DumpFacts(Model):
    """What the manifest records of a dump; everything is of the dump's own snapshot.

    `image` is the digest of the server's image, where it runs in a container; `archived` the label
    of the backup that was made in the server's archive right after.
    """

    server: Server
    tools: str
    description: Description
    counted: Counted
    globals: Globals
    dump: str
    image: str | None = None
    archived: str | None = None


class ServerDumpFacts(Model):
    """What the manifest records of a whole server: each database of a snapshot of its own.
    `archived` as in `DumpFacts`."""

    server: Server
    tools: str
    databases: dict[str, DumpFacts]
    globals: Globals
    image: str | None = None
    archived: str | None = None


def dump_facts_of(facts: JsonObject, database: str) -> DumpFacts:
    """What is recorded of one database, `""` where the entry is of one alone.

    Raises ValidationError when it is no record of such, KeyError when it has no such database.
    """
    if not database:
        return DumpFacts.model_validate(facts)
    return ServerDumpFacts.model_validate(facts).databases[database]


class KeptMark(Model):
    """What a kept copy says about itself, as JSON in its comment.

    `database` is the name it had, `at` when it was set aside by run `run`, `restored` the backup
    or run that took its place. `comment` is the comment it had. `written` are the counters of
    the database that took its place, at that moment. A copy that `sleeps` has TimescaleDB, whose
    background jobs are off in it.
    """

    interlock: Literal[1] = 1
    run: str
    at: datetime
    database: str
    restored: str
    comment: str | None
    written: Written
    sleeps: bool = False


class KeptCopy(Model):
    """A database that an earlier run set aside. Without `mark` only its name speaks for it."""

    database: str
    oid: int
    run: str
    size_bytes: int
    owner: str
    mark: KeptMark | None


class KeptFact(Model):
    """The answer of `postgres.kept`, newest first."""

    copies: tuple[KeptCopy, ...]

    def of(self, run: str) -> KeptCopy | None:
        return next((copy for copy in self.copies if copy.run == run), None)
