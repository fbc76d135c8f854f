"""Who holds the ports of a stack's host."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.machine.listening import listening
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def holders(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.holders.Holders`."""
    try:
        return listening(reading.stack.host).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (Reader("port.holders", NoArgs, holders),)
