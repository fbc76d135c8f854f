"""Sessions of a Neo4j server that only read, with a limit to each answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from neo4j import READ_ACCESS, GraphDatabase, Query, Session
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from playbooks.errors import DatastoreError
from playbooks.hosts.containers.container import Container
from playbooks.hosts.containers.ports import authority_of
from playbooks.hosts.neo4j.server import server_of
from playbooks.model.neo4j import Neo4jStore
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

# The first answers of a server that has just begun take it a while.
ANSWER_SECONDS = 10.0
_CONNECT_SECONDS = 4.0

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """A server that was reached: its store, its container, and a session in its database."""

    store: Neo4jStore
    container: Container
    session: Session

    def rows(self, query: str) -> list[Row]:
        """The whole answer to a query of our own. Raises Neo4jError."""
        asked = Query(query, timeout=ANSWER_SECONDS)
        return [record.data() for record in self.session.run(asked)]


@contextmanager
def connected(stack: Stack, name: str, secrets: Secrets) -> Iterator[Graph]:
    """Raises DatastoreError, HostError, UnknownName, BadArgument, SecretUnavailable."""
    server = server_of(stack, name)
    store, at = server.store, authority_of(server.container, server.store.bolt)
    auth = (store.user, secrets.resolve(store.password).reveal()) if store.password else None
    try:
        with (
            GraphDatabase.driver(
                f"bolt://{at}",
                auth=auth,
                connection_timeout=_CONNECT_SECONDS,
                connection_acquisition_timeout=_CONNECT_SECONDS,
                max_connection_pool_size=1,
                user_agent="interlock",
                telemetry_disabled=True,
            ) as driver,
            driver.session(database=store.database, default_access_mode=READ_ACCESS) as session,
        ):
            yield Graph(store, server.container, session)
    except AuthError as error:
        raise DatastoreError(
            f"Neo4j at {at} does not let {store.user} in.",
            "Look at `user` and `password` of the datastore in the stack file.",
        ) from error
    except (Neo4jError, DriverError) as error:
        raise DatastoreError(f"Neo4j at {at} refused: {_words(error)}.") from error


def _words(error: Exception) -> str:
    lines = str(getattr(error, "message", "") or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
