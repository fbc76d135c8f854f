"""The kind of datastore that is a Neo4j server."""

from typing import Annotated, Literal

from pydantic import Field

from playbooks.model.base import Model, Name
from playbooks.model.secret import SecretRef

Folder = Annotated[str, Field(pattern=r"^(/[^/\x00]+)+$")]
Database = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]{2,62}$")]


class Neo4jStore(Model):
    """A Neo4j Community server, version 5 or 4, in a container of the stack: its database and
    `system`, which holds users and passwords.

    It can only be dumped while it is down. While it runs, it is asked over HTTP for its contents:
    at `port` of the container; where that is not published, in the container's network. What goes
    on in it is asked over Bolt, at `bolt`.
    `folder` is where its volume is mounted, with `databases` and `transactions` in it as they are
    by default. `stop_seconds` is how long it has to end by itself: one that is killed has to
    recover first and cannot be dumped.
    """

    kind: Literal["neo4j"]
    service: Name
    database: Database = "neo4j"
    user: str = "neo4j"
    password: SecretRef | None = None
    port: int = 7474
    bolt: int = 7687
    folder: Folder = "/data"
    stop_seconds: float = Field(default=120.0, ge=10.0)

    @property
    def databases(self) -> tuple[str, ...]:
        """What is dumped and restored together."""
        return (self.database, "system")
