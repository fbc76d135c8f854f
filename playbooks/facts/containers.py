"""What the engine knows of a stack's containers, networks and volumes, without secrets."""

from collections.abc import Callable
from functools import partial
from typing import Any

from playbooks.errors import FactUnavailable, HostError
from playbooks.facts.service import OneService
from playbooks.hosts.containers import about as container_about
from playbooks.model.base import JsonObject
from playbooks.model.stack import Stack
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader


def inspected(reading: Reading, args: OneService) -> JsonObject:
    """{containers: [what `docker inspect` says, with secrets masked]}."""
    try:
        return container_about.inspected(reading.stack, args.service)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


def _of_project(read: Callable[[Stack], JsonObject], reading: Reading, _: NoArgs) -> JsonObject:
    try:
        return read(reading.stack)
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (
    Reader("containers.inspect", OneService, inspected),
    Reader("containers.networks", NoArgs, partial(_of_project, container_about.networks)),
    Reader("containers.volumes", NoArgs, partial(_of_project, container_about.volumes)),
)
