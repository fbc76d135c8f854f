"""What would be read of a datastore that is new and empty.

A recovery plans with it where the live one cannot be read because it is gone: what it restores
into is made by the run itself.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from playbooks.datastores.neo4j_vacant import vacant_neo4j
from playbooks.datastores.postgres_vacant import vacant_postgres, vacant_server
from playbooks.datastores.protocol import RestoreParams
from playbooks.datastores.redis_vacant import vacant_redis
from playbooks.errors import BadArgument
from playbooks.model.facts import Facts
from playbooks.model.plan import Step
from playbooks.model.stack import Stack

Vacant = Callable[[Stack, RestoreParams, Facts], Facts]
"""The facts that were read, and in place of those of the live datastore what a new and empty one
would give. Pure; rests on the backup's manifest."""

_VACANT: Mapping[str, Vacant] = MappingProxyType(
    {
        "neo4j": vacant_neo4j,
        "postgres": vacant_postgres,
        "postgres-server": vacant_server,
        "redis": vacant_redis,
    }
)


# A server that was made just now may say that it is well before it lets anybody in.
_REACHED: Mapping[str, str] = MappingProxyType(
    {"postgres": "postgres.reach", "postgres-server": "postgres.reach"}
)


def reaching(stack: Stack, name: str) -> tuple[Step, ...]:
    """What waits until a server that was just made can be restored into."""
    action = _REACHED.get(stack.datastore(name).kind)
    if action is None:
        return ()
    step = Step(
        key="reach",
        name=f"Wait until {stack.name}/{name} lets us in",
        action=action,
        args={"datastore": name},
        idempotent=True,
    )
    return (step,)


def as_if_new(stack: Stack, params: RestoreParams, facts: Facts, why: str) -> Facts:
    """Raises BadArgument, with `why` the datastore could not be read, where its kind has to be
    there to be restored."""
    kind = stack.datastore(params.datastore).kind
    if kind not in _VACANT:
        raise BadArgument(
            f"{stack.name}/{params.datastore} cannot be looked at: {why}",
            f"Start what it needs (`/ops start {stack.name}`), then ask again.",
        )
    return _VACANT[kind](stack, params, facts)
