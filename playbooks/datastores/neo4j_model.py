"""What is known of a Neo4j server and of a backup of it. Pure."""

from datetime import datetime
from typing import Literal

from playbooks.errors import BadArgument
from playbooks.model.base import Model
from playbooks.model.neo4j import Neo4jStore
from playbooks.model.stack import Stack

MEDIA = "application/x-neo4j-dump"


class Contents(Model):
    """What is in a database: `labels` and `types` say how many nodes and relationships there are
    of each, `constraints` and `indexes` describe each in a line, in order."""

    nodes: int
    relationships: int
    labels: dict[str, int] = {}
    types: dict[str, int] = {}
    constraints: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


class Noted(Model):
    """What a running server said: `transaction` is the last one that its answer rests on.

    `contents` is None, with the reason in `why`, where it could not be asked.
    """

    contents: Contents | None = None
    transaction: int | None = None
    why: str = ""


class Kept(Model):
    """What one run left beside the data. `part` says which content it is: `original` was live
    before that run's exchange, `restored` came from the backup. Of role "beside" it never was live.
    """

    run: str
    part: Literal["original", "restored"]
    role: Literal["kept", "beside"]
    since: datetime
    bytes: int = 0


class Neo4jFact(Model):
    """What `neo4j.state` gives. Sizes are those of the folder that is mounted, without what runs
    left in it. `there` is whether it has data yet."""

    container: str
    image: str
    running: bool
    version: str
    there: bool
    data_bytes: int
    free_bytes: int
    noted: Noted
    kept: tuple[Kept, ...] = ()


class DumpFacts(Model):
    """The manifest's facts. `contents` is None when it was not known what exactly was dumped;
    `transaction` is the database's last committed one, where the tools name it."""

    version: str
    image: str
    database: str
    contents: Contents | None = None
    transaction: int | None = None
    data_bytes: int = 0


def neo4j_store(stack: Stack, name: str) -> Neo4jStore:
    """Raises UnknownName, BadArgument."""
    store = stack.datastore(name)
    if not isinstance(store, Neo4jStore):
        raise BadArgument(f"{stack.name}/{name} is {store.kind}, not neo4j.")
    return store


def dump_name(datastore: str, database: str) -> str:
    """How the dump of a database is called in a backup."""
    return f"{datastore}.{'system' if database == 'system' else 'data'}.dump"
