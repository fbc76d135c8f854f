"""Databases kept on PostgreSQL servers."""

from collections.abc import Mapping

from playbooks.hosts.postgres.connection import administering, postgres_store
from playbooks.hosts.postgres.kept import kept_by_runs, kept_copies
from playbooks.model.datastores import PostgresStore
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

_TAG = "interlock-retention"


def kept(
    stack: Stack,
    name: str,
    secrets: Secrets,
    safety: Mapping[str, str],  # noqa: ARG001
) -> dict[str, str]:
    reached = postgres_store(stack, name)
    one = isinstance(stack.datastore(name), PostgresStore)
    with administering(reached, secrets, _TAG) as admin:
        found = kept_copies(admin, reached.database) if one else kept_by_runs(admin)
    return {copy.run: f"the kept copy of {name}, {copy.database}" for copy in found}
