"""What a Neo4j server is like now."""

from playbooks.datastores.neo4j_model import Neo4jFact, Noted
from playbooks.errors import ActionFailed, FactUnavailable, SecretUnavailable
from playbooks.folders.places import OWN_PREFIX
from playbooks.hosts.neo4j.cypher import noted
from playbooks.hosts.neo4j.server import Server, server_of
from playbooks.hosts.neo4j.state import look_once
from playbooks.model.base import JsonObject, Model
from playbooks.ports import Reading
from playbooks.registry import Reader

_RUN = "facts"


class StoreArgs(Model):
    """A datastore of kind neo4j."""

    datastore: str


def state(reading: Reading, args: StoreArgs) -> JsonObject:
    """A `Neo4jFact`. Raises FactUnavailable when there is no container with its volume. A server
    that does not answer is not counted, and that is said."""
    try:
        server = server_of(reading.stack, args.datastore)
        seen, version = look_once(server, _RUN), server.version()
    except ActionFailed as error:
        raise FactUnavailable(error.message, error.hint) from error
    return Neo4jFact(
        container=server.container.name,
        image=server.container.image,
        running=server.container.up,
        version=version,
        there=seen.there,
        data_bytes=seen.used_bytes,
        free_bytes=seen.free_bytes,
        noted=_noted(reading, server),
        kept=seen.kept,
    ).model_dump(mode="json")


def copies(reading: Reading, args: StoreArgs) -> JsonObject:
    """`{copies: [{run, path, role, since, bytes, counted}]}`: what earlier runs left, newest
    first; `path` is as the container sees it."""
    try:
        server = server_of(reading.stack, args.datastore)
        kept = look_once(server, _RUN).kept
    except ActionFailed as error:
        raise FactUnavailable(error.message, error.hint) from error
    holder = f"{server.store.folder}/{OWN_PREFIX}"
    return {
        "copies": [
            {
                **copy.model_dump(mode="json", exclude={"part"}),
                "path": f"{holder}{copy.run}/{copy.part}",
                "counted": True,
            }
            for copy in sorted(kept, key=lambda copy: copy.since, reverse=True)
        ]
    }


def _noted(reading: Reading, server: Server) -> Noted:
    if not server.container.up:
        return Noted(why="it does not run")
    try:
        return noted(server.store, server.container, reading.secrets)
    except (ActionFailed, SecretUnavailable) as error:
        return Noted(why=error.message.rstrip("."))


READERS = (
    Reader("neo4j.state", StoreArgs, state),
    Reader("neo4j.copies", StoreArgs, copies),
)
