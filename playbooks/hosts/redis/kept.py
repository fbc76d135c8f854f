"""Which runs have left something beside the live data of a Redis server."""

from collections.abc import Iterable

from playbooks.datastores.redis_model import Layout
from playbooks.hosts.redis.contained import cli_of, container_of, redis_store, stat_of
from playbooks.model.stack import Stack
from playbooks.ports import Secrets


def kept_by(stack: Stack, name: str, secrets: Secrets, runs: Iterable[str]) -> tuple[str, ...]:
    """Those of the runs that keep a copy. Raises HostError, DatastoreError, SecretUnavailable when
    that cannot be seen."""
    container, folder = container_of(stack, name), redis_store(stack, name).folder
    layout = Layout(version="", folder=folder)
    if container.status == "running":
        layout = cli_of(stack, name, container, secrets).described(folder).layout
    return tuple(run for run in runs if stat_of(container.id, layout.holder(run)) is not None)
