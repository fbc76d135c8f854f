"""How the restore of a Redis server is rehearsed: in a container of the same image. Pure."""

from collections.abc import Sequence

from playbooks.datastores import drilling
from playbooks.datastores.protocol import DrillParams, DrillPart
from playbooks.datastores.redis_model import DumpFacts, counts
from playbooks.errors import BadArgument
from playbooks.model.datastores import RedisStore
from playbooks.model.facts import FactQuery, Facts
from playbooks.model.plan import Line
from playbooks.model.stack import Stack

# The snapshot, an append-only file made of it, and a second one while it is written.
_ROOM = 3


class RedisDrill:
    """A `DrillPlanner` for Redis."""

    def drill_needs(self, stack: Stack, params: DrillParams) -> Sequence[FactQuery]:
        return (drilling.room_of("engine"), _image(stack, params))

    def drill(self, stack: Stack, params: DrillParams, facts: Facts) -> DrillPart:
        """Raises FactUnavailable, BrokenBackup when the backup does not hold the datastore."""
        name, entry = params.datastore, drilling.entry_of(params, facts)
        dump = DumpFacts.model_validate(entry.facts)
        image = facts.of(_image(stack, params))["image"]
        more = {"image": image, "wanted": dump.model_dump(mode="json")}
        return DrillPart(
            rehearse=drilling.rehearse_step(stack, "redis", params, more),
            guards=(drilling.room(name, "engine", _ROOM * entry.bytes),),
            shown=(
                Line(label=name, value=f"{counts(dump.keys)}, in a container of its own image"),
            ),
            binding={f"{name}.image": image},
        )


def _image(stack: Stack, params: DrillParams) -> FactQuery:
    store = stack.datastore(params.datastore)
    if not isinstance(store, RedisStore):
        raise BadArgument(f"{stack.name}/{params.datastore} is {store.kind}, not redis.")
    return FactQuery(fact="drill.image", args={"service": store.service})


REDIS_DRILL = RedisDrill()
