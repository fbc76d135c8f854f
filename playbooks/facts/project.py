"""What the engine has of a stack's compose project."""

from collections.abc import Callable
from typing import Any, TypeVar

from playbooks.errors import FactUnavailable, HostError
from playbooks.hosts.project import leftovers_of, objects_of
from playbooks.model.base import JsonObject, Model
from playbooks.model.compose import Compose
from playbooks.ports import Reading
from playbooks.registry import NoArgs, Reader

M = TypeVar("M", bound=Model)


def objects(reading: Reading, _: NoArgs) -> JsonObject:
    """A `ProjectFact`."""
    return _asked(reading, objects_of)


def leftovers(reading: Reading, _: NoArgs) -> JsonObject:
    """A `LeftoversFact`."""
    return _asked(reading, leftovers_of)


def _asked(reading: Reading, look: Callable[[Compose], M]) -> JsonObject:
    compose = reading.stack.compose
    if compose is None:
        raise FactUnavailable(f"{reading.stack.name} is no compose project.")
    try:
        return look(compose).model_dump(mode="json")
    except HostError as error:
        raise FactUnavailable(error.message, error.hint) from error


READERS: tuple[Reader[Any], ...] = (
    Reader("project.objects", NoArgs, objects),
    Reader("project.leftovers", NoArgs, leftovers),
)
