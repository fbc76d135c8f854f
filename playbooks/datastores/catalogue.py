"""Which planner plans which kind of datastore."""

from collections.abc import Mapping
from types import MappingProxyType

from playbooks.datastores.azurite import AZURITE
from playbooks.datastores.files import FILES
from playbooks.datastores.files_drill import FILES_DRILL
from playbooks.datastores.neo4j import NEO4J
from playbooks.datastores.neo4j_drill import NEO4J_DRILL
from playbooks.datastores.postgres import POSTGRES
from playbooks.datastores.postgres_drill import POSTGRES_DRILL, POSTGRES_SERVER_DRILL
from playbooks.datastores.postgres_server import POSTGRES_SERVER
from playbooks.datastores.protocol import DatastorePlanner, DrillPlanner
from playbooks.datastores.redis import REDIS
from playbooks.datastores.redis_drill import REDIS_DRILL
from playbooks.datastores.volumes import VOLUME
from playbooks.datastores.volumes_drill import VOLUME_DRILL
from playbooks.errors import BadArgument
from playbooks.model.stack import Stack

_PLANNERS: Mapping[str, DatastorePlanner] = MappingProxyType(
    {
        "azurite": AZURITE,
        "files": FILES,
        "neo4j": NEO4J,
        "postgres": POSTGRES,
        "postgres-server": POSTGRES_SERVER,
        "redis": REDIS,
        "terminusdb": VOLUME,
        "volume": VOLUME,
    }
)


def planner_of(stack: Stack, name: str) -> DatastorePlanner:
    """The planner for the datastore `name`. Raises UnknownName with the names there are."""
    return _PLANNERS[stack.datastore(name).kind]


_DRILLS: Mapping[str, DrillPlanner] = MappingProxyType(
    {
        "azurite": VOLUME_DRILL,
        "files": FILES_DRILL,
        "neo4j": NEO4J_DRILL,
        "postgres": POSTGRES_DRILL,
        "postgres-server": POSTGRES_SERVER_DRILL,
        "redis": REDIS_DRILL,
        "terminusdb": VOLUME_DRILL,
        "volume": VOLUME_DRILL,
    }
)


def can_be_drilled(stack: Stack, name: str) -> bool:
    """Whether restores of the datastore can be rehearsed. Raises UnknownName."""
    return stack.datastore(name).kind in _DRILLS


def drill_planner_of(stack: Stack, name: str) -> DrillPlanner:
    """How restores of the datastore `name` are rehearsed.

    Raises UnknownName with the names there are, BadArgument for a kind that cannot be drilled.
    """
    kind = stack.datastore(name).kind
    if kind not in _DRILLS:
        raise BadArgument(
            f"{stack.name}/{name} is {kind}, and restores of that kind cannot be rehearsed.",
            f"Only {' and '.join(_DRILLS)} can be drilled.",
        )
    return _DRILLS[kind]
