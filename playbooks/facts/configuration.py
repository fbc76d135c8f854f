"""How a compose project is configured: by its files, and in its containers."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.compose_config import effective
from playbooks.hosts.containers.contained import contained
from playbooks.model.base import JsonObject
from playbooks.model.compose import Compose
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def files(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.configuration.model.Effective`, without secrets."""
    try:
        return effective(_compose(reading)).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def containers(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.configuration.model.ContainedProject`."""
    try:
        return contained(_compose(reading)).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def _compose(reading: Reading) -> Compose:
    if reading.stack.compose is None:
        raise FactUnavailable(
            f"{reading.stack.name} is no compose project.", "Give its stack file a `compose`."
        )
    return reading.stack.compose


READERS: tuple[Reader[Any], ...] = (
    Reader("config.files", NoArgs, files),
    Reader("config.containers", NoArgs, containers),
)
