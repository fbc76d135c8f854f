"""Databases kept beside those of Neo4j servers."""

from collections.abc import Mapping

from playbooks.hosts.neo4j import state
from playbooks.hosts.neo4j.server import server_of
from playbooks.model.stack import Stack
from playbooks.ports import Secrets

_TAG = "interlock-retention"


def kept(
    stack: Stack,
    name: str,
    secrets: Secrets,  # noqa: ARG001
    safety: Mapping[str, str],  # noqa: ARG001
) -> dict[str, str]:
    found = state.look_once(server_of(stack, name), _TAG).kept
    return {copy.run: f"the kept databases of {name}" for copy in found}
