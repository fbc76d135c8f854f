"""Which planner plans which kind of datastore."""

from collections.abc import Mapping
from types import MappingProxyType

from playbooks.datastores.files import FILES
from playbooks.datastores.postgres import POSTGRES
from playbooks.datastores.protocol import DatastorePlanner
from playbooks.model.stack import Stack

_PLANNERS: Mapping[str, DatastorePlanner] = MappingProxyType({"files": FILES, "postgres": POSTGRES})


def planner_of(stack: Stack, name: str) -> DatastorePlanner:
    """The planner for the datastore `name`. Raises UnknownName with the names there are."""
    return _PLANNERS[stack.datastore(name).kind]
