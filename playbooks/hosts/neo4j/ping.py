"""Whether a Neo4j server lets us in and answers."""

from playbooks.hosts.neo4j.insight.session import connected
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def ping(stack: Stack, name: str, secrets: Secrets, _seconds: float) -> None:
    """Raises DatastoreError, HostError, SecretUnavailable. The time limit is the driver's own."""
    with connected(stack, name, secrets) as graph:
        graph.rows("RETURN 1")
