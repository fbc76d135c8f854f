"""Looks into Neo4j datastores. Nothing in them is changed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from playbooks.errors import ActionFailed, FactUnavailable, SecretUnavailable
from playbooks.hosts.neo4j.insight.session import Graph, connected
from playbooks.hosts.neo4j.insight.views import counts, memory, overview, queries, size
from playbooks.model.base import JsonObject, Model
from playbooks.model.insight import Insight
from playbooks.ports import Reading
from playbooks.registry import Reader


class LookArgs(Model):
    """A datastore of kind neo4j."""

    datastore: str


def _look(look: Callable[[Graph], Insight], reading: Reading, args: LookArgs) -> JsonObject:
    """An `Insight`. Raises FactUnavailable."""
    try:
        with connected(reading.stack, args.datastore, reading.secrets) as graph:
            return look(graph).model_dump(mode="json")
    except (ActionFailed, SecretUnavailable) as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = tuple(
    Reader(f"graph.{name}", LookArgs, partial(_look, look))
    for name, look in {
        "overview": overview,
        "counts": counts,
        "size": size,
        "queries": queries,
        "memory": memory,
    }.items()
)
