"""Looks into TerminusDB datastores. Nothing in them is changed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from playbooks.errors import ActionFailed, FactUnavailable, SecretUnavailable
from playbooks.hosts.terminus.server import Terminus, connected
from playbooks.hosts.terminus.views import connections, databases, overview, size
from playbooks.model.base import JsonObject, Model
from playbooks.model.insight import Insight
from playbooks.ports import Reading
from playbooks.registry import Reader


class LookArgs(Model):
    """A datastore of kind terminusdb."""

    datastore: str


class DatabaseArgs(LookArgs):
    """`database` is one of its own, without the organization before it."""

    database: str


def _reached(
    look: Callable[[Terminus], JsonObject], reading: Reading, datastore: str
) -> JsonObject:
    try:
        with connected(reading.stack, datastore, reading.secrets) as server:
            return look(server)
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(error.message, error.hint) from error


def _look(look: Callable[[Terminus], Insight], reading: Reading, args: LookArgs) -> JsonObject:
    """An `Insight`. Raises FactUnavailable."""
    return _reached(lambda server: look(server).model_dump(mode="json"), reading, args.datastore)


def _database(reading: Reading, args: DatabaseArgs) -> JsonObject:
    """{there: bool, container: id}. Raises FactUnavailable."""

    def look(server: Terminus) -> JsonObject:
        return {"there": server.has(args.database), "container": server.container.id}

    return _reached(look, reading, args.datastore)


READERS: tuple[Reader[Any], ...] = (
    *(
        Reader(f"terminus.{name}", LookArgs, partial(_look, look))
        for name, look in {
            "overview": overview,
            "databases": databases,
            "size": size,
            "connections": connections,
        }.items()
    ),
    Reader("terminus.database", DatabaseArgs, _database),
)
