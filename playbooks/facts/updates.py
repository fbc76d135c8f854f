"""What waits to be updated."""

from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.service import OneService
from playbooks.hosts.machine.packages import waiting_packages
from playbooks.hosts.registry_images import image_update
from playbooks.hosts.shell import shell_of
from playbooks.model.base import JsonObject
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def image(reading: Reading, args: OneService) -> JsonObject:
    """A `playbooks.model.updates.ImageUpdate`."""
    container = reading.stack.container_of(args.service)
    if reading.stack.compose is None or container is None:
        raise FactUnavailable(f"{args.service} runs in no container")
    try:
        found = image_update(reading.stack.compose, args.service, container)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error
    return found.model_dump(mode="json")


def packages(reading: Reading, _: NoArgs) -> JsonObject:
    """A `playbooks.model.updates.Packages` of the stack's host."""
    try:
        return waiting_packages(shell_of(reading.stack.host)).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (
    Reader("updates.image", OneService, image),
    Reader("updates.packages", NoArgs, packages),
)
