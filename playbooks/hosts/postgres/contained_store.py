"""A PostgreSQL datastore whose server runs in a container."""

from pathlib import Path

from pydantic import SkipValidation

from playbooks.model.datastores import PostgresStore


class ContainedStore(PostgresStore):
    """A store whose server runs in `container`, where its tools run as well.

    `host` and `port` are where it is reached from here, `inside_port` where from inside. `image`
    is the digest of what the container was made from, `mounts` are folders of the engine's host by
    folder of the container. `placed` are files of this host that are in the container already, and
    where.
    """

    # As it is, so that it goes on knowing its engine.
    container: SkipValidation[str]
    container_name: str
    image: str
    inside_port: int
    mounts: dict[str, Path]
    placed: dict[str, str] = {}
