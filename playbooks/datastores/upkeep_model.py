"""What upkeep of a PostgreSQL knows of tables, indexes, settings and sessions. Pure."""

from datetime import datetime
from typing import Literal

from playbooks.model.base import Model


class RelationFact(Model):
    """The answer of `upkeep.relation`: one table or index, under its exact names.

    `table` is the index's own table, or the table itself. `broken` are invalid indexes of that
    table that an index built or rebuilt concurrently left behind when it failed. `definition`
    makes an index anew; `constraint` says that it belongs to one and cannot be dropped alone,
    `hypertable` that the table is one of TimescaleDB's, which are made of chunks.
    `free_bytes` is the room on the disk of the data, where that can be told.
    """

    oid: int
    schema_name: str
    name: str
    table: str
    kind: Literal["table", "index"]
    bytes: int
    rows: int
    dead: int = 0
    valid: bool = True
    columns: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    definition: str = ""
    constraint: bool = False
    catalog: bool = False
    hypertable: bool = False
    free_bytes: int | None = None

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"


class DatabasesFact(Model):
    """The answer of `upkeep.databases`: those of the datastore, and how large they are together."""

    databases: tuple[str, ...]
    bytes: int


class SettingFact(Model):
    """The answer of `upkeep.setting`.

    `value` is what counts now, `former` what ALTER SYSTEM was told before, None where it was not.
    `context` says when a change counts: `postmaster` after a restart, `internal` never. `source`
    is where the value comes from. `directory` is the server's data folder.
    """

    name: str
    value: str
    former: str | None
    context: str
    kind: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    least: str = ""
    most: str = ""
    source: str = ""
    directory: str = ""


class SessionFact(Model):
    """The answer of `upkeep.session`: who a process of the server is and what it does. `query` is
    without the values in it."""

    pid: int
    started: datetime
    query_started: datetime | None
    kind: str
    user: str
    application: str
    client: str
    database: str
    state: str
    seconds: float
    transaction_seconds: float
    query: str
