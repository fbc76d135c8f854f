"""What a stack takes on the disk of its Docker Engine."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.engine_disk import engine_disk
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def of_engine(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.disk.EngineDisk`."""
    compose = reading.stack.compose
    if compose is None:
        raise FactUnavailable(f"{reading.stack.name} is no compose project")
    try:
        return engine_disk(compose).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message.rstrip("."), error.hint) from error


READERS: tuple[Reader[Any], ...] = (Reader("docker-disk.project", NoArgs, of_engine),)
